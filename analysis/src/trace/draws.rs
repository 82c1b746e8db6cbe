//! Compares the picks of a scheduler that draws them with their chances.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use director_setup::{Protocol, Scheduler};
use serde::Serialize;

use super::drive::drive;
use super::{ConformError, Decision, Event, TimedEvent, Trace};
use crate::director::Director;
use crate::model::{KernelVersion, ListError, power_of_two_chances};
use crate::observation::SegmentKind;
use crate::replay::{Flow, Origin, Replay, Replies};

/// How often the kernel drew each server, beside its chances.
///
/// The chance of each pick is that of twos in the state to which the kernel's earlier picks have
/// led. The differences between picks and chances then are a martingale: over many picks their sum
/// is normal with a known variance (B. M. Brown, "Martingale central limit theorems", Annals of
/// Mathematical Statistics 42, 1971).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Draws {
    /// Connections that were scheduled.
    pub picks: u64,
    /// Picks that had no chance at all, and refusals while somebody had one.
    pub impossible: u64,
    /// Every server that ever had a chance, by address.
    pub servers: BTreeMap<SocketAddr, Drawn>,
}

/// Five standard deviations are at least 25 picks then.
const LEAST_VARIANCE: f64 = 25.0;

/// How often one server was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Drawn {
    /// How often it was.
    pub picked: u64,
    /// The sum of its chances.
    pub expected: f64,
    /// The sum of the variances of its chances.
    pub variance: f64,
}

impl Drawn {
    /// The difference in standard deviations; `None` if too little was left to chance for the sum
    /// to be normal.
    pub fn deviations(&self) -> Option<f64> {
        (self.variance >= LEAST_VARIANCE)
            .then(|| (self.picked as f64 - self.expected) / self.variance.sqrt())
    }
}

impl Draws {
    /// The largest difference of a server in standard deviations, without its sign.
    pub fn largest_deviation(&self) -> f64 {
        let servers = self.servers.values();
        let deviations = servers.filter_map(Drawn::deviations).map(f64::abs);
        deviations.fold(0.0, f64::max)
    }
}

/// Follows the kernel's picks through a trace of twos and sums up their chances.
///
/// Only TCP without persistence is understood: there every connection is drawn for.
pub fn draws(trace: &Trace) -> Result<Draws, ConformError> {
    let mut run = Run::new(trace)?;
    for timed in trace.events() {
        run.happen(timed)?;
    }
    Ok(run.draws)
}

struct Run {
    replay: Replay,
    kernel: KernelVersion,
    replies: Replies,
    draws: Draws,
}

impl Run {
    fn new(trace: &Trace) -> Result<Self, ConformError> {
        let header = trace.header();
        let is_fit = header.scheduler == Scheduler::PowerOfTwo
            && header.protocol == Protocol::Tcp
            && header.persistence.is_none();
        if !is_fit {
            return Err(ConformError::NoChances);
        }
        let settings = header.settings();
        Ok(Self {
            replay: Replay::new(Director::new(&settings)?, header.replies),
            kernel: settings.model.kernel,
            replies: header.replies,
            draws: Draws {
                picks: 0,
                impossible: 0,
                servers: BTreeMap::new(),
            },
        })
    }

    fn happen(&mut self, timed: &TimedEvent) -> Result<(), ConformError> {
        self.replay.advance(timed.at);
        match timed.event {
            Event::Open { flow, decision } => self.open(flow, decision),
            other => Ok(drive(&mut self.replay, other)?),
        }
    }

    fn open(&mut self, flow: Flow, decision: Decision) -> Result<(), ConformError> {
        if !self.replay.would_schedule(flow) {
            let _ = self.replay.syn(flow);
            return Ok(());
        }
        self.weigh_chances(decision.server());
        let Some(address) = decision.server() else {
            let _ = self.replay.forget(flow);
            return Ok(());
        };
        let servers = self.replay.director().servers();
        let server = servers.id_of(address).ok_or(ListError::Unknown(address))?;
        self.replay.adopt_syn(flow, server);
        if self.replies == Replies::PassDirector {
            self.replay.segment(flow, SegmentKind::Syn, Origin::Server);
        }
        Ok(())
    }

    fn weigh_chances(&mut self, picked: Option<SocketAddr>) {
        let servers = self.replay.director().servers();
        let chances = power_of_two_chances(servers, self.kernel);
        let addresses = servers.list().iter().map(|server| server.address);
        let somebody = chances.iter().any(|&chance| chance > 0.0);
        let mut chance_of_pick = 0.0;
        for (address, chance) in addresses.zip(chances) {
            let drawn = self.draws.servers.entry(address).or_default();
            drawn.expected += chance;
            drawn.variance += chance * (1.0 - chance);
            if picked == Some(address) {
                drawn.picked += 1;
                chance_of_pick = chance;
            }
        }
        self.draws.picks += u64::from(picked.is_some());
        let is_possible = match picked {
            Some(_) => chance_of_pick > 0.0,
            None => !somebody,
        };
        self.draws.impossible += u64::from(!is_possible);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::model::{Arrival, ModelSettings};

    const SERVERS: [(&str, u16); 3] = [("10.1.0.1:80", 4), ("10.1.0.2:80", 3), ("10.1.0.3:80", 2)];

    /// A trace of held connections as a kernel would leave it whose picks `choose` makes of the
    /// model's.
    fn trace(connections: u32, choose: impl Fn(SocketAddr) -> SocketAddr) -> Trace {
        let mut text = "ipvs trace 1\nkernel 6.1.176\nprotocol tcp\nservice 10.0.0.1:80\n\
                        scheduler twos\n\n"
            .to_owned();
        let settings = ModelSettings::new(Scheduler::PowerOfTwo, KernelVersion::REFERENCE);
        let mut director = Director::new(&settings.into()).unwrap();
        for (address, weight) in SERVERS {
            let weight = director_setup::Weight::from(weight);
            director
                .add(address.parse().unwrap(), weight.into())
                .unwrap();
            writeln!(text, "0 add {address} weight {weight}").unwrap();
        }
        for n in 0..connections {
            let client = SocketAddr::from(([10, 64, 0, 1], u16::try_from(n).unwrap() + 1024));
            let drawn = director
                .schedule(&Arrival {
                    at: std::time::Duration::ZERO,
                    client,
                    destination: [10, 0, 0, 1].into(),
                })
                .unwrap();
            let address = choose(director.servers().get(drawn.server()).address);
            director.release(drawn, std::time::Duration::ZERO);
            let servers = director.servers();
            let mut open = director.adopt(servers.id_of(address).unwrap());
            director.set_activity(&mut open, crate::model::Activity::Active);
            writeln!(text, "0 open {client} {address}").unwrap();
        }
        text.parse().unwrap()
    }

    #[test]
    fn the_models_own_picks_lie_within_their_chances() {
        let draws = draws(&trace(3_000, |address| address)).unwrap();
        assert_eq!((draws.picks, draws.impossible), (3_000, 0));
        assert!(draws.largest_deviation() < 4.0, "{draws:?}");
    }

    #[test]
    fn one_connection_in_ten_that_goes_elsewhere_is_noticed() {
        let count = std::cell::Cell::new(0);
        let elsewhere = |address| {
            count.set(count.get() + 1);
            if count.get() % 10 == 0 {
                SERVERS[2].0.parse().unwrap()
            } else {
                address
            }
        };
        let draws = draws(&trace(3_000, elsewhere)).unwrap();
        assert!(draws.largest_deviation() > 5.0, "{draws:?}");
    }

    #[test]
    fn a_refusal_is_possible_only_where_nobody_has_a_chance() {
        let refused = |weight| {
            let text = format!(
                "ipvs trace 1\nkernel 6.1.176\nprotocol tcp\nservice 10.0.0.1:80\nscheduler twos\n\n\
                 0 add 10.1.0.1:80 weight {weight}\n0 open 10.64.0.1:1024 refused\n"
            );
            draws(&text.parse().unwrap()).unwrap().impossible
        };
        assert_eq!((refused(0), refused(1)), (0, 1));
    }

    #[test]
    fn only_twos_has_chances() {
        let other = trace(1, |address| address)
            .to_string()
            .replace("scheduler twos", "scheduler wlc");
        let error = draws(&other.parse().unwrap()).unwrap_err();
        assert_eq!(error, ConformError::NoChances);
    }
}
