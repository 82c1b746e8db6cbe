//! Whether a plan can be carried out.

use std::time::Duration;

use director_setup::Weight;

use super::plan::{Arrivals, Change, Plan, Presence};
use crate::director::NoModel;
use crate::model::ListError;

/// The most real servers of a plan.
pub const MOST_SERVERS: usize = 65_536;
/// The most connections of a run: counters are as wide as the kernel's.
pub const MOST_CONNECTIONS: u64 = u32::MAX as u64;
/// The most connections that may be under way at a time.
pub const MOST_UNDER_WAY: u32 = 1 << 24;
/// The most runs.
pub const MOST_SEEDS: u32 = 100_000;
/// The most runs times real servers: the shares of each run are kept.
pub const MOST_SHARES: u64 = 20_000_000;

/// Why a plan cannot be simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulateError {
    /// No real servers.
    #[error("there are no real servers: give at least one weight")]
    NoServers,
    /// More than [`MOST_SERVERS`].
    #[error("{0} real servers are too many: {MOST_SERVERS} are the most")]
    TooManyServers(usize),
    /// No server ever has a weight.
    #[error(
        "every connection is refused: all real servers have weight 0; give one of them a weight above 0"
    )]
    NoWeight,
    /// No connections.
    #[error("there are no connections: give at least 1")]
    NoConnections,
    /// More than [`MOST_CONNECTIONS`].
    #[error("{0} connections are too many: {MOST_CONNECTIONS} are the most")]
    TooManyConnections(u64),
    /// A closed loop of nothing.
    #[error("no connection at a time: give a concurrency of at least 1")]
    NoConcurrency,
    /// A concurrency above [`MOST_UNDER_WAY`].
    #[error("{0} connections at a time are too many: {MOST_UNDER_WAY} are the most")]
    TooConcurrent(u32),
    /// Connections come faster than they go.
    #[error(
        "after {after} connections {MOST_UNDER_WAY} are under way, more than can be simulated: the \
         real servers do not keep up; lower the rate or the service time"
    )]
    Overrun {
        /// Connections that had come.
        after: u64,
    },
    /// No client address.
    #[error("there are no clients: give at least 1 address")]
    NoClients,
    /// No destination address.
    #[error("there are no destinations: give at least 1 address")]
    NoDestinations,
    /// No runs.
    #[error("there are no runs: give at least 1 seed")]
    NoSeeds,
    /// More than [`MOST_SEEDS`], or [`MOST_SHARES`].
    #[error(
        "{0} runs are too many: {MOST_SEEDS} are the most, and {MOST_SHARES} divided by the real servers"
    )]
    TooManySeeds(u32),
    /// A change names a server that the plan does not have.
    #[error("a change names real server number {server}, but there are {servers}")]
    UnknownServer {
        /// Its place, from 0 on.
        server: usize,
        /// Real servers of the plan.
        servers: usize,
    },
    /// The list of real servers cannot be changed so at that moment.
    #[error("a change after {after} connections, {at:?} from the start, cannot be made")]
    Change {
        /// Connections so far.
        after: u64,
        /// Time so far.
        at: Duration,
        /// What is wrong.
        source: ListError,
    },
    /// The first list of real servers is none.
    #[error(transparent)]
    Servers(#[from] ListError),
    /// The scheduler is unknown.
    #[error(transparent)]
    NoModel(#[from] NoModel),
    /// Nothing was scheduled in any run.
    #[error(
        "every connection is refused, in every run: no real server may take any (weight 0, thresholds, \
         or the hash of the only clients leads to such a server)"
    )]
    EverythingRefused,
    /// Only dh, sh and mh have a table from which a server can be missing.
    #[error("the scheduler {0} has no table of servers: only dh, sh and mh have one")]
    NoTable(String),
}

/// Refuses what cannot be simulated.
pub(super) fn check(plan: &Plan) -> Result<(), SimulateError> {
    check_servers(plan)?;
    check_load(plan)?;
    let seeds = plan.seeds.count;
    let shares = u64::from(seeds) * plan.servers.len() as u64;
    if seeds == 0 {
        return Err(SimulateError::NoSeeds);
    }
    if seeds > MOST_SEEDS || shares > MOST_SHARES {
        return Err(SimulateError::TooManySeeds(seeds));
    }
    Ok(())
}

fn check_servers(plan: &Plan) -> Result<(), SimulateError> {
    let servers = plan.servers.len();
    if servers > MOST_SERVERS {
        return Err(SimulateError::TooManyServers(servers));
    }
    let mut listed = plan.servers.iter();
    let adds = |change: Change| matches!(change, Change::Add(_));
    if !listed.any(|one| one.presence == Presence::FromTheStart)
        && !plan.changes.iter().any(|one| adds(one.change))
    {
        return Err(SimulateError::NoServers);
    }
    if let Some(unknown) = plan.changes.iter().find(|one| one.server >= servers) {
        let server = unknown.server;
        return Err(SimulateError::UnknownServer { server, servers });
    }
    let first = plan.servers.iter();
    let first = first.filter(|one| one.presence == Presence::FromTheStart);
    let later = plan.changes.iter().filter_map(|one| match one.change {
        Change::Weight(weight) | Change::Add(weight) => Some(weight),
        Change::Remove => None,
    });
    let mut weights = first.map(|one| one.weight).chain(later);
    if weights.all(|weight| weight == Weight::ZERO) {
        return Err(SimulateError::NoWeight);
    }
    Ok(())
}

fn check_load(plan: &Plan) -> Result<(), SimulateError> {
    let load = &plan.load;
    match load.connections {
        0 => return Err(SimulateError::NoConnections),
        1..=MOST_CONNECTIONS => {}
        more => return Err(SimulateError::TooManyConnections(more)),
    }
    match load.arrivals {
        Arrivals::Closed(0) => return Err(SimulateError::NoConcurrency),
        Arrivals::Closed(more) if more > MOST_UNDER_WAY => {
            return Err(SimulateError::TooConcurrent(more));
        }
        Arrivals::Closed(_) | Arrivals::Constant(_) | Arrivals::Poisson(_) => {}
    }
    if load.clients.count == 0 {
        return Err(SimulateError::NoClients);
    }
    if load.destinations.count == 0 {
        return Err(SimulateError::NoDestinations);
    }
    Ok(())
}
