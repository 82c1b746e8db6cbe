//! How often the verdict is wrong: simulated balancers, good and bad, through `judge`.
//!
//! ```text
//! cargo run --release -p analysis --example calibration [PART]
//! ```
//!
//! prints the table of METHODOLOGY.md; with PART, a number from 1 to 100, that part of its seeds in
//! percent. A good balancer is the scheduler's own model behind a tap that saw near-simultaneous
//! connections in another order, and that entered its cycle at some phase. A bad one is the same
//! with a [`Fault`].

mod balancer;
mod fault;
mod trial;

use std::collections::BTreeSet;

use analysis::Verdict;

use fault::Fault;
use trial::{Kind, outcome};

/// Connections of a run, runs of a good balancer and runs of a bad one, for each scheduler.
const SIZES: [(u32, u64, u64); 3] = [(100, 2_000, 300), (1_000, 600, 150), (10_000, 100, 40)];

fn main() {
    #[expect(
        clippy::disallowed_methods,
        reason = "an example is a program: it may read its argument"
    )]
    let part = std::env::args().nth(1);
    let part: u64 = part.and_then(|part| part.parse().ok()).unwrap_or(100);
    println!("| scheduler | balancer | 100 connections | 1,000 | 10,000 |");
    println!("|---|---|---|---|---|");
    for kind in Kind::ALL {
        for fault in Fault::ALL {
            row(kind, fault, part);
        }
    }
}

/// Outcomes of all trials of one kind with one fault: pass / inconclusive / fail in percent.
fn row(kind: Kind, fault: Fault, part: u64) {
    let cells = SIZES.map(|(connections, good, bad)| {
        let seeds = if fault == Fault::None { good } else { bad };
        let seeds = (seeds * part / 100).max(1);
        let mut tally = Tally::default();
        for scheduler in kind.schedulers() {
            for seed in 0..seeds {
                if let Some(verdict) = outcome(scheduler, kind.picks(), fault, connections, seed) {
                    tally.count(verdict, scheduler);
                }
            }
        }
        tally.cell(fault)
    });
    println!(
        "| {} | {} | {} |",
        kind.name(),
        fault.name(),
        cells.join(" | ")
    );
}

#[derive(Default)]
struct Tally {
    passed: u64,
    inconclusive: u64,
    failed: u64,
    /// The schedulers of those that failed.
    failing: BTreeSet<&'static str>,
}

impl Tally {
    fn count(&mut self, verdict: Verdict, scheduler: &'static str) {
        match verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
            Verdict::Fail => {
                self.failed += 1;
                self.failing.insert(scheduler);
            }
        }
    }

    /// For a good balancer with the number of false alarms and runs.
    fn cell(&self, fault: Fault) -> String {
        let runs = self.passed + self.inconclusive + self.failed;
        if runs == 0 {
            return "–".to_owned();
        }
        let percent = |n: u64| format!("{:.0}", n as f64 / runs as f64 * 100.0);
        let rates = [self.passed, self.inconclusive, self.failed].map(percent);
        let rates = rates.join(" / ");
        match fault {
            Fault::None if self.failed == 0 => format!("{rates} (0 of {runs} failed)"),
            Fault::None => {
                let failing: Vec<_> = self.failing.iter().copied().collect();
                let failing = failing.join(", ");
                format!("{rates} ({} of {runs} failed: {failing})", self.failed)
            }
            _ => rates,
        }
    }
}
