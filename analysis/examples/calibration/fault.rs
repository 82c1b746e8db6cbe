//! What may be wrong with a balancer.

use fastrand::Rng;

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// None: a good balancer.
    None,
    /// The greatest and the least weight are exchanged.
    SwappedWeights,
    /// The busiest real server answers nothing.
    DeadServer,
    /// So many of a hundred connections go to the wrong real server.
    Skew(u8),
}

impl Fault {
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::SwappedWeights,
        Self::DeadServer,
        Self::Skew(1),
        Self::Skew(5),
        Self::Skew(20),
    ];

    pub fn name(self) -> String {
        match self {
            Self::None => "good".to_owned(),
            Self::SwappedWeights => "weights swapped".to_owned(),
            Self::DeadServer => "a dead server".to_owned(),
            Self::Skew(percent) => format!("{percent} % skew"),
        }
    }

    /// The weights that the balancer works with.
    pub fn weights(self, configured: &[u16]) -> Vec<u16> {
        let mut weights = configured.to_vec();
        let order = |&place: &usize| configured[place];
        let greatest = (0..weights.len()).max_by_key(order);
        let least = (0..weights.len()).min_by_key(order);
        if let (Self::SwappedWeights, Some(greatest), Some(least)) = (self, greatest, least) {
            weights.swap(greatest, least);
        }
        weights
    }

    /// Where the connections really go: exactly the skew's part of them, taken at random from the
    /// other real servers, goes to the idlest one.
    pub fn mislead(self, picks: &mut [usize], servers: usize, random: &mut Rng) {
        let Self::Skew(percent) = self else {
            return;
        };
        let connections = |server: &usize| picks.iter().filter(|&pick| pick == server).count();
        let Some(wrong) = (0..servers).min_by_key(connections) else {
            return;
        };
        let moved = (picks.len() * usize::from(percent)).div_ceil(100);
        let mut others: Vec<_> = picks.iter_mut().filter(|pick| **pick != wrong).collect();
        random.shuffle(&mut others);
        for pick in others.into_iter().take(moved) {
            *pick = wrong;
        }
    }
}
