//! A set of slots that knows its next lower member in a few steps.

const BITS: usize = u64::BITS as usize;

/// A set of small numbers: a bit for each, and over 64 of them a bit that says whether any is set,
/// and so on. Every operation takes a step for each of the levels: four for 16 million slots.
#[derive(Debug, Clone, Default)]
pub(in crate::model) struct OrderedSet {
    /// The lowest level first; the highest has one word.
    levels: Vec<Vec<u64>>,
}

impl OrderedSet {
    /// An empty set with room for the numbers below `size`.
    pub(in crate::model) fn with_room(size: usize) -> Self {
        let mut levels = Vec::new();
        let mut words = size.div_ceil(BITS).max(1);
        loop {
            levels.push(vec![0; words]);
            if words == 1 {
                return Self { levels };
            }
            words = words.div_ceil(BITS);
        }
    }

    pub(in crate::model) fn insert(&mut self, mut member: usize) {
        for level in &mut self.levels {
            level[member / BITS] |= 1 << (member % BITS);
            member /= BITS;
        }
    }

    pub(in crate::model) fn remove(&mut self, mut member: usize) {
        for level in &mut self.levels {
            let word = &mut level[member / BITS];
            *word &= !(1 << (member % BITS));
            if *word != 0 {
                return;
            }
            member /= BITS;
        }
    }

    pub(in crate::model) fn set(&mut self, member: usize, is_in: bool) {
        if is_in {
            self.insert(member);
        } else {
            self.remove(member);
        }
    }

    /// The greatest member below `bound`.
    pub(in crate::model) fn below(&self, bound: usize) -> Option<usize> {
        let mut bound = bound.min(self.levels[0].len() * BITS);
        for (height, level) in self.levels.iter().enumerate() {
            let within = bound % BITS;
            if within > 0 {
                let word = level[bound / BITS] & ((1 << within) - 1);
                if let Some(top) = greatest_bit(word) {
                    return Some(self.descend(height, bound / BITS * BITS + top));
                }
            }
            bound /= BITS;
        }
        // `bound` was a multiple of everything: the whole of the highest word lies below it.
        let height = self.levels.len() - 1;
        let top = (bound > 0).then(|| greatest_bit(self.levels[height][0]))?;
        top.map(|top| self.descend(height, top))
    }

    /// The greatest member in the part of the set that a bit stands for.
    fn descend(&self, height: usize, bit: usize) -> usize {
        self.levels[..height].iter().rev().fold(bit, |bit, level| {
            let top = greatest_bit(level[bit]).unwrap_or_default();
            bit * BITS + top
        })
    }
}

fn greatest_bit(word: u64) -> Option<usize> {
    word.checked_ilog2().map(|bit| bit as usize)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_btree_set(
            size in 1usize..70_000,
            steps in prop::collection::vec((any::<u32>(), any::<bool>(), any::<u32>()), 1..200),
        ) {
            let mut ours = OrderedSet::with_room(size);
            let mut theirs = BTreeSet::new();
            for (member, is_in, bound) in steps {
                let member = member as usize % size;
                ours.set(member, is_in);
                if is_in { theirs.insert(member); } else { theirs.remove(&member); }
                for bound in [bound as usize % (size + 70), member, member + 1, size] {
                    let expected = theirs.range(..bound).next_back().copied();
                    prop_assert_eq!(ours.below(bound), expected, "below {}", bound);
                }
            }
        }
    }
}
