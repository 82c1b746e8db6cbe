//! What came of a run, as a row of a table.

use std::fmt;

use analysis::Share;
use analysis::replay::PickAgreement;

/// The largest difference between observed and predicted share that passes.
const TOLERANCE: f64 = 0.02;

/// What was observed and predicted.
pub struct Outcome {
    pub concurrency: u32,
    pub requests: u64,
    /// In the order of addition.
    pub servers: Vec<Served>,
    pub agreement: PickAgreement,
}

/// Connections of one real server.
pub struct Served {
    /// That the kernel counted.
    pub kernel: u64,
    /// That the model gave it.
    pub predicted: u64,
    /// Requests that its nginx logged.
    pub nginx: u64,
}

impl Outcome {
    fn total(&self, count: impl Fn(&Served) -> u64) -> u64 {
        self.servers.iter().map(count).sum()
    }

    /// The share that each server has of what is counted.
    fn shares(&self, count: impl Fn(&Served) -> u64) -> Vec<Share> {
        let total = self.total(&count);
        let shares = self
            .servers
            .iter()
            .map(|server| Share::of(count(server), total));
        shares.map(|share| share.expect("there was load")).collect()
    }

    /// The largest difference between an observed and a predicted share.
    fn difference(&self) -> f64 {
        let observed = self.shares(|server| server.kernel).into_iter();
        let predicted = self.shares(|server| server.predicted);
        let differences = observed
            .zip(predicted)
            .map(|(one, other)| one.minus(other).abs());
        differences.fold(0.0, f64::max)
    }

    /// Fails by a panic if the prediction misses, or if somebody has lost a connection.
    pub fn check(&self) {
        let (kernel, predicted) = (
            self.total(|server| server.kernel),
            self.total(|server| server.predicted),
        );
        assert_eq!(kernel, predicted, "kernel and trace count alike\n{self}");
        // ab opens its next connection before it knows that it has enough.
        let most = self.requests + u64::from(self.concurrency);
        assert!((self.requests..=most).contains(&kernel), "{self}");
        for server in &self.servers {
            let unanswered = server.kernel.checked_sub(server.nginx);
            let few = unanswered.is_some_and(|count| count <= u64::from(self.concurrency));
            assert!(few, "nginx and kernel count alike\n{self}");
        }
        assert!(self.difference() <= TOLERANCE, "{self}");
    }
}

/// A row: concurrency, requests, the kernel's counts, nginx's, the model's, the first server's shares
/// and their difference, the picks that agree.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = |count: fn(&Served) -> u64| {
            let counts = self.servers.iter().map(|server| count(server).to_string());
            counts.collect::<Vec<_>>().join(":")
        };
        let percent = |count: fn(&Served) -> u64| self.shares(count)[0].get() * 100.0;
        let PickAgreement { compared, agreed } = self.agreement;
        write!(
            f,
            "| {} | {} | {} | {} | {} | {:.2} | {:.2} | {:.2} | {agreed} of {compared} |",
            self.concurrency,
            self.requests,
            counts(|server| server.kernel),
            counts(|server| server.nginx),
            counts(|server| server.predicted),
            percent(|server| server.kernel),
            percent(|server| server.predicted),
            self.difference() * 100.0,
        )
    }
}
