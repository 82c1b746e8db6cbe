//! One run of one balancer, judged.

use analysis::observation::{ErrorTally, Observation};
use analysis::synthetic::{TOLERANCE, lab, saw};
use analysis::{Verdict, judge};
use fastrand::Rng;

use crate::balancer::{disorder, name, picks, trace};
use crate::fault::Fault;

/// Whether replies pass the director, so that the trace names each connection's server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picks {
    Known,
    Unknown,
}

/// Schedulers that are judged alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Cycle,
    Configuration,
    Key,
    Load,
    LoadByShares,
    Locality,
    Chance,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Cycle,
        Self::Configuration,
        Self::Key,
        Self::Load,
        Self::LoadByShares,
        Self::Locality,
        Self::Chance,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cycle => "rr, wrr",
            Self::Configuration => "fo",
            Self::Key => "dh, sh, mh",
            Self::Load => "lc, wlc, sed, nq, ovf",
            Self::LoadByShares => "the same, picks unknown",
            Self::Locality => "lblc, lblcr",
            Self::Chance => "twos",
        }
    }

    pub const fn schedulers(self) -> &'static [&'static str] {
        match self {
            Self::Cycle => &["rr", "wrr"],
            Self::Configuration => &["fo"],
            Self::Key => &["dh", "sh", "mh"],
            Self::Load | Self::LoadByShares => &["lc", "wlc", "sed", "nq", "ovf"],
            Self::Locality => &["lblc", "lblcr"],
            Self::Chance => &["twos"],
        }
    }

    pub const fn picks(self) -> Picks {
        match self {
            Self::LoadByShares => Picks::Unknown,
            _ => Picks::Known,
        }
    }
}

/// The verdict on a run; `None` if the fault changes nothing that matters there: swapped weights
/// that move no share by more than the tolerance.
pub fn outcome(
    scheduler: &str,
    known: Picks,
    fault: Fault,
    connections: u32,
    seed: u64,
) -> Option<Verdict> {
    let mut random = Rng::with_seed(seed);
    let servers = random.usize(2..5);
    let weights: Vec<u16> = (0..servers).map(|_| random.u16(1..7)).collect();
    // ovf refuses what no server has room for.
    let room: u16 = weights.iter().sum();
    let concurrency = random.u32(1..=20).min(room.into());
    let mut observation = lab(scheduler, &weights);
    observation.load.concurrency = concurrency;
    // Several CPUs, whose order of arrivals is not certain.
    "native".clone_into(&mut observation.engine);
    let arrived = trace(connections, concurrency, &mut random);
    let draws = random.u64(..);
    let work = |weights: &[u16]| {
        let mut random = Rng::with_seed(draws);
        picks(&observation, weights, &arrived, &mut random)
    };
    let good = work(&weights)?;
    let mut real = if fault == Fault::SwappedWeights {
        work(&fault.weights(&weights))?
    } else {
        good.clone()
    };
    let mut places: Vec<_> = real.iter().map(|(_, server)| *server).collect();
    fault.mislead(&mut places, servers, &mut random);
    for (pick, place) in real.iter_mut().zip(places) {
        pick.1 = place;
    }
    let counts = count(&real, servers);
    if fault == Fault::SwappedWeights && !moves_a_share(&count(&good, servers), &counts) {
        return None;
    }
    observation.trace = disorder(&arrived, &mut random);
    if known == Picks::Known {
        name(&mut observation.trace, &real);
    }
    let mut observation = saw(observation, &counts);
    if fault == Fault::DeadServer {
        kill_busiest(&mut observation);
    }
    Some(judge(&observation).verdict)
}

fn count<C>(picks: &[(C, usize)], servers: usize) -> Vec<u64> {
    let mut counts = vec![0; servers];
    for (_, server) in picks {
        counts[*server] += 1;
    }
    counts
}

fn moves_a_share(good: &[u64], real: &[u64]) -> bool {
    let whole: u64 = good.iter().sum();
    let mut pairs = good.iter().zip(real);
    pairs.any(|(good, real)| good.abs_diff(*real) as f64 > TOLERANCE * whole as f64)
}

fn kill_busiest(observation: &mut Observation) {
    let busiest = observation.servers.iter_mut();
    let Some(dead) = busiest.max_by_key(|server| server.client_connections) else {
        return;
    };
    let lost = std::mem::take(&mut dead.client_connections);
    (dead.client_requests, dead.server_requests) = (0, 0);
    dead.server_connections = 0;
    let load = &mut observation.load;
    load.requests_completed = load.requests_completed.saturating_sub(lost);
    load.requests_failed = lost;
    load.errors = vec![ErrorTally {
        code: "connect-timed-out".to_owned(),
        words: "connect timed out".to_owned(),
        count: lost,
    }];
}
