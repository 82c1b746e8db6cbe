//! rr: one after the other.

use super::{Candidate, Model};

/// `net/netfilter/ipvs/ip_vs_rr.c`, Linux 6.1: go on from the server picked last, skip weight 0.
#[derive(Debug, Default)]
pub(super) struct RoundRobin {
    /// Where the walk goes on.
    next: usize,
}

impl RoundRobin {
    /// At the head of the list (`ip_vs_rr_init_svc`); adding a server moves nothing.
    pub(super) fn new() -> Self {
        Self::default()
    }
}

impl Model for RoundRobin {
    fn pick(&mut self, list: &[Candidate]) -> Option<usize> {
        let from_here = (self.next..list.len()).chain(0..self.next.min(list.len()));
        let picked = from_here
            .into_iter()
            .find(|&position| list[position].eligible())?;
        self.next = picked + 1;
        Some(picked)
    }
}

#[cfg(test)]
mod tests {
    use super::super::idle_list;
    use super::*;

    #[test]
    fn the_server_added_last_is_picked_first_and_weight_0_never() {
        let list = idle_list(&[1, 0, 9]);
        let mut model = RoundRobin::new();
        let picks: Vec<_> = (0..5).map(|_| model.pick(&list)).collect();
        assert_eq!(picks, [Some(0), Some(2), Some(0), Some(2), Some(0)]);
    }

    #[test]
    fn no_eligible_server_refuses() {
        assert_eq!(RoundRobin::new().pick(&idle_list(&[0, 0])), None);
        assert_eq!(RoundRobin::new().pick(&[]), None);
    }
}
