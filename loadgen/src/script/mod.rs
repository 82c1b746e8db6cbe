//! What is asked for: one request, or several by weight.

pub mod file;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::uri::PathAndQuery;

/// One request of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: PathAndQuery,
    /// Headers besides the plan's, in their order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; its length is announced if it has one, or if the method usually has one.
    pub body: Bytes,
    /// How often this step is drawn, in proportion to the others.
    pub weight: u32,
}

impl Step {
    /// A GET.
    pub fn get(path: PathAndQuery) -> Self {
        Self {
            method: Method::GET,
            path,
            headers: Vec::new(),
            body: Bytes::new(),
            weight: 1,
        }
    }
}

/// The requests that a load sends. Each request draws a step by weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    steps: Vec<Step>,
    total: u64,
}

/// A script in which no step can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the script has no request with a weight above 0")]
pub struct EmptyScript;

impl Script {
    /// A script of these steps.
    pub fn new(steps: Vec<Step>) -> Result<Self, EmptyScript> {
        let total = steps.iter().map(|step| u64::from(step.weight)).sum();
        if total == 0 {
            return Err(EmptyScript);
        }
        Ok(Self { steps, total })
    }

    /// The script of one GET.
    pub fn get(path: PathAndQuery) -> Self {
        Self {
            steps: vec![Step::get(path)],
            total: 1,
        }
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The index of the next step to send.
    pub(crate) fn draw(&self, random: &mut fastrand::Rng) -> usize {
        if self.steps.len() == 1 {
            return 0;
        }
        let mut left = random.u64(..self.total);
        self.steps
            .iter()
            .position(|step| {
                let hit = left < u64::from(step.weight);
                left = left.saturating_sub(u64::from(step.weight));
                hit
            })
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(path: &'static str, weight: u32) -> Step {
        Step {
            weight,
            ..Step::get(PathAndQuery::from_static(path))
        }
    }

    #[test]
    fn steps_are_drawn_by_their_weights() {
        let script = Script::new(vec![step("/a", 3), step("/b", 0), step("/c", 1)]).unwrap();
        let mut random = fastrand::Rng::with_seed(7);
        let mut drawn = [0_u32; 3];
        for _ in 0..40_000 {
            drawn[script.draw(&mut random)] += 1;
        }
        assert_eq!(drawn[1], 0);
        // Six standard deviations: one false alarm in 10^9, and the seed is fixed.
        assert!(drawn[0].abs_diff(30_000) < 520, "{drawn:?}");
    }

    #[test]
    fn a_script_in_which_nothing_can_be_drawn_is_refused() {
        assert_eq!(Script::new(vec![]), Err(EmptyScript));
        assert_eq!(Script::new(vec![step("/", 0)]), Err(EmptyScript));
    }
}
