//! What no run can have left behind.

use std::time::Duration;

use super::Finding;
use crate::figures::count;
use crate::observation::{Observation, ServerObservation};

/// By how much less a later segment may be dated.
const OUT_OF_ORDER: Duration = Duration::from_millis(100);

/// Why the observation cannot be; `None` if it can.
pub(super) fn find(observation: &Observation) -> Option<Finding> {
    let servers = observation.servers.iter();
    let fewer_requests = servers.clone().find_map(fewer_requests_than_connections);
    let what = fewer_requests
        .or_else(|| more_answered_than_opened(observation))
        .or_else(|| backward(observation))?;
    Some(Finding::Contradiction { what })
}

fn fewer_requests_than_connections(server: &ServerObservation) -> Option<String> {
    let (requests, connections) = (server.client_requests, server.client_connections);
    (requests < connections).then(|| {
        format!(
            "the client counted {} answered connections to {} and only {} answers",
            count(connections),
            server.name,
            count(requests)
        )
    })
}

fn more_answered_than_opened(observation: &Observation) -> Option<String> {
    let answered = observation.client_connections();
    let attempted = observation.load.connections_attempted;
    (answered > attempted).then(|| {
        format!(
            "the client got answers on {} connections and opened only {}",
            count(answered),
            count(attempted)
        )
    })
}

/// Several CPUs may note packets some microseconds out of order.
fn backward(observation: &Observation) -> Option<String> {
    let mut pairs = observation.trace.windows(2);
    let is_backward = pairs.any(|pair| pair[1].at.saturating_add(OUT_OF_ORDER) < pair[0].at);
    is_backward.then(|| "the trace goes back in time".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::synthetic::{lab, served};
    use crate::testing::{kinds, sentences};
    use crate::{Verdict, judge};

    #[test]
    fn what_cannot_be_is_named_and_not_judged() {
        let possible = served(lab("wlc", &[4, 1]), 2_000);
        let mut few_answers = possible.clone();
        few_answers.servers[0].client_requests = 7;
        let mut few_opened = possible.clone();
        few_opened.load.connections_attempted = 3;
        let mut backward = possible;
        backward.trace.swap(0, 4_000);
        for (observation, what) in [
            (few_answers, "1,600 answered connections to rs1 and only 7"),
            (few_opened, "on 2,000 connections and opened only 3"),
            (backward, "the trace goes back in time"),
        ] {
            let record = judge(&observation);
            assert!(kinds(&record).contains(&"contradiction".to_owned()));
            assert!(sentences(&record).join(" ").contains(what), "{what}");
            assert!(record.verdict >= Verdict::Inconclusive);
            assert_eq!(record.largest_share_error, None);
        }
    }
}
