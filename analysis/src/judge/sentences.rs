//! The words of findings.

use std::fmt;

use super::Finding;
use crate::Share;
use crate::figures::{count, counted, points};
use crate::observation::ErrorTally;

impl fmt::Display for ErrorTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", count(self.count), self.words)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProofFailed { claim, seen } => {
                write!(f, "This does not hold: {claim}. Seen: {seen}.")
            }
            Self::SilentServer { server, kernel } => write!(
                f,
                "{server} answers nothing: IPVS sent it {}, the client got no answer.",
                counted(*kernel, "connection")
            ),
            Self::RequestsFailed {
                failed,
                requests,
                errors,
            } => write_failures(f, *failed, *requests, errors),
            Self::ShareOff {
                server,
                observed,
                expected,
                tolerance,
                ..
            } => write_share_off(f, server, [*observed, *expected, *tolerance]),
            Self::CountOff {
                scheduler,
                server,
                observed,
                expected,
                allowed,
            } => write!(
                f,
                "{server} answered {}, {scheduler} owes it {}{}.",
                counted(*observed, "connection"),
                count(*expected),
                give_or_take(*allowed)
            ),
            Self::PicksOff {
                scheduler,
                compared,
                differing,
            } => write!(
                f,
                "{} of {} single decisions are not those of {scheduler}.",
                count(*differing),
                count(*compared)
            ),
            Self::ConnectionsDisagree {
                server,
                client,
                real_server,
                kernel,
            } => write_disagreement(f, "connections", server, [*client, *real_server, *kernel]),
            Self::RequestsDisagree {
                server,
                client,
                real_server,
            } => write_requests_disagree(f, server, *client, *real_server),
            Self::CountersBehind { client, kernel } => write!(
                f,
                "The kernel's counters had not caught up: they show {} of {}, and the director \
                 received them all.",
                count(*kernel),
                counted(*client, "connection")
            ),
            Self::NothingScheduled => f.write_str("IPVS scheduled no connection."),
            Self::NoModel { scheduler } => write!(
                f,
                "There is no model of {scheduler} yet, so no share is expected of it."
            ),
            Self::Contradiction { what } => write!(f, "What was observed cannot be: {what}."),
            Self::TraceIncomplete {
                traced,
                kernel,
                unclosed,
            } => write_incomplete(f, *traced, *unclosed, *kernel),
            Self::TooFewConnections {
                connections, cycle, ..
            } => write_too_few(f, *connections, *cycle),
            Self::TooFewKeys { key, keys, .. } => write!(
                f,
                "What is shared are clients by their {key}, and {} cannot show a difference as \
                 small as the tolerance.",
                count(*keys)
            ),
            Self::OrderDecides { scheduler, reach } => write_order_decides(f, scheduler, *reach),
            Self::StoppedEarly {
                reason,
                completed,
                requests,
            } => write!(
                f,
                "The load stopped early after {} of {}: {reason}.",
                count(*completed),
                counted(*requests, "request")
            ),
        }
    }
}

fn write_incomplete(
    f: &mut fmt::Formatter<'_>,
    traced: u64,
    unclosed: u64,
    kernel: u64,
) -> fmt::Result {
    write!(
        f,
        "The trace opens {}{}, IPVS scheduled {}: the expectation cannot be replayed.",
        counted(traced, "connection"),
        left_open(unclosed),
        count(kernel)
    )
}

fn write_order_decides(f: &mut fmt::Formatter<'_>, scheduler: &str, reach: Share) -> fmt::Result {
    write!(
        f,
        "{scheduler}'s shares depend on which of near-simultaneous connections came first: that \
         alone moves them by up to {} points.",
        points(reach.get())
    )
}

fn write_failures(
    f: &mut fmt::Formatter<'_>,
    failed: u64,
    requests: u64,
    errors: &[ErrorTally],
) -> fmt::Result {
    let of = counted(requests, "request");
    write!(f, "{} of {of} failed", count(failed))?;
    let classes: Vec<_> = errors.iter().map(ErrorTally::to_string).collect();
    if classes.is_empty() {
        f.write_str(".")
    } else {
        write!(f, ": {}.", classes.join(", "))
    }
}

fn write_share_off(
    f: &mut fmt::Formatter<'_>,
    server: &str,
    [observed, expected, tolerance]: [Share; 3],
) -> fmt::Result {
    write!(
        f,
        "{server} answered {observed} of the connections, {expected} were expected: {} points \
         apart, {} are tolerated.",
        points(observed.minus(expected)),
        points(tolerance.get())
    )
}

fn write_requests_disagree(
    f: &mut fmt::Formatter<'_>,
    server: &str,
    client: u64,
    real_server: u64,
) -> fmt::Result {
    write!(
        f,
        "The witnesses disagree on requests to {server}: the server counted {}, {} than the client \
         with {}.",
        count(real_server),
        difference(real_server, client),
        count(client)
    )
}

/// Who stands alone is named, with the difference to the others; or all three differences are.
fn write_disagreement(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    server: &str,
    [client, real_server, kernel]: [u64; 3],
) -> fmt::Result {
    write!(f, "The witnesses disagree on {what} to {server}: ")?;
    let alone = if real_server == kernel {
        Some(("the client", client, "server and IPVS", kernel))
    } else if client == kernel {
        Some(("the server", real_server, "client and IPVS", client))
    } else if client == real_server {
        Some(("IPVS", kernel, "client and server", client))
    } else {
        None
    };
    if let Some((who, counted, others, with)) = alone {
        return write!(
            f,
            "{who} counted {}, {} than {others} with {}.",
            count(counted),
            difference(counted, with),
            count(with)
        );
    }
    write!(
        f,
        "the client counted {}, the server {} ({}), IPVS {} ({} than the client, {} than the \
         server).",
        count(client),
        count(real_server),
        difference(real_server, client),
        count(kernel),
        difference(kernel, client),
        difference(kernel, real_server)
    )
}

/// `3 more`, `1 fewer`.
fn difference(one: u64, other: u64) -> String {
    let word = if one < other { "fewer" } else { "more" };
    format!("{} {word}", count(one.abs_diff(other)))
}

fn give_or_take(allowed: u64) -> String {
    match allowed {
        0 => " exactly".to_owned(),
        _ => format!(", give or take {}", count(allowed)),
    }
}

fn left_open(connections: u64) -> String {
    match connections {
        0 => String::new(),
        _ => format!(" and leaves {} open", count(connections)),
    }
}

fn write_too_few(f: &mut fmt::Formatter<'_>, connections: u64, cycle: Option<u64>) -> fmt::Result {
    let connections = counted(connections, "connection");
    match cycle {
        Some(length) => write!(
            f,
            "Only whole cycles are shared exactly, and {connections} make no whole number of \
             cycles of {}.",
            count(length)
        ),
        None => write!(
            f,
            "{connections} cannot show a difference as small as the tolerance."
        ),
    }
}
