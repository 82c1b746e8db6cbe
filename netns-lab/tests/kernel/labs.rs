//! Whole labs: `netns-lab run` in a guest, judged by the records that it leaves.

mod builtin;
mod picks;
mod schedulers;
mod sizes;
mod verdicts;

use analysis::{Record, Verdict};

use crate::skip::Test;

pub fn tests() -> Vec<Test> {
    [
        builtin::tests(),
        picks::tests(),
        schedulers::tests(),
        sizes::tests(),
        verdicts::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// It passed without a failed request, its topology is proved, and client, real servers and kernel
/// count the same.
fn assert_flawless(record: &Record) {
    let name = &record.experiment;
    assert_eq!(record.verdict, Verdict::Pass, "{name}: {record:#?}");
    assert_eq!(record.engine, "uml", "{name}");
    assert_eq!(record.load.failed, 0, "{name}");
    assert_eq!(record.load.completed, record.load.requests, "{name}");
    assert_eq!(record.reasons, [], "{name}");
    assert!(!record.proofs.is_empty(), "{name}");
    assert!(record.proofs.iter().all(|proof| proof.holds), "{record:#?}");
    for server in &record.servers {
        let connections = server.client_connections;
        assert_eq!(server.server_connections, connections, "{name}: {server:?}");
        assert_eq!(server.kernel_connections, connections, "{name}: {server:?}");
        assert_eq!(server.server_requests, server.client_requests, "{name}");
    }
    assert_eq!(
        kernel_connections(record),
        record.load.connections_attempted
    );
    let answered: u64 = record.servers.iter().map(|it| it.client_requests).sum();
    assert_eq!(answered, record.load.completed, "{name}");
}

/// The connections that IPVS scheduled.
fn kernel_connections(record: &Record) -> u64 {
    record.servers.iter().map(|it| it.kernel_connections).sum()
}

/// The connections that each real server got, as IPVS counted them.
fn by_server(record: &Record) -> Vec<u64> {
    let servers = record.servers.iter();
    servers.map(|server| server.kernel_connections).collect()
}
