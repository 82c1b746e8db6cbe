//! How evenly the table of a hash scheduler is dealt out, and what a server that leaves disturbs.

use director_setup::{Scheduler, ServiceFlags, Weight};
use serde::Serialize;

use super::check::SimulateError;
use super::plan::{Plan, PlannedServer, Presence};
use crate::Share;
use crate::model::{ModelSettings, RealServers, ServerId, lookup_table};

/// With more real servers than this, so many of them, evenly spread, stand for all that may leave.
pub const MOST_LEAVING: usize = 32;

/// The table before the first connection. Every entry has the same part of all keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableOutcome {
    /// Entries of the table.
    pub entries: u64,
    /// Entries of each real server, in the order of the plan.
    pub of_servers: Vec<u64>,
    /// The most entries for its weight of any server, over the least of those that have any; `None`
    /// if nobody with a weight has any.
    pub unevenness: Option<f64>,
    /// Names of servers with a weight and no entry.
    pub starved: Vec<String>,
    /// Entries of servers of weight 0.
    pub of_weight_0: u64,
    /// Whether clients of a server that may not take them are hashed again, not refused.
    pub falls_back: bool,
    /// What happens when a server leaves.
    pub leaving: Vec<Leaving>,
    /// Whether only some of the servers were tried.
    pub sampled: bool,
}

/// What happens when one server is removed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leaving {
    /// Its name.
    pub server: String,
    /// Keys that have to move: its own.
    pub unavoidable: Share,
    /// Keys of other servers that move as well.
    pub disturbed: Share,
    /// Keys that nobody serves afterwards.
    pub refused: Share,
}

/// The table of a plan, with the removal of the servers at the places `without`, or of each;
/// `None`: its scheduler has none.
pub(super) fn table(plan: &Plan, without: &[usize]) -> Result<Option<TableOutcome>, SimulateError> {
    let model = &plan.service.model;
    let mut servers = RealServers::new(model.kernel);
    let first = plan.servers.iter();
    let listed: Vec<&PlannedServer> = first
        .filter(|one| one.presence == Presence::FromTheStart)
        .collect();
    for server in &listed {
        servers.add(server.address, server.settings(server.weight))?;
    }
    let Some(table) = lookup_table(model, &servers) else {
        return match without {
            [] => Ok(None),
            _ => Err(SimulateError::NoTable(model.scheduler.to_string())),
        };
    };
    let places = leaving_places(plan, without);
    let sampled = without.is_empty() && places.len() < listed.len();
    let departure = Departure {
        model,
        before: &servers,
        table: &table,
    };
    let leaving = places
        .iter()
        .map(|&place| departure.of(&plan.servers[place]));
    let leaving = leaving.collect::<Result<Vec<_>, _>>()?;
    Ok(Some(evenness(plan, &servers, &table, leaving, sampled)))
}

fn leaving_places(plan: &Plan, without: &[usize]) -> Vec<usize> {
    if !without.is_empty() {
        return without.to_vec();
    }
    let listed = plan.servers.iter().enumerate();
    let listed: Vec<_> = listed
        .filter(|(_, one)| one.presence == Presence::FromTheStart)
        .map(|(place, _)| place)
        .collect();
    let tried = listed.len().min(MOST_LEAVING);
    (0..tried)
        .map(|n| listed[n * listed.len() / tried])
        .collect()
}

fn evenness(
    plan: &Plan,
    servers: &RealServers,
    table: &[ServerId],
    leaving: Vec<Leaving>,
    sampled: bool,
) -> TableOutcome {
    let mut by_id = vec![0u64; servers.ever_known()];
    for id in table {
        by_id[id.index()] += 1;
    }
    let entries_of = |one: &PlannedServer| {
        let id = servers.id_of(one.address);
        id.map_or(0, |id| by_id[id.index()])
    };
    let is_listed = |one: &&PlannedServer| servers.id_of(one.address).is_some();
    let listed = || plan.servers.iter().filter(is_listed);
    let weighty = || listed().filter(|one| one.weight > Weight::ZERO);
    let per_weight = weighty()
        .map(|one| entries_of(one) as f64 / f64::from(one.weight.get()))
        .filter(|&entries| entries > 0.0);
    let (least, most) = per_weight.fold((f64::INFINITY, 0.0f64), |(least, most), entries| {
        (least.min(entries), most.max(entries))
    });
    TableOutcome {
        entries: table.len() as u64,
        of_servers: plan.servers.iter().map(entries_of).collect(),
        unevenness: (most > 0.0).then(|| most / least),
        starved: weighty()
            .filter(|one| entries_of(one) == 0)
            .map(|one| one.name.clone())
            .collect(),
        of_weight_0: listed()
            .filter(|one| one.weight == Weight::ZERO)
            .map(entries_of)
            .sum(),
        falls_back: falls_back(&plan.service.model),
        leaving,
        sampled,
    }
}

/// One server of many leaves.
struct Departure<'a> {
    model: &'a ModelSettings,
    before: &'a RealServers,
    table: &'a [ServerId],
}

impl Departure<'_> {
    fn of(&self, leaving: &PlannedServer) -> Result<Leaving, SimulateError> {
        let mut after = self.before.clone();
        let gone = self.before.id_of(leaving.address);
        after.remove(leaving.address)?;
        let table = lookup_table_after(self, &after);
        let entries = self.table.len() as u64;
        let mut counts = (0, 0, 0);
        for (entry, before) in self.table.iter().enumerate() {
            let now = table.get(entry).copied();
            let is_gone = Some(*before) == gone;
            counts.0 += u64::from(is_gone);
            counts.1 += u64::from(!is_gone && now != Some(*before));
            let is_served = now.is_some_and(|now| after.slot_of(now).is_some());
            counts.2 += u64::from(!is_served);
        }
        let share = |part| Share::of(part, entries).unwrap_or(Share::ZERO);
        Ok(Leaving {
            server: leaving.name.clone(),
            unavoidable: share(counts.0),
            disturbed: share(counts.1),
            refused: share(counts.2),
        })
    }
}

/// A table that cannot hold all servers stays as it was.
fn lookup_table_after(departure: &Departure, after: &RealServers) -> Vec<ServerId> {
    let model = departure.model;
    if overflows(model, after) {
        return departure.table.to_vec();
    }
    lookup_table(model, after).unwrap_or_default()
}

fn overflows(model: &ModelSettings, servers: &RealServers) -> bool {
    model.scheduler == Scheduler::MaglevHashing
        && servers.list().len() > model.maglev_table.entries() as usize
}

fn falls_back(model: &ModelSettings) -> bool {
    let fallback = match model.scheduler {
        Scheduler::SourceHashing => ServiceFlags::SH_FALLBACK,
        Scheduler::MaglevHashing => ServiceFlags::MH_FALLBACK,
        _ => return false,
    };
    model.flags.contains(fallback)
}
