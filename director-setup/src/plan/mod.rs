//! The way from what a director has to what it shall have, and walking it.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use director_setup::Client;
//! use director_setup::configuration::{self, Configuration};
//! use director_setup::plan::{Options, plan};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let wanted = Configuration::read_file(Path::new("web.toml"))?.configuration;
//! let mut client = Client::connect()?;
//! let plan = plan(&configuration::read(&mut client)?, &wanted, &Options::default());
//! print!("{plan}");
//! plan.carry_out(&mut client, &mut ())?;
//! # Ok(())
//! # }
//! ```

mod carry_out;
mod daemons;
mod describe;
mod drain;
mod services;
mod step;
mod stopped;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

pub use carry_out::{Director, Observer};
pub use drain::{Drain, Draining};
pub use step::Step;
pub use stopped::Stopped;

use crate::configuration::Configuration;
use crate::{Change, Timeouts};
use drain::Wait;

/// The steps from one configuration to another, in an order in which they can be taken. Its JSON
/// is the list of the steps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Plan {
    steps: Vec<Step>,
    #[serde(skip)]
    wait: Option<Wait>,
}

/// How far a plan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// What becomes of what the wanted configuration does not name.
    pub unnamed: Unnamed,
    /// How real servers are taken away.
    pub removal: Removal,
}

/// What becomes of what the wanted configuration does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unnamed {
    /// It stays as it is.
    #[default]
    Keep,
    /// Services and real servers are deleted. Daemons are stopped only if the wanted configuration
    /// says something about daemons.
    Delete,
}

/// How real servers are taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Removal {
    /// They are deleted, whatever is open.
    #[default]
    AtOnce,
    /// They get weight 0, and are deleted when their connections are gone.
    Drained(Drain),
}

/// The steps after which a director that has `actual` has what `wanted` says. A plan from there
/// to `wanted` is empty.
///
/// - A service that `wanted` names is described whole by it: what is not said has its default.
/// - In each service, what is missing is added first, then the rest is edited, then deleted: at no
///   time a service has no real server, if it has some before and after. The same is true of real
///   servers with a weight above 0.
/// - With [`Removal::Drained`] everything that deletes comes after everything else. Only sync
///   daemons are started later still, because they and mixed-family real servers exclude each other.
/// - Real servers that are there already keep their places in the kernel's list.
/// - Attributes that only a newer kernel knows are given to what is added. What is there already
///   keeps its own, and is not edited for their sake: they might be counters.
pub fn plan(actual: &Configuration, wanted: &Configuration, options: &Options) -> Plan {
    let mut parts = Parts::default();
    // A mixed-family real server can only be added when no daemon runs.
    daemons::stop_unnamed(&mut parts, actual, wanted, options.unnamed);
    timeouts(&mut parts, actual.timeouts, wanted.timeouts);
    services::named(&mut parts, actual, wanted, options);
    if let Unnamed::Delete = options.unnamed {
        services::unnamed(&mut parts, actual, wanted, options.removal);
    }
    parts.join(options.removal, daemons::start(actual, wanted))
}

impl Plan {
    /// The steps in their order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Display for Plan {
    /// A line for each step, and one where connections are waited for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.steps.iter().enumerate() {
            if let Some(wait) = self.wait.as_ref().filter(|wait| wait.before == place) {
                writeln!(f, "{wait}")?;
            }
            writeln!(f, "{step}")?;
        }
        Ok(())
    }
}

/// Steps by when they may be taken.
#[derive(Debug, Default)]
struct Parts {
    /// What can be done at once. Without draining this is everything.
    first: Vec<Step>,
    /// What sends no new connections to servers that shall go.
    quiesce: Vec<Step>,
    /// What deletes, when connections are waited for.
    last: Vec<Step>,
    /// Whose connections are waited for.
    leaving: Vec<drain::Leaving>,
}

impl Parts {
    fn join(self, removal: Removal, end: Vec<Step>) -> Plan {
        let mut steps = self.first;
        steps.extend(self.quiesce);
        let wait = match removal {
            Removal::Drained(drain) if !self.leaving.is_empty() => Some(Wait {
                before: steps.len(),
                drain,
                leaving: self.leaving,
            }),
            _ => None,
        };
        steps.extend(self.last);
        steps.extend(end);
        Plan { steps, wait }
    }
}

fn timeouts(parts: &mut Parts, actual: Option<Timeouts>, wanted: Option<Timeouts>) {
    let Some(wanted) = wanted else {
        return;
    };
    let unknown = Timeouts {
        tcp: 0,
        tcp_fin: 0,
        udp: 0,
    };
    let differences = describe::timeouts(actual.unwrap_or(unknown), wanted);
    if !differences.is_empty() {
        let change = Change::SetTimeouts { timeouts: wanted };
        parts.first.push(Step::new(change, &differences));
    }
}

impl Drain {
    /// Waits so long at most, and looks five times a second.
    pub const fn within(deadline: Duration) -> Self {
        Self {
            deadline,
            interval: Duration::from_millis(200),
        }
    }
}
