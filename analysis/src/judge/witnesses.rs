//! Whether client, real servers and kernel tell the same story.
//!
//! The kernel's counters may be late ([`CounterState::Behind`]). That alone decides nothing: if they
//! show fewer connections than client and real server agree on, and the director's own trace has
//! them all, the run is inconclusive. If the trace lacks them as well, they bypassed the director,
//! and the witnesses disagree.

use std::collections::HashSet;

use super::Finding;
use crate::observation::{
    CounterState, Observation, SegmentKind, Sender, ServerObservation, TracedSegment,
};

/// Real servers that the kernel chose and the client never heard of.
pub(super) fn silent_servers(observation: &Observation) -> Vec<Finding> {
    let servers = observation.servers.iter();
    let silent = servers.filter(|one| one.kernel_connections > 0 && one.client_connections == 0);
    silent
        .map(|server| Finding::SilentServer {
            server: server.name.clone(),
            kernel: server.kernel_connections,
        })
        .collect()
}

/// Differences between the witnesses of a run in which nothing failed.
///
/// Allowed for are connections that the client opened without getting an answer, and requests that
/// were under way when a load was stopped. So many of those without an answer were refused by the
/// director, so that no other witness can have seen them.
pub(super) fn disagreements(observation: &Observation, refused: u64) -> Vec<Finding> {
    let load = &observation.load;
    let client = observation.client_connections();
    let unanswered = load.connections_attempted.saturating_sub(client);
    let unanswered = unanswered.saturating_sub(refused);
    let under_way = match load.stopped_early {
        Some(_) => u64::from(load.concurrency),
        None => 0,
    };
    let allowed = unanswered.saturating_add(under_way);
    let differing = observation.servers.iter();
    let differing = differing.filter(|server| spread(&witnesses(server)) > allowed);
    let are_late = are_counters_late(observation, allowed);
    let (late, disagreeing): (Vec<_>, Vec<_>) =
        differing.partition(|server| are_late && lacks_the_kernel_only(server, allowed));
    let behind = (!late.is_empty()).then(|| Finding::CountersBehind {
        client,
        kernel: observation.kernel_connections(),
    });
    let on_connections = disagreeing.into_iter().map(on_connections);
    let servers = observation.servers.iter();
    let on_requests = servers.filter_map(|server| on_requests(server, under_way));
    on_connections.chain(on_requests).chain(behind).collect()
}

/// Whether the director received what its counters do not show.
fn are_counters_late(observation: &Observation, allowed: u64) -> bool {
    let client = observation.client_connections();
    let received = connections_received(&observation.trace);
    observation.counters == CounterState::Behind
        && (client..=client.saturating_add(allowed)).contains(&received)
}

/// Connections whose SYN the director received. A SYN that comes again before anything else of its
/// connection is the same one.
fn connections_received(trace: &[TracedSegment]) -> u64 {
    let mut open = HashSet::new();
    let mut received = 0;
    for segment in trace {
        match (segment.kind, segment.from) {
            (SegmentKind::Syn, Sender::Client) => {
                received += u64::from(open.insert(segment.client));
            }
            (SegmentKind::Syn, Sender::Server(_)) => {}
            (SegmentKind::Fin | SegmentKind::Rst, _) => {
                open.remove(&segment.client);
            }
        }
    }
    received
}

/// Connections as client, real server and kernel counted them.
fn witnesses(server: &ServerObservation) -> [u64; 3] {
    [
        server.client_connections,
        server.server_connections,
        server.kernel_connections,
    ]
}

fn spread(counts: &[u64]) -> u64 {
    let (least, most) = (counts.iter().min(), counts.iter().max());
    most.zip(least).map_or(0, |(most, least)| most - least)
}

/// Whether client and real server agree, and the kernel alone counts fewer.
fn lacks_the_kernel_only(server: &ServerObservation, allowed: u64) -> bool {
    let [client, real_server, kernel] = witnesses(server);
    spread(&[client, real_server]) <= allowed && kernel < client.min(real_server)
}

fn on_connections(server: &ServerObservation) -> Finding {
    let [client, real_server, kernel] = witnesses(server);
    Finding::ConnectionsDisagree {
        server: server.name.clone(),
        client,
        real_server,
        kernel,
    }
}

fn on_requests(server: &ServerObservation, allowed: u64) -> Option<Finding> {
    let (client, real_server) = (server.client_requests, server.server_requests);
    (client.abs_diff(real_server) > allowed).then(|| Finding::RequestsDisagree {
        server: server.name.clone(),
        client,
        real_server,
    })
}

#[cfg(test)]
mod tests {
    use super::connections_received;
    use crate::observation::{CounterState, Observation, StoppedEarly, TracedSegment};
    use crate::testing::{client, kinds, lab, saw, sentences, serial_trace, served};
    use crate::{Verdict, judge};

    #[test]
    fn traffic_that_bypasses_the_director_fails_and_says_so() {
        let mut observation = saw(lab("wlc", &[4, 1]), &[10_000, 0]);
        observation.servers[0].kernel_connections = 0;
        let record = judge(&observation);
        assert_eq!(
            kinds(&record),
            ["connections-disagree", "nothing-scheduled"]
        );
        assert!(record.reasons[0].advice.contains("arp_ignore"));
        assert_eq!(record.verdict, Verdict::Fail);
    }

    #[test]
    fn witnesses_that_disagree_fail_the_run() {
        let mut observation = served(lab("rr", &[1, 1]), 1_000);
        observation.servers[0].server_connections += 1;
        observation.servers[0].server_requests += 1;
        let record = judge(&observation);
        assert_eq!(record.verdict, Verdict::Fail);
        assert_eq!(
            sentences(&record),
            [
                "The witnesses disagree on connections to rs1: the server counted 501, 1 more than \
                 client and IPVS with 500.",
                "The witnesses disagree on requests to rs1: the server counted 501, 1 more than the \
                 client with 500.",
            ]
        );
    }

    #[test]
    fn every_difference_between_three_witnesses_is_told() {
        let mut observation = served(lab("rr", &[1, 1]), 1_000);
        observation.servers[0].server_connections += 1;
        observation.servers[0].kernel_connections -= 2;
        assert_eq!(
            sentences(&judge(&observation)),
            [
                "The witnesses disagree on connections to rs1: the client counted 500, the server \
                 501 (1 more), IPVS 498 (2 fewer than the client, 3 fewer than the server)."
            ]
        );
    }

    #[test]
    fn a_connection_that_never_got_an_answer_excuses_one_difference() {
        let mut observation = served(lab("rr", &[1, 1]), 1_000);
        observation.load.connections_attempted += 1;
        observation.servers[0].server_connections += 1;
        assert_eq!(judge(&observation).verdict, Verdict::Pass);
    }

    /// 100 of 1,000 connections are not in the kernel's counters yet.
    fn late() -> Observation {
        let mut observation = served(lab("rr", &[1, 1]), 1_000);
        observation.counters = CounterState::Behind;
        observation.servers[0].kernel_connections -= 100;
        observation
    }

    #[test]
    fn counters_that_had_not_caught_up_leave_the_run_undecided() {
        for scheduler in ["rr", "wlc"] {
            let mut observation = late();
            observation.service.scheduler = scheduler.into();
            observation.tolerance = 0.1;
            let record = judge(&observation);
            assert_eq!(record.verdict, Verdict::Inconclusive);
            assert_eq!(
                sentences(&record),
                [
                    "The kernel's counters had not caught up: they show 900 of 1,000 connections, \
                     and the director received them all."
                ]
            );
            assert!(record.largest_share_error.is_some());
        }
    }

    #[test]
    fn late_counters_are_told_apart_without_a_model_too() {
        let mut observation = late();
        observation.service.scheduler = "own".into();
        assert_eq!(kinds(&judge(&observation)), ["counters-behind", "no-model"]);
    }

    #[test]
    fn late_counters_are_no_excuse_for_a_wrong_share() {
        let mut observation = saw(late(), &[600, 400]);
        observation.servers[0].kernel_connections -= 50;
        let record = judge(&observation);
        assert_eq!(
            kinds(&record),
            ["count-off", "count-off", "counters-behind"]
        );
        assert_eq!(record.verdict, Verdict::Fail);
    }

    #[test]
    fn settled_counters_that_show_fewer_fail_the_run() {
        let mut observation = late();
        observation.counters = CounterState::Settled;
        let record = judge(&observation);
        assert_eq!(kinds(&record)[0], "connections-disagree");
        assert_eq!(record.verdict, Verdict::Fail);
    }

    #[test]
    fn connections_that_the_trace_lacks_as_well_bypassed_the_director() {
        let mut observation = late();
        // Four segments for each connection.
        observation.trace.truncate(900 * 4);
        let record = judge(&observation);
        assert_eq!(kinds(&record), ["connections-disagree"]);
        assert_eq!(record.verdict, Verdict::Fail);
    }

    #[test]
    fn late_counters_do_not_excuse_a_client_and_a_server_that_disagree() {
        let mut observation = late();
        observation.servers[0].server_connections -= 50;
        assert_eq!(kinds(&judge(&observation)), ["connections-disagree"]);
    }

    #[test]
    fn late_counters_do_not_excuse_a_kernel_that_counts_more() {
        let mut observation = late();
        observation.servers[1].kernel_connections += 100;
        let record = judge(&observation);
        assert_eq!(kinds(&record), ["connections-disagree", "counters-behind"]);
    }

    #[test]
    fn late_counters_after_a_stopped_load_allow_for_what_was_under_way() {
        let mut observation = late();
        observation.load.stopped_early = Some(StoppedEarly::Interrupted);
        observation.load.connections_attempted += 1;
        let (opened, last) = (observation.trace[0], observation.trace.last().unwrap());
        let (client, at) = (client(1_000), last.at);
        observation.trace.push(TracedSegment {
            at,
            client,
            ..opened
        });
        let record = judge(&observation);
        assert_eq!(kinds(&record), ["counters-behind", "stopped-early"]);
    }

    #[test]
    fn a_repeated_syn_is_one_connection_and_a_port_used_again_another() {
        let mut trace = serial_trace(2);
        trace.insert(1, trace[0]);
        assert_eq!(connections_received(&trace), 2);
        trace.push(trace[0]);
        assert_eq!(connections_received(&trace), 3);
    }
}
