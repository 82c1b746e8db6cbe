//! Seeded chance: one sequence for each connection.

use fastrand::Rng;

/// A sequence of random numbers that belongs to one connection.
///
/// It depends on the seed, the server's name and the connection's number alone: the k-th request of
/// the n-th connection meets the same fate in every run, in whatever order connections are served.
#[derive(Clone, Debug)]
pub struct Chance(Rng);

impl Chance {
    /// The sequence of a server's `connection`, counted from 0 in the order of accepting.
    pub fn new(seed: u64, server: &str, connection: u64) -> Self {
        let named = server
            .bytes()
            .fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)));
        Self(Rng::with_seed(mix(named ^ mix(connection))))
    }

    /// The next number, uniform from 0 to below 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.0.f64()
    }

    /// Whether something of this probability happens now. What is certain or impossible leaves the
    /// sequence as it is.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        probability >= 1.0 || (probability > 0.0 && self.unit() < probability)
    }
}

/// `SplitMix64`'s step: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
