//! When running shares have settled.

use std::time::Duration;

use crate::Share;

/// Checkpoints in each doubling of the number of connections.
const PER_OCTAVE: u64 = 64;
/// With many real servers there are fewer: so many counts are kept in each octave at most.
const COUNTS_PER_OCTAVE: u64 = 1 << 20;
const FEWEST_PER_OCTAVE: u64 = 8;

/// Connections of each real server at growing distances.
#[derive(Debug)]
pub(super) struct Checkpoints {
    per_octave: u64,
    next: u64,
    marks: Vec<Mark>,
    /// Of each mark, by server.
    counts: Vec<u32>,
    servers: usize,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    connections: u64,
    at: Duration,
}

/// When running shares settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) connections: u64,
    pub(super) at: Duration,
}

impl Checkpoints {
    pub(super) fn new(servers: usize) -> Self {
        let affordable = COUNTS_PER_OCTAVE / servers.max(1) as u64;
        Self {
            per_octave: affordable.clamp(FEWEST_PER_OCTAVE, PER_OCTAVE),
            next: 1,
            marks: Vec::new(),
            counts: Vec::new(),
            servers,
        }
    }

    /// Whether counts are wanted after so many connections.
    pub(super) const fn is_due(&self, connections: u64) -> bool {
        connections >= self.next
    }

    pub(super) fn record(&mut self, connections: u64, at: Duration, counts: &[u32]) {
        self.marks.push(Mark { connections, at });
        self.counts.extend_from_slice(counts);
        let octave = 1 << connections.max(1).ilog2();
        self.next = connections + (octave / self.per_octave).max(1);
    }

    /// The first checkpoint from which on every running share is within the tolerance of the last
    /// ones; `None` if there is none, or the last are no shares.
    pub(super) fn settled(&self, tolerance: Share) -> Option<Settled> {
        let counts: Vec<_> = self.counts.chunks_exact(self.servers).collect();
        let last = shares(counts.last()?)?;
        let has_settled = |counts: &[u32]| {
            let Some(scheduled) = scheduled(counts) else {
                return false;
            };
            let far = |(&count, last): (&u32, &f64)| {
                (f64::from(count) / scheduled - last).abs() > tolerance.get()
            };
            !counts.iter().zip(&last).any(far)
        };
        let unsettled = counts.iter().rposition(|counts| !has_settled(counts));
        let mark = self.marks.get(unsettled.map_or(0, |before| before + 1))?;
        Some(Settled {
            connections: mark.connections,
            at: mark.at,
        })
    }
}

fn scheduled(counts: &[u32]) -> Option<f64> {
    let scheduled: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    (scheduled > 0).then_some(scheduled as f64)
}

fn shares(counts: &[u32]) -> Option<Vec<f64>> {
    let scheduled = scheduled(counts)?;
    let share = |&count: &u32| f64::from(count) / scheduled;
    Some(counts.iter().map(share).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two servers that get all connections in turns, `lead` of them to the first before that.
    fn after(lead: u32, connections: u32, servers: usize) -> Checkpoints {
        let mut checkpoints = Checkpoints::new(servers);
        for n in 1..=connections {
            if checkpoints.is_due(n.into()) {
                let second = n.saturating_sub(lead) / 2;
                let mut counts = vec![0; servers];
                counts[..2].copy_from_slice(&[n - second, second]);
                let at = Duration::from_millis(n.into());
                checkpoints.record(n.into(), at, &counts);
            }
        }
        checkpoints
    }

    #[test]
    fn shares_settle_when_the_lead_has_worn_off() {
        // After n connections the first server leads by 50 / n of a share; 2 % after 2,450 or so.
        let settled = after(100, 100_000, 2)
            .settled(Share::clamped(0.02))
            .unwrap();
        assert!((2_300..2_500).contains(&settled.connections), "{settled:?}");
        assert_eq!(u128::from(settled.connections), settled.at.as_millis());
    }

    #[test]
    fn there_are_as_many_checkpoints_as_promised() {
        let of = |servers| after(0, 1 << 20, servers).marks.len();
        assert!((14 * 64..16 * 64).contains(&of(2)), "{}", of(2));
        assert!((16 * 16..18 * 16).contains(&of(65_536)), "{}", of(65_536));
    }

    #[test]
    fn nothing_does_not_settle() {
        assert_eq!(Checkpoints::new(2).settled(Share::ZERO), None);
        let mut refused = Checkpoints::new(2);
        refused.record(1, Duration::ZERO, &[0, 0]);
        assert_eq!(refused.settled(Share::ZERO), None);
    }
}
