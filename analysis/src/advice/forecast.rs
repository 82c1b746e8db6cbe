//! A rough idea of the shares to come: the model under a closed loop.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::Plan;
use crate::Share;
use crate::director::{Connection, Director, DirectorSettings};
use crate::model::{Activity, Arrival};

/// Longer loads are forecast by their first part.
const MOST_CONNECTIONS: u64 = 10_000;
/// With more real servers a forecast is of no use to a reader, and takes its time.
const MOST_SERVERS: usize = 1_000;
/// A destination for those that remember one.
const DESTINATION: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 1);

/// Which connections end first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turns {
    /// Those that began first, on whichever server: each takes a time of its own.
    OwnTime,
    /// The first of every server: each server answers one at a time.
    OneAtATime,
}

/// Shares of the plan's connections if the real servers are equally fast and each connection comes
/// from another client. `None` if the service cannot be, or would take nothing.
///
/// Time does not pass: closed connections stay in the table.
pub(super) fn forecast(plan: &Plan, turns: Turns) -> Option<Vec<Share>> {
    if plan.servers.len() > MOST_SERVERS {
        return None;
    }
    let settings = DirectorSettings::from(plan.model.clone());
    let mut director = Director::new(&settings).ok()?;
    for server in &plan.servers {
        director.add(server.address, server.settings).ok()?;
    }
    let picks = closed_loop(plan, &mut director, turns);
    let whole = picks.iter().sum();
    let shares = picks.iter().map(|&one| Share::of(one, whole));
    shares.collect()
}

fn closed_loop(plan: &Plan, director: &mut Director, turns: Turns) -> Vec<u64> {
    let connections = plan.connections.min(MOST_CONNECTIONS);
    let mut queues: Vec<VecDeque<Connection>> = Vec::new();
    queues.resize_with(
        match turns {
            Turns::OwnTime => 1,
            Turns::OneAtATime => plan.servers.len(),
        },
        VecDeque::new,
    );
    let mut picks = vec![0; plan.servers.len()];
    let (mut started, mut open) = (0, 0);
    while started < connections {
        while started < connections && open < plan.concurrency.max(1) {
            started += 1;
            if let Some(mut connection) = director.schedule(&arrival(started)) {
                director.set_activity(&mut connection, Activity::Active);
                let server = connection.server().index();
                picks[server] += 1;
                let queue = server.min(queues.len() - 1);
                queues[queue].push_back(connection);
                open += 1;
            }
        }
        for queue in &mut queues {
            if let Some(mut answered) = queue.pop_front() {
                director.set_activity(&mut answered, Activity::Inactive);
                open -= 1;
            }
        }
    }
    picks
}

fn arrival(number: u64) -> Arrival {
    let bits = u32::try_from(number).unwrap_or(u32::MAX);
    Arrival {
        at: Duration::ZERO,
        client: SocketAddr::from((Ipv4Addr::from_bits(0x0A00_0000 | bits), 40_000)),
        destination: DESTINATION.into(),
    }
}
