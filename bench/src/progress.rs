//! What is told on stderr while it runs.

use std::time::Instant;

use crate::cell::Cell;

/// Counts cells, each of which gets a line.
pub(crate) struct Progress {
    began: Instant,
    done: usize,
    all: usize,
}

impl Progress {
    pub(crate) fn new(all: usize) -> Self {
        Self {
            began: Instant::now(),
            done: 0,
            all,
        }
    }

    /// Tells what the clients took in a cell.
    pub(crate) fn cell(&mut self, cell: Cell, figures: &[String]) {
        self.done += 1;
        let gone = self.began.elapsed().as_secs();
        let left = gone * (self.all - self.done) as u64 / self.done as u64;
        eprintln!(
            "[{}/{}, {} left] {}, {}, {}: {}",
            self.done,
            self.all,
            clock(left),
            cell.server,
            cell.mode.text(),
            cell.connections,
            figures.join(", ")
        );
    }
}

fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn seconds_have_two_digits() {
        assert_eq!(super::clock(65), "1:05");
    }
}
