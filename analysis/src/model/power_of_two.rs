//! twos: the better of two random servers.

use director_setup::Weight;
use fastrand::Rng;

use super::{Arrival, Candidate, KernelVersion, ListChange, Model, Overhead, RealServers, Slot};

/// `net/netfilter/ipvs/ip_vs_twos.c`, Linux 5.13 to 7.2: two draws by weight, and the one with less
/// overhead for its weight of the two; the first draw on a tie.
///
/// A draw is a number from 0 up to *and including* the sum of the weights, so the first server of
/// the kernel's list gets one chance more than its weight. Loads are compared in 32 bits and
/// overflow as they do there; sums of weights beyond 2^31, which overflow there too, do not here.
#[derive(Debug)]
pub(super) struct PowerOfTwo {
    overhead: Overhead,
    random: Rng,
    /// The eligible servers in the kernel's order, each with the sum of the weights up to it.
    up_to: Vec<(u64, Slot)>,
    /// By slot, whether it stands there.
    eligible: Vec<bool>,
    stale: bool,
}

impl PowerOfTwo {
    pub(super) fn new(overhead: Overhead, seed: u64) -> Self {
        Self {
            overhead,
            random: Rng::with_seed(seed),
            up_to: Vec::new(),
            eligible: Vec::new(),
            stale: false,
        }
    }

    fn renew(&mut self, servers: &RealServers) {
        let list = servers.list().iter();
        self.eligible = list.map(Candidate::is_eligible).collect();
        let eligible = servers.kernel_order().filter(|(_, one)| one.is_eligible());
        let mut sum = 0;
        self.up_to = eligible
            .map(|(slot, server)| {
                sum += u64::from(server.weight.get());
                (sum, slot)
            })
            .collect();
    }

    fn draw(&mut self, sum: u64) -> Slot {
        let number = self.random.u64(0..=sum);
        let place = self.up_to.partition_point(|&(up_to, _)| up_to < number);
        self.up_to[place].1
    }
}

/// `overhead` and `weight` as the kernel's `int`s.
fn kernel_load(overhead: Overhead, server: &Candidate) -> (i32, i32) {
    let int = |value: u64| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the kernel's arithmetic overflows in just this way"
        )]
        let int = value as i32;
        int
    };
    let weight = server.weight.max(Weight::ONE).get();
    (int(overhead.of(server)), int(weight.into()))
}

/// Whether the second draw has less load for its weight than the first, in 32 bits.
fn second_is_better((load, weight): (i32, i32), (other_load, other_weight): (i32, i32)) -> bool {
    other_weight.wrapping_mul(load) > weight.wrapping_mul(other_load)
}

/// The chance of each server, by slot, to be what twos picks next; they sum up to 1, or all are 0
/// if no server is eligible.
pub fn power_of_two_chances(servers: &RealServers, kernel: KernelVersion) -> Vec<f64> {
    let overhead = Overhead::of_kernel(kernel);
    let mut chances = vec![0.0; servers.list().len()];
    let eligible: Vec<_> = servers
        .kernel_order()
        .filter(|(_, server)| server.is_eligible())
        .map(|(slot, server)| {
            (
                slot,
                f64::from(server.weight.get()),
                kernel_load(overhead, server),
            )
        })
        .collect();
    let numbers = eligible.iter().map(|(_, weight, _)| weight).sum::<f64>() + 1.0;
    // The number 0 is one chance more for the first.
    let draw = |place: usize, weight: f64| (weight + f64::from(u8::from(place == 0))) / numbers;
    for (place, &(slot, weight, first)) in eligible.iter().enumerate() {
        for (other_place, &(other_slot, other_weight, second)) in eligible.iter().enumerate() {
            let both = draw(place, weight) * draw(other_place, other_weight);
            let picked = if second_is_better(first, second) {
                other_slot
            } else {
                slot
            };
            chances[picked] += both;
        }
    }
    chances
}

impl Model for PowerOfTwo {
    fn pick(&mut self, servers: &RealServers, _: &Arrival) -> Option<Slot> {
        if std::mem::take(&mut self.stale) {
            self.renew(servers);
        }
        let (sum, _) = *self.up_to.last()?;
        let (first, second) = (self.draw(sum), self.draw(sum));
        let load = |slot| kernel_load(self.overhead, servers.at(slot));
        let is_better = second_is_better(load(first), load(second));
        Some(if is_better { second } else { first })
    }

    fn list_changed(&mut self, _: &RealServers, _: ListChange) {
        self.stale = true;
    }

    fn load_changed(&mut self, servers: &RealServers, slot: Slot) {
        let listed = self.eligible.get(slot).copied();
        self.stale |= listed != Some(servers.at(slot).is_eligible());
    }
}

#[cfg(test)]
mod tests {
    use super::super::Activity::Active;
    use super::super::tests::Bench;
    use super::*;

    #[test]
    fn the_chances_are_those_of_the_draws() {
        let mut bench = Bench::of("twos", &[4, 3, 0, 2]);
        for (server, open) in [(0, 3), (1, 1), (3, 2)] {
            bench.bind(server, Active, open);
        }
        let chances = power_of_two_chances(&bench.servers, KernelVersion::REFERENCE);
        assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let draws = 100_000;
        let mut picked = [0_u32; 4];
        for server in bench.serial(draws) {
            picked[server] += 1;
        }
        for (picked, chance) in picked.into_iter().zip(chances) {
            let share = f64::from(picked) / draws as f64;
            // Five standard deviations: one false alarm in 1.7 million draws of the seed.
            let deviation = (chance * (1.0 - chance) / draws as f64).sqrt();
            assert!(
                (share - chance).abs() <= 5.0 * deviation,
                "{share} {chance}"
            );
        }
    }

    #[test]
    fn nobody_has_a_chance_where_nobody_is_eligible() {
        let bench = Bench::of("twos", &[0, 0]);
        let chances = power_of_two_chances(&bench.servers, KernelVersion::REFERENCE);
        assert_eq!(chances, [0.0, 0.0]);
    }

    /// Seen on Linux 6.12 and 7.2: 120 held connections at weights 4, 3, 2 gave 53, 40, 27.
    #[test]
    fn held_connections_come_close_to_the_weights() {
        let held = Bench::of("twos", &[4, 3, 2]).held(120);
        for (held, expected) in held.iter().zip([53u32, 40, 27]) {
            assert!(held.abs_diff(expected) <= 6, "{held} beside {expected}");
        }
    }

    #[test]
    fn weight_0_is_never_drawn() {
        let mut bench = Bench::of("twos", &[0, 1, 0]);
        assert_eq!(bench.serial(50), [1; 50]);
        assert_eq!(Bench::of("twos", &[0]).pick(), None);
    }
}
