//! wrr: exact shares in every full cycle.

use director_setup::Weight;

use super::cycle::greatest_common_divisor;
use super::index::OrderedSet;
use super::{Arrival, ListChange, Model, RealServers, Slot};

/// `net/netfilter/ipvs/ip_vs_wrr.c`, Linux 6.1 to 7.2 (the algorithm of 3.10 and later).
///
/// A cycle has levels: at each the list is walked once and every server is picked whose weight
/// reaches the level. The level falls by the greatest common divisor of the weights, from the
/// largest weight (less the divisor, plus 1) to 1, and starts again.
///
/// The kernel walks its list at every level, whoever reaches it. Here a set holds those who do,
/// so that a pick takes a constant number of steps on average over a cycle.
#[derive(Debug)]
pub(super) struct WeightedRoundRobin {
    /// The server picked last (`cl`); `None` is the head of the list.
    last: Option<Slot>,
    /// The weight that a server needs now (`cw`).
    level: i64,
    /// The first level of a cycle (`mw`).
    top: i64,
    /// From one level to the next (`di`).
    step: i64,
    reaching: Reaching,
}

/// Which servers reach the level.
#[derive(Debug)]
struct Reaching {
    set: OrderedSet,
    /// Slots by falling weight, weight 0 left out.
    heaviest_first: Vec<Slot>,
    /// So many of them reach the level.
    reached: usize,
    /// Whether the list has changed since the set was made.
    stale: bool,
}

impl WeightedRoundRobin {
    /// Without servers. The first server makes the top 1, as its weight is its own divisor, and the
    /// level is lowered to a new top but never raised: so the first cycle of a new service starts
    /// at a low level.
    pub(super) fn new() -> Self {
        Self {
            last: None,
            level: 0,
            top: 0,
            step: 1,
            reaching: Reaching {
                set: OrderedSet::with_room(0),
                heaviest_first: Vec::new(),
                reached: 0,
                stale: false,
            },
        }
    }

    /// The next server of this level after `from` in the kernel's list.
    fn next_of_level(&self, servers: &RealServers, from: Option<Slot>) -> Option<Slot> {
        self.reaching
            .set
            .below(from.unwrap_or(servers.list().len()))
    }

    /// One level down; from the lowest back to the top.
    fn fall(&mut self) -> Fall {
        self.level -= self.step;
        if self.level > 0 {
            return Fall::ToTheNext;
        }
        self.level = self.top;
        self.reaching.start_over();
        Fall::BackToTheTop
    }

    /// The kernel walks its list in vain at such a level; the lowest is never skipped, because
    /// the kernel gives up there.
    fn skip_levels_that_nobody_reaches(&mut self, servers: &RealServers) {
        if self.reaching.set.below(servers.list().len()).is_some() {
            return;
        }
        let ahead = &self.reaching.heaviest_first[self.reaching.reached..];
        let mut eligible = ahead.iter().filter(|&&slot| !servers.at(slot).overloaded);
        let next = eligible.next().map_or(1, |&slot| weight(servers, slot));
        if next < self.level {
            let levels = (self.level - next + self.step - 1) / self.step;
            self.level -= levels * self.step;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fall {
    ToTheNext,
    BackToTheTop,
}

fn weight(servers: &RealServers, slot: Slot) -> i64 {
    servers.at(slot).weight.get().into()
}

impl Reaching {
    fn renew(&mut self, servers: &RealServers, level: i64) {
        let list = servers.list().iter().enumerate();
        let weighty = list.filter(|(_, server)| server.weight.get() > 0);
        self.heaviest_first = weighty.map(|(slot, _)| slot).collect();
        self.heaviest_first
            .sort_by_key(|&slot| std::cmp::Reverse(servers.at(slot).weight));
        self.set = OrderedSet::with_room(servers.list().len());
        self.reached = 0;
        self.stale = false;
        self.lower_to(servers, level);
    }

    fn start_over(&mut self) {
        for &slot in &self.heaviest_first[..self.reached] {
            self.set.remove(slot);
        }
        self.reached = 0;
    }

    fn lower_to(&mut self, servers: &RealServers, level: i64) {
        while let Some(&slot) = self.heaviest_first.get(self.reached) {
            if weight(servers, slot) < level {
                return;
            }
            self.set.set(slot, !servers.at(slot).overloaded);
            self.reached += 1;
        }
    }
}

impl Model for WeightedRoundRobin {
    fn pick(&mut self, servers: &RealServers, _: &Arrival) -> Option<Slot> {
        if self.top == 0 {
            return None;
        }
        if self.reaching.stale {
            self.reaching.renew(servers, self.level);
        }
        let last = self.last;
        let mut from = last;
        let mut stop = None;
        let mut last_pass = false;
        let mut restarted = false;
        loop {
            match self.next_of_level(servers, from) {
                Some(slot) if stop.is_none_or(|stop| slot >= stop) => {
                    self.last = Some(slot);
                    return Some(slot);
                }
                _ if stop.is_some() => {
                    self.last = stop;
                    return None;
                }
                _ => {}
            }
            from = None;
            if self.fall() == Fall::BackToTheTop {
                if last_pass || last.is_none() {
                    self.last = None;
                    self.reaching.lower_to(servers, self.level);
                    return None;
                }
                restarted = true;
            }
            self.skip_levels_that_nobody_reaches(servers);
            self.reaching.lower_to(servers, self.level);
            last_pass = self.level <= self.step;
            if last_pass && restarted {
                stop = last;
            }
        }
    }

    fn list_changed(&mut self, servers: &RealServers, _: ListChange) {
        let weights = || servers.list().iter().map(|server| server.weight);
        let largest = weights().max().map_or(0, Weight::get);
        self.step = i64::from(greatest_common_divisor(weights()).max(1));
        self.top = i64::from(largest) - (self.step - 1);
        if self.level > self.top || self.level == 0 {
            self.level = self.top;
        } else if self.step > 1 {
            self.level = self.level / self.step * self.step + 1;
        }
        self.last = None;
        self.reaching.stale = true;
    }

    fn load_changed(&mut self, servers: &RealServers, slot: Slot) {
        let server = servers.at(slot);
        if !self.reaching.stale && i64::from(server.weight.get()) >= self.level {
            self.reaching.set.set(slot, server.is_eligible());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cycle;
    use super::super::tests::{Bench, weights};
    use director_setup::Scheduler;

    /// Seen on Linux 6.1, 6.12 and 7.2: servers .11, .12, .13 with weights 4, 3, 2 added in this
    /// order give 13,12,11 | 11 | 12,11 | 13,12,11 and so on.
    #[test]
    fn weights_4_3_2_start_with_the_flat_level() {
        let cycle = [2, 1, 0, 0, 1, 0, 2, 1, 0];
        assert_eq!(
            Bench::of("wrr", &[4, 3, 2]).serial(18),
            [cycle, cycle].concat()
        );
    }

    #[test]
    fn weights_4_1_repeat_every_five_connections() {
        let picks = Bench::of("wrr", &[4, 1]).serial(10);
        assert_eq!(picks, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn a_common_divisor_shortens_the_cycle() {
        let picks = |weights| Bench::of("wrr", weights).serial(5);
        assert_eq!(picks(&[400, 100]), picks(&[4, 1]));
    }

    #[test]
    fn no_eligible_server_refuses() {
        for numbers in [&[][..], &[0], &[0, 0]] {
            assert_eq!(Bench::of("wrr", numbers).pick(), None);
        }
    }

    #[test]
    fn huge_weights_are_walked_in_few_steps() {
        let mut bench = Bench::of_weights("wrr", &[i32::MAX as u32, i32::MAX as u32 - 1]);
        let picks = bench.serial(10_000);
        assert_eq!(picks.iter().filter(|&&pick| pick == 0).count(), 5_000);
    }

    proptest! {
        #[test]
        fn every_full_cycle_is_exact_from_any_state(
            numbers in prop::collection::vec(0u16..40, 1..6),
            before in 0usize..300,
        ) {
            prop_assume!(numbers.iter().any(|&number| number > 0));
            let quotas = cycle(&Scheduler::WeightedRoundRobin, &weights(&numbers)).unwrap();
            let length = usize::try_from(quotas.length()).unwrap();
            let picks = Bench::of("wrr", &numbers).serial(before + length);
            for (server, quota) in quotas.quotas().iter().enumerate() {
                let got = picks[before..].iter().filter(|&&pick| pick == server).count();
                prop_assert_eq!(got as u64, *quota);
            }
        }
    }
}
