//! Prediction without a lab: an arrival plan is carried out by a [`Director`](crate::director) and
//! gives the share of each real server.
//!
//! ```text
//! Plan --a run for each seed: arrivals, director, real servers, closed connections--> Outcome --> text, JSON, CSV
//! ```
//!
//! What a run simulates is the director's own decisions, pick for pick, and around them a load that
//! is a model:
//!
//! - The network takes no time, and a closed loop opens its next connection at the instant at which
//!   the last one ends.
//! - A connection's entry counts as active until its first FIN or RST that the director sees, then as
//!   inactive until the timeout of its TCP state, as in [`replay`](crate::replay); it expires at the
//!   next tick of a clock of 100 Hz.
//! - Every connection is scheduled. Sources are not taken up again while their old entries live; a
//!   client has more than 64,512 ports if it needs them.
//! - Each seed draws service times, arrivals, the addresses of clients and destinations, and which of
//!   them a connection has, all alike likely.
//!
//! Memory: the connections under way (16 to 56 bytes each), closed ones as long as their entries
//! live, 4 bytes each and only if the scheduler or a threshold looks at them (24 with persistence,
//! which also keeps a deadline for each connection), and 4 bytes for each server and checkpoint.

mod addresses;
mod chance;
mod check;
mod checkpoints;
mod discipline;
mod engine;
mod foreknown;
mod lingering;
mod outcome;
mod plan;
mod positive;
mod service_time;
mod span;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod ticket;
mod timetable;
pub mod view;

use crate::director::Connection;
use crate::model::ServerId;

pub use addresses::{Addresses, Which};
pub use check::{
    MOST_CONNECTIONS, MOST_SEEDS, MOST_SERVERS, MOST_SHARES, MOST_UNDER_WAY, SimulateError,
};
pub use discipline::Discipline;
pub use outcome::{Outcome, ServerOutcome, Spread};
pub use plan::{
    Arrivals, Change, Close, Ending, Load, Moment, Plan, PlannedChange, PlannedServer, Presence,
    Seeds,
};
pub use positive::{NotPositive, Positive};
pub use service_time::{NotAServiceTime, ServiceTime};
pub use span::{NotASpan, parse_span};
pub use summary::PlanSummary;
pub use table::{Leaving, MOST_LEAVING, TableOutcome};

/// How far a simulation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Connections of all runs that are simulated.
    pub done: u64,
    /// Connections of all runs.
    pub total: u64,
}

/// Predicts the shares of a plan. For a scheduler with a table it also says what happens when the
/// servers at the places `without` leave, one at a time; if none are named, when any of them does.
///
/// `progress` is called some thousand times in a minute.
pub fn simulate(
    plan: &Plan,
    without: &[usize],
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, SimulateError> {
    check::check(plan)?;
    let table = table::table(plan, without)?;
    let depends_on_chance = chance::depends_on_chance(plan);
    let runs = if depends_on_chance {
        plan.seeds.count
    } else {
        1
    };
    let run = match plan.service.persistence {
        Some(_) => engine::run::<Connection>,
        None => engine::run::<ServerId>,
    };
    let connections = plan.load.connections;
    let total = u64::from(runs) * connections;
    let mut tally = outcome::Tally::new(plan.servers.len());
    for n in 0..u64::from(runs) {
        let mut report = |in_this_run| {
            progress(Progress {
                done: n * connections + in_this_run,
                total,
            });
        };
        tally.add(run(plan, plan.seeds.first.wrapping_add(n), &mut report)?);
    }
    tally.outcome(plan, depends_on_chance, table)
}
