//! The words of findings.

use std::fmt;

use super::{ErrorCount, Finding};
use crate::figures::{count, counted, points};

impl fmt::Display for ErrorCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", count(self.count), self.class)
    }
}

impl Finding {
    /// What to do about it, as a sentence.
    pub fn advice(&self) -> String {
        let advice = match self {
            Self::ProofFailed { .. } => "Mend the topology first: no share means anything before.",
            Self::SilentServer { .. } => {
                "Check that it runs and listens, and that its replies find a way: under NAT its \
                 gateway is the director, under DR and TUN it holds the VIP itself."
            }
            Self::RequestsFailed { .. } => {
                "Look at the classes of failure: refused means that nothing listens or no real \
                 server has a weight, no response in time that packets are lost or a server hangs."
            }
            Self::ShareOff { .. } | Self::CountOff { .. } => {
                "Compare scheduler and weights that the kernel holds (ipvsadm -Ln) with those of \
                 the experiment."
            }
            Self::ConnectionsDisagree { client, kernel, .. } if kernel < client => {
                "Traffic bypassed the director, or its counters were read too early: see which \
                 MAC address answers for the VIP (arp_ignore, arp_announce), and wait 2.5 s for \
                 the kernel's estimator."
            }
            Self::ConnectionsDisagree { .. } | Self::RequestsDisagree { .. } => {
                "See whether another client uses the service, or a counter is older than the run."
            }
            Self::NothingScheduled => "Check that the load goes to the VIP and its port.",
            Self::NoModel { .. } => {
                "Observed and configured shares are shown for information only."
            }
            Self::TraceIncomplete { .. } => {
                "Trace the director from before the first connection to after the last, with a \
                 buffer that drops nothing."
            }
            Self::TooFewConnections { needed, .. } => {
                return format!("Run {} or more.", counted(*needed, "connection"));
            }
            Self::StoppedEarly { .. } => "Give the load more time, or fewer requests.",
        };
        advice.to_owned()
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
            } => write!(
                f,
                "{server} answered {observed} of the connections, {expected} were expected: \
                 {} points apart, {} are tolerated.",
                points(observed.minus(*expected)),
                points(tolerance.get())
            ),
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
            Self::ConnectionsDisagree {
                server,
                client,
                real_server,
                kernel,
            } => write!(
                f,
                "The witnesses disagree on connections to {server}: the client counted {}, the \
                 server {}, IPVS {}.",
                count(*client),
                count(*real_server),
                count(*kernel)
            ),
            Self::RequestsDisagree {
                server,
                client,
                real_server,
            } => write!(
                f,
                "The witnesses disagree on requests to {server}: the client counted {}, the \
                 server {}.",
                count(*client),
                count(*real_server)
            ),
            Self::NothingScheduled => f.write_str("IPVS scheduled no connection."),
            Self::NoModel { scheduler } => write!(
                f,
                "There is no model of {scheduler} yet, so no share is expected of it."
            ),
            Self::TraceIncomplete { traced, kernel } => write!(
                f,
                "The trace opens {}, IPVS scheduled {}: the expectation cannot be replayed.",
                counted(*traced, "connection"),
                count(*kernel)
            ),
            Self::TooFewConnections { connections, .. } => write!(
                f,
                "{} cannot show a difference as small as the tolerance.",
                counted(*connections, "connection")
            ),
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

fn write_failures(
    f: &mut fmt::Formatter<'_>,
    failed: u64,
    requests: u64,
    errors: &[ErrorCount],
) -> fmt::Result {
    let of = counted(requests, "request");
    write!(f, "{} of {of} failed", count(failed))?;
    let classes: Vec<_> = errors.iter().map(ErrorCount::to_string).collect();
    if classes.is_empty() {
        f.write_str(".")
    } else {
        write!(f, ": {}.", classes.join(", "))
    }
}

fn give_or_take(allowed: u64) -> String {
    match allowed {
        0 => " exactly".to_owned(),
        _ => format!(", give or take {}", count(allowed)),
    }
}
