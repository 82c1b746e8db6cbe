//! What to do about findings.

use super::Finding;
use crate::figures::{count, counted};
use crate::observation::{ErrorTally, StoppedEarly};

/// What a part of the code of a failure points to.
const CAUSES: [(&str, &str); 3] = [
    (
        "refused",
        "Refused: see that the real servers listen, and that one of them has a weight above 0.",
    ),
    (
        "timed-out",
        "Not in time: see whether packets are lost, or a real server hangs.",
    ),
    (
        "address-not-available",
        "No local port: give the client more source addresses, or fewer connections.",
    ),
];
const UNKNOWN_CAUSE: &str =
    "Send one request by hand from the client, to the VIP and to each real server.";

impl Finding {
    /// What to do about it, as a sentence.
    pub fn advice(&self) -> String {
        let advice = match self {
            Self::ProofFailed { .. } => "Mend the topology first: no share means anything before.",
            Self::SilentServer { .. } => {
                "Check that it runs and listens, and that its replies find a way: under NAT its \
                 gateway is the director, under DR and TUN it holds the VIP itself."
            }
            Self::RequestsFailed { errors, .. } => return advice_on_failures(errors),
            Self::ShareOff { .. } | Self::CountOff { .. } | Self::PicksOff { .. } => {
                "Compare scheduler and weights that the kernel holds (ipvsadm -Ln) with those of \
                 the experiment."
            }
            Self::ConnectionsDisagree { client, kernel, .. } if kernel < client => {
                "Traffic bypassed the director: see which MAC address answers for the VIP \
                 (arp_ignore, arp_announce)."
            }
            Self::ConnectionsDisagree { .. } | Self::RequestsDisagree { .. } => {
                "See whether another client uses the service, or a counter is older than the run."
            }
            Self::CountersBehind { .. } => {
                "Run it again, or on a machine with less to do: IPVS copies its counters every 2 s."
            }
            Self::NothingScheduled => "Check that the load goes to the VIP and its port.",
            Self::NoModel { .. } => {
                "Observed and configured shares are shown for information only."
            }
            Self::Contradiction { .. } => {
                "Give each real server an address and port of its own and thresholds in order, and \
                 see where the counts come from."
            }
            Self::TraceIncomplete { .. } => {
                "Trace the director from before the first connection to after the last, with a \
                 buffer that drops nothing."
            }
            Self::TooFewConnections { needed, cycle, .. } => {
                let needed = counted(*needed, "connection");
                return match cycle {
                    Some(length) => format!("Run {needed} or another multiple of {length}."),
                    None => format!("Run {needed} or more."),
                };
            }
            Self::TooFewKeys { key, needed, .. } => {
                return format!("Connect by {} or more of these: {key}.", count(*needed));
            }
            Self::OrderDecides { .. } => "Open one connection at a time.",
            Self::StoppedEarly { reason, .. } => match reason {
                StoppedEarly::TimeLimit(_) => "Give the load more time, or fewer requests.",
                StoppedEarly::GaveUp { .. } => "Mend the failures first.",
                StoppedEarly::Interrupted => "Let it run to its end.",
            },
        };
        advice.to_owned()
    }
}

/// One sentence for each cause that the classes of failure point to.
fn advice_on_failures(errors: &[ErrorTally]) -> String {
    let has = |part| errors.iter().any(|tally| tally.code.contains(part));
    let causes: Vec<_> = CAUSES
        .iter()
        .filter(|(part, _)| has(part))
        .map(|&(_, advice)| advice)
        .collect();
    if causes.is_empty() {
        UNKNOWN_CAUSE.to_owned()
    } else {
        causes.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::judge;
    use crate::observation::StoppedEarly;
    use crate::testing::{lab, served, tally};

    #[test]
    fn the_advice_after_an_early_end_fits_its_reason() {
        let advice = |reason| {
            let mut observation = served(lab("rr", &[1, 1]), 1_000);
            observation.load.requests_planned = 2_000;
            observation.load.stopped_early = Some(reason);
            let record = judge(&observation);
            let [reason] = &record.reasons[..] else {
                panic!("one reason: {:?}", record.reasons);
            };
            (reason.sentence.clone(), reason.advice.clone())
        };
        let stopped = "The load stopped early after 1,000 of 2,000 requests:";
        assert_eq!(
            advice(StoppedEarly::TimeLimit(Duration::from_secs(60))),
            (
                format!("{stopped} the time limit of 60 s was reached."),
                "Give the load more time, or fewer requests.".to_owned()
            )
        );
        assert_eq!(
            advice(StoppedEarly::GaveUp { failed: 100 }),
            (
                format!("{stopped} 100 requests had failed."),
                "Mend the failures first.".to_owned()
            )
        );
    }

    #[test]
    fn the_advice_on_failures_fits_their_classes() {
        let advice = |codes: &[&str]| {
            let mut observation = lab("rr", &[1, 1]);
            observation.load.requests_failed = 7;
            let errors = codes.iter().map(|code| tally(code, "words", 1));
            observation.load.errors = errors.collect();
            judge(&observation).reasons[0].advice.clone()
        };
        assert_eq!(
            advice(&["connect-refused"]),
            "Refused: see that the real servers listen, and that one of them has a weight above 0."
        );
        let two = advice(&[
            "address-not-available",
            "body-timed-out",
            "connect-timed-out",
        ]);
        assert_eq!(
            two,
            "Not in time: see whether packets are lost, or a real server hangs. No local port: give \
             the client more source addresses, or fewer connections."
        );
        assert!(advice(&["bad-status"]).starts_with("Send one request by hand"));
    }
}
