//! Whether client, real servers and kernel tell the same story.

use super::Finding;
use crate::observation::{Observation, ServerObservation};

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
/// were under way when a load was stopped.
pub(super) fn disagreements(observation: &Observation) -> Vec<Finding> {
    let load = &observation.load;
    let unanswered = load
        .connections_attempted
        .saturating_sub(observation.client_connections());
    let under_way = match load.stopped_early {
        Some(_) => u64::from(load.concurrency),
        None => 0,
    };
    let servers = observation.servers.iter();
    let on_connections = servers
        .clone()
        .filter_map(|server| on_connections(server, unanswered + under_way));
    let on_requests = servers.filter_map(|server| on_requests(server, under_way));
    on_connections.chain(on_requests).collect()
}

fn on_connections(server: &ServerObservation, allowed: u64) -> Option<Finding> {
    let counts = [
        server.client_connections,
        server.server_connections,
        server.kernel_connections,
    ];
    let [client, real_server, kernel] = counts;
    let spread = counts.iter().max()? - counts.iter().min()?;
    (spread > allowed).then(|| Finding::ConnectionsDisagree {
        server: server.name.clone(),
        client,
        real_server,
        kernel,
    })
}

fn on_requests(server: &ServerObservation, allowed: u64) -> Option<Finding> {
    let (client, real_server) = (server.client_requests, server.server_requests);
    (client.abs_diff(real_server) > allowed).then(|| Finding::RequestsDisagree {
        server: server.name.clone(),
        client,
        real_server,
    })
}
