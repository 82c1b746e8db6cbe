//! What a plan gives, over all its runs.

use director_setup::Weight;
use serde::Serialize;

use super::check::SimulateError;
use super::engine::RunResult;
use super::plan::Plan;
use super::summary::PlanSummary;
use super::table::TableOutcome;
use crate::{Interval, Share};

/// What an interval is to cover.
const COVERAGE: f64 = 0.99;

/// Predicted shares, and what comes with them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// What was simulated.
    pub plan: PlanSummary,
    /// Runs that were carried out: one if chance has no part in the plan.
    pub runs: u32,
    /// Whether the runs of different seeds could have differed.
    pub depends_on_chance: bool,
    /// How likely the share of a server in one more run lies within its interval; `None` if there
    /// are no intervals.
    pub coverage: Option<Share>,
    /// In the order of the plan.
    pub servers: Vec<ServerOutcome>,
    /// Refused connections of a run.
    pub refused: Spread,
    /// The largest difference of a run between a server's share and its share by weight; `None` if
    /// there is no share by weight.
    pub largest_deviation: Option<Spread>,
    /// The part of a run's connections that is elsewhere than by weight.
    pub total_variation: Option<Spread>,
    /// Connections after which the running shares of a run stay within the tolerance of its final
    /// ones.
    pub settled_after: Spread,
    /// The same in seconds from the start.
    pub settled_seconds: Spread,
    /// What the running shares may be off by when they have settled.
    pub tolerance: Share,
    /// Seconds from the start to the last connection.
    pub seconds: Spread,
    /// The table of a scheduler that hashes.
    pub table: Option<TableOutcome>,
}

/// The prediction for one real server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerOutcome {
    /// Its name.
    pub name: String,
    /// The weight that it has first.
    pub weight: u32,
    /// Its part of the weights, while the list changes of the connections under each of them;
    /// `None` if no server had a weight.
    pub configured_share: Option<Share>,
    /// The mean of its shares of the runs' scheduled connections.
    pub predicted_share: Share,
    /// Whether every run gave it the same: there is nothing else to expect.
    pub exact: bool,
    /// The least and the greatest share of a run.
    pub range: Interval,
    /// Order statistics of the runs' shares that contain one more run's with the probability
    /// [`Outcome::coverage`], whatever their distribution; `None`: one run does not tell.
    pub interval: Option<Interval>,
}

/// A number that differs between runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Over all runs.
    pub mean: f64,
    /// Of any run.
    pub least: f64,
    /// Of any run.
    pub most: f64,
}

impl Spread {
    fn of(numbers: &[f64]) -> Option<Self> {
        let first = *numbers.first()?;
        let least = numbers.iter().copied().fold(first, f64::min);
        let most = numbers.iter().copied().fold(first, f64::max);
        // The mean of equal numbers is that number, whatever rounding makes of it.
        let mean = (numbers.iter().sum::<f64>() / numbers.len() as f64).clamp(least, most);
        Some(Self { mean, least, most })
    }
}

/// Results of runs as they come in.
#[derive(Debug)]
pub(super) struct Tally {
    /// Of the runs that scheduled something.
    picks: Vec<Vec<u32>>,
    /// Means over those for which there are weights to follow.
    owed: Vec<f64>,
    weighted: u32,
    deviations: Vec<f64>,
    variations: Vec<f64>,
    refused: Vec<f64>,
    settled_after: Vec<f64>,
    settled_seconds: Vec<f64>,
    seconds: Vec<f64>,
}

impl Tally {
    pub(super) fn new(servers: usize) -> Self {
        Self {
            picks: Vec::new(),
            owed: vec![0.0; servers],
            weighted: 0,
            deviations: Vec::new(),
            variations: Vec::new(),
            refused: Vec::new(),
            settled_after: Vec::new(),
            settled_seconds: Vec::new(),
            seconds: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, run: RunResult) {
        self.refused.push(run.refused as f64);
        self.seconds.push(run.lasted.as_secs_f64());
        if let Some(settled) = run.settled {
            self.settled_after.push(settled.connections as f64);
            self.settled_seconds.push(settled.at.as_secs_f64());
        }
        let Some(shares) = shares(&run.picks) else {
            return;
        };
        if let Some(owed) = run.owed {
            self.weighted += 1;
            let differences = shares
                .iter()
                .zip(&owed)
                .map(|(one, other)| (one - other).abs());
            let (sum, largest) = differences.fold((0.0, 0.0f64), |(sum, largest), difference| {
                (sum + difference, largest.max(difference))
            });
            self.deviations.push(largest);
            self.variations.push(sum / 2.0);
            // A running mean: that of equal numbers is that number.
            for (mean, owed) in self.owed.iter_mut().zip(owed) {
                *mean += (owed - *mean) / f64::from(self.weighted);
            }
        }
        self.picks.push(run.picks);
    }

    pub(super) fn outcome(
        self,
        plan: &Plan,
        depends_on_chance: bool,
        table: Option<TableOutcome>,
    ) -> Result<Outcome, SimulateError> {
        let nothing = || SimulateError::EverythingRefused;
        let order = Order::of(self.picks.len(), depends_on_chance).ok_or_else(nothing)?;
        Ok(Outcome {
            plan: PlanSummary::of(plan),
            runs: u32::try_from(self.seconds.len()).unwrap_or(u32::MAX),
            depends_on_chance,
            coverage: order.coverage,
            servers: self.servers(plan, order),
            refused: Spread::of(&self.refused).ok_or_else(nothing)?,
            largest_deviation: Spread::of(&self.deviations),
            total_variation: Spread::of(&self.variations),
            settled_after: Spread::of(&self.settled_after).ok_or_else(nothing)?,
            settled_seconds: Spread::of(&self.settled_seconds).ok_or_else(nothing)?,
            tolerance: plan.tolerance,
            seconds: Spread::of(&self.seconds).ok_or_else(nothing)?,
            table,
        })
    }

    fn servers(&self, plan: &Plan, order: Order) -> Vec<ServerOutcome> {
        let scheduled: Vec<_> = self.picks.iter().map(|picks| sum(picks)).collect();
        let servers = plan.servers.iter().enumerate();
        servers
            .map(|(place, server)| {
                let mut shares: Vec<_> = self
                    .picks
                    .iter()
                    .zip(&scheduled)
                    .filter_map(|(picks, &scheduled)| Share::of(picks[place].into(), scheduled))
                    .collect();
                shares.sort_by(|one, other| one.get().total_cmp(&other.get()));
                let configured = (self.weighted > 0).then(|| Share::clamped(self.owed[place]));
                order.server(server.name.clone(), server.weight, configured, &shares)
            })
            .collect()
    }
}

fn sum(picks: &[u32]) -> u64 {
    picks.iter().map(|&picks| u64::from(picks)).sum()
}

fn shares(picks: &[u32]) -> Option<Vec<f64>> {
    let scheduled = sum(picks) as f64;
    let share = |&picks: &u32| f64::from(picks) / scheduled;
    (scheduled > 0.0).then(|| picks.iter().map(share).collect())
}

/// Which of the sorted shares bound an interval.
///
/// Of `n` runs and one more, each is as likely as any other to have any rank. So the one more lies
/// below the j-th of the others with probability j/(n+1), and above the j-th from the end likewise.
#[derive(Debug, Clone, Copy)]
struct Order {
    depends_on_chance: bool,
    /// The j, less 1.
    cut: usize,
    coverage: Option<Share>,
}

impl Order {
    fn of(runs: usize, depends_on_chance: bool) -> Option<Self> {
        if runs == 0 {
            return None;
        }
        if !depends_on_chance {
            let coverage = Some(Share::clamped(1.0));
            return Some(Self {
                depends_on_chance,
                cut: 0,
                coverage,
            });
        }
        let covered = |j: usize| Share::of(runs as u64 + 1 - 2 * j as u64, runs as u64 + 1);
        let wide_enough = |j: &usize| covered(*j).is_some_and(|share| share.get() >= COVERAGE);
        let last = (1..=runs / 2).take_while(wide_enough).last().unwrap_or(1);
        Some(Self {
            depends_on_chance,
            cut: last - 1,
            coverage: (runs > 1).then(|| covered(last)).flatten(),
        })
    }

    fn server(
        self,
        name: String,
        weight: Weight,
        configured_share: Option<Share>,
        sorted: &[Share],
    ) -> ServerOutcome {
        let (least, most) = match sorted {
            [] => (Share::ZERO, Share::ZERO),
            [only] => (*only, *only),
            [least, .., most] => (*least, *most),
        };
        let sum: f64 = sorted.iter().map(|share| share.get()).sum();
        let mean = (sum / sorted.len().max(1) as f64).clamp(least.get(), most.get());
        let end = sorted.len().saturating_sub(1);
        let bounds = sorted
            .get(self.cut)
            .zip(sorted.get(end - self.cut.min(end)));
        ServerOutcome {
            name,
            weight: weight.get(),
            configured_share,
            predicted_share: Share::clamped(mean),
            exact: least == most && (sorted.len() > 1 || !self.depends_on_chance),
            range: Interval {
                low: least,
                high: most,
            },
            interval: self
                .coverage
                .and(bounds)
                .map(|(&low, &high)| Interval { low, high }),
        }
    }
}

impl Outcome {
    /// The server furthest from its share by weight, on average over the runs, with the difference
    /// as a signed fraction; `None` if there is no share by weight.
    pub fn furthest(&self) -> Option<(&ServerOutcome, f64)> {
        let differences = self
            .servers
            .iter()
            .filter_map(|one| Some((one, one.difference()?)));
        differences.reduce(|furthest, one| {
            if one.1.abs() > furthest.1.abs() {
                one
            } else {
                furthest
            }
        })
    }

    /// The part of the connections that is elsewhere than by weight, by the mean shares; 0 if there
    /// is no share by weight.
    pub fn part_elsewhere(&self) -> f64 {
        let differences = self.servers.iter().filter_map(ServerOutcome::difference);
        differences.map(f64::abs).sum::<f64>() / 2.0
    }

    /// Whether there is nothing else to expect.
    pub fn is_exact(&self) -> bool {
        self.servers.iter().all(|server| server.exact)
    }
}

impl ServerOutcome {
    /// Predicted share less the one by weight.
    pub fn difference(&self) -> Option<f64> {
        Some(self.predicted_share.minus(self.configured_share?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_runs_cover_one_more_with_99_percent() {
        let order = |runs| Order::of(runs, true).unwrap();
        let coverage = |runs| order(runs).coverage.map(Share::get);
        assert_eq!(coverage(1), None);
        assert_eq!(coverage(19), Some(0.9));
        assert_eq!((coverage(199), order(199).cut), (Some(0.99), 0));
        assert_eq!((coverage(399), order(399).cut), (Some(0.99), 1));
    }

    #[test]
    fn the_spread_of_nothing_is_none_and_of_equals_is_that() {
        assert_eq!(Spread::of(&[]), None);
        let spread = Spread::of(&[0.1; 3]).unwrap();
        assert_eq!((spread.least, spread.mean, spread.most), (0.1, 0.1, 0.1));
    }
}
