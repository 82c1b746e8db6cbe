//! What comes on a kept connection besides the answers that were asked for.

use std::io::Write;
use std::thread;
use std::time::Duration;

use crate::support::{odd_server, plan, read_request, report};
use loadgen::{ConnectionMode, Expect, Pacing, Path, Plan, Report};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LIE: &[u8] = b"HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nwrong";

fn kept(path: Path, pacing: Pacing, plan: Plan) -> Report {
    report(&Plan {
        requests: 3,
        connections: ConnectionMode::KeepAlive,
        path,
        pacing,
        expect: Expect::anything(),
        ..plan
    })
}

const AT_ONCE: Pacing = Pacing::Closed {
    think: Duration::ZERO,
};

#[track_caller]
fn assert_each_has_its_own_connection(report: &Report, path: Path) {
    let errors = &report.errors;
    assert_eq!(
        (report.completed, report.failed),
        (3, 0),
        "{path:?}: {errors:?}"
    );
    assert_eq!(report.connections_opened, 3, "{path:?}");
    assert_eq!((report.body_bytes, report.non_2xx), (6, 0), "{path:?}");
}

/// RFC 9112, section 9.2: what nobody asked for is no answer to a later request.
#[test]
fn what_follows_an_answer_ends_the_connection() {
    for surplus in [&b"x"[..], b"\r\n", LIE, OK] {
        let address = odd_server(move |mut stream| {
            while read_request(&mut stream) {
                let _ = stream.write_all(&[OK, surplus].concat());
            }
        });
        for path in [Path::Automatic, Path::General] {
            let report = kept(path, AT_ONCE, plan(address, "/"));
            assert_each_has_its_own_connection(&report, path);
        }
    }
}

#[test]
fn what_comes_while_nothing_is_asked_is_no_answer_to_the_next_request() {
    for surplus in [&b"x"[..], LIE] {
        let address = odd_server(move |mut stream| {
            thread::spawn(move || {
                while read_request(&mut stream) {
                    let _ = stream.write_all(OK);
                    // Long before the client asks again.
                    thread::sleep(Duration::from_millis(20));
                    let _ = stream.write_all(surplus);
                }
            });
        });
        for path in [Path::Automatic, Path::General] {
            // On a busy machine the server may be late: the client is given more patience.
            let thinking = [200, 1000, 5000].map(Duration::from_millis).into_iter();
            let mut reports =
                thinking.map(|think| kept(path, Pacing::Closed { think }, plan(address, "/")));
            let report =
                reports.find(|report| report.connections_opened == 3 && report.failed == 0);
            let report = report.expect("nothing that was not asked for is taken for an answer");
            assert_each_has_its_own_connection(&report, path);
        }
    }
}

#[test]
fn a_server_that_closes_while_nothing_is_asked_is_connected_to_again() {
    let address = odd_server(move |mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(OK);
    });
    for path in [Path::Automatic, Path::General] {
        let think = Duration::from_millis(100);
        let report = kept(path, Pacing::Closed { think }, plan(address, "/"));
        assert_each_has_its_own_connection(&report, path);
    }
}
