//! Closed connections, until the director forgets them.

use std::collections::VecDeque;

/// The kernel's clock for timers ticks every 10 ms (`HZ` 100, as in user-mode Linux); an entry
/// expires at the first tick after its time is over.
const TICK: u64 = 10_000_000;
/// Entries that are allocated at a time.
const CHUNK: usize = 1 << 14;

/// A queue whose memory grows, and shrinks, by one chunk at a time: it may hold 100 million
/// entries, which a ring that doubles its size would copy.
#[derive(Debug)]
struct LongQueue<T> {
    chunks: VecDeque<Vec<T>>,
    /// Entries of the first chunk that are gone.
    gone: usize,
}

impl<T: Copy> LongQueue<T> {
    const fn new() -> Self {
        Self {
            chunks: VecDeque::new(),
            gone: 0,
        }
    }

    fn push(&mut self, entry: T) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(entry),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(entry);
                self.chunks.push_back(chunk);
            }
        }
    }

    fn pop(&mut self) -> Option<T> {
        let is_only = self.chunks.len() == 1;
        let first = self.chunks.front_mut()?;
        let entry = first.get(self.gone).copied()?;
        self.gone += 1;
        if self.gone == first.len() {
            self.gone = 0;
            if is_only {
                first.clear();
            } else {
                self.chunks.pop_front();
            }
        }
        Some(entry)
    }
}

/// Entries that all live equally long after they were put in, in the order of their end: the bytes
/// of a `T` for each, and a few for each tick.
#[derive(Debug)]
pub(super) struct Lingering<T> {
    entries: LongQueue<T>,
    /// Ticks at which entries expire, the next first, and how many of them do.
    ends: VecDeque<(u64, u64)>,
    /// In nanoseconds.
    timeout: u64,
}

impl<T: Copy> Lingering<T> {
    /// Entries that live `timeout` nanoseconds.
    pub(super) const fn new(timeout: u64) -> Self {
        Self {
            entries: LongQueue::new(),
            ends: VecDeque::new(),
            timeout,
        }
    }

    /// An entry whose timer starts now. Time does not go back.
    pub(super) fn push(&mut self, now: u64, entry: T) {
        let end = now.saturating_add(self.timeout).div_ceil(TICK);
        match self.ends.back_mut() {
            Some((last, entries)) if *last == end => *entries += 1,
            _ => self.ends.push_back((end, 1)),
        }
        self.entries.push(entry);
    }

    /// An entry whose time is over, with the time, in nanoseconds, at which it was.
    pub(super) fn expire_one(&mut self, now: u64) -> Option<(u64, T)> {
        let (end, entries) = self.ends.front_mut()?;
        let at = end.saturating_mul(TICK);
        if at > now {
            return None;
        }
        *entries -= 1;
        if *entries == 0 {
            self.ends.pop_front();
        }
        Some((at, self.entries.pop()?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_entry_expires_at_the_first_tick_after_its_time() {
        let mut lingering = Lingering::new(TICK);
        lingering.push(1, 'a');
        lingering.push(TICK, 'b');
        assert_eq!(lingering.expire_one(2 * TICK - 1), None);
        assert_eq!(lingering.expire_one(2 * TICK), Some((2 * TICK, 'a')));
        assert_eq!(lingering.expire_one(9 * TICK), Some((2 * TICK, 'b')));
        assert_eq!(lingering.expire_one(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn a_long_queue_is_a_queue(steps in prop::collection::vec(0usize..30_000, 1..12)) {
            let (mut long, mut plain) = (LongQueue::new(), VecDeque::new());
            for (step, amount) in steps.iter().enumerate() {
                for n in 0..*amount {
                    if step % 2 == 0 {
                        long.push(n);
                        plain.push_back(n);
                    } else {
                        prop_assert_eq!(long.pop(), plain.pop_front());
                    }
                }
            }
            while let Some(entry) = plain.pop_front() {
                prop_assert_eq!(long.pop(), Some(entry));
            }
            prop_assert_eq!(long.pop(), None);
        }
    }
}
