//! Servers that act by a script, and what both implementations of the protocol see of them.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::{odd_server, plan, read_request, report, reset};
use loadgen::{ConnectionMode, ErrorClass, Expect, Path, Plan};

/// What a connection's server does after it has read the request.
pub(crate) enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes, each in a segment of its own.
    Trickle(&'static str),
    /// Resets the connection.
    Reset,
    /// Sends a FIN and reads on.
    HalfClose,
    /// Holds the connection open for ever.
    Hold,
}

/// A server that acts so on every connection, then closes it.
pub(crate) fn acting(acts: Vec<Act>) -> SocketAddr {
    let mut held = Vec::new();
    odd_server(move |mut stream| {
        if !read_request(&mut stream) {
            return;
        }
        for act in &acts {
            perform(act, &mut stream);
        }
        if acts.iter().any(|act| matches!(act, Act::Hold)) {
            held.push(stream);
        }
    })
}

/// The client may be gone already: it has what it wants, or has given up.
fn perform(act: &Act, stream: &mut TcpStream) {
    let _ = match act {
        Act::Send(bytes) => stream.write_all(bytes),
        Act::Trickle(text) => {
            stream.set_nodelay(true).unwrap();
            text.bytes().try_for_each(|byte| stream.write_all(&[byte]))
        }
        Act::Reset => {
            reset(stream);
            Ok(())
        }
        Act::HalfClose => stream.shutdown(Shutdown::Write),
        Act::Hold => Ok(()),
    };
}

pub(crate) fn text(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

/// The body's length in bytes, or the class of the failure.
pub(crate) type Expected = Result<u64, ErrorClass>;

pub(crate) fn outcome(plan: &Plan) -> Expected {
    let report = report(plan);
    if let Some((class, count)) = report.errors.into_iter().next() {
        assert_eq!((count, report.completed), (plan.requests, 0));
        return Err(class);
    }
    assert_eq!(report.completed, plan.requests);
    Ok(report.body_bytes / plan.requests)
}

#[track_caller]
pub(crate) fn assert_seen(name: &str, acts: Vec<Act>, expected: Expected) {
    assert_seen_by(name, acts, expected, |plan| plan);
}

/// Two requests, one at a time, by either path and in either mode.
#[track_caller]
pub(crate) fn assert_seen_by(
    name: &str,
    acts: Vec<Act>,
    expected: Expected,
    change: impl Fn(Plan) -> Plan,
) {
    let address = acting(acts);
    for path in [Path::Automatic, Path::General] {
        for connections in [ConnectionMode::PerRequest, ConnectionMode::KeepAlive] {
            let plan = change(Plan {
                requests: 2,
                connections,
                path,
                expect: Expect::anything(),
                ..plan(address, "/")
            });
            assert_eq!(
                outcome(&plan),
                expected,
                "{name}, {path:?}, {connections:?}"
            );
        }
    }
}

/// The same for a server that stops in the middle, with timeouts that are meant to be met.
///
/// On a busy machine the server may not even have begun then: it is given more time.
#[track_caller]
pub(crate) fn assert_given_up(
    sent: &str,
    expected: ErrorClass,
    change: impl Fn(Plan, Duration) -> Plan,
) {
    let address = acting(vec![text(sent), Act::Hold]);
    for path in [Path::Automatic, Path::General] {
        let mut timeout = Duration::from_millis(60);
        loop {
            let plan = Plan {
                path,
                ..plan(address, "/")
            };
            let seen = outcome(&change(plan, timeout));
            if seen == Err(expected) {
                break;
            }
            timeout *= 3;
            assert!(
                timeout < Duration::from_secs(10),
                "{sent:?}, {path:?}: {seen:?}"
            );
        }
    }
}
