//! ab's lines of progress.

/// When ab says how many requests are completed: at every tenth of them, but not more often than
/// every hundred, and not at all for up to 150 requests or with `-q`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    every: u64,
    said: u64,
}

impl Heartbeat {
    /// Nothing if there are no lines, so that the report's first line ends with `..done` instead.
    pub fn new(requests: u64, quiet: bool) -> Option<Self> {
        (requests > 150 && !quiet).then(|| Self {
            every: (requests / 10).max(100),
            said: 0,
        })
    }

    /// The lines that are due when so many requests are completed; each is given once. As they are
    /// given by counts, it does no harm to ask late.
    pub fn lines(&mut self, completed: u64) -> String {
        let mut lines = Vec::new();
        while self.said + self.every <= completed {
            self.said += self.every;
            lines.push(format!("Completed {} requests\n", self.said));
        }
        lines.concat()
    }

    /// The last line.
    pub fn finished(self, completed: u64) -> String {
        format!("Finished {completed} requests\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_requests_or_quiet_ones_have_no_lines() {
        assert_eq!(Heartbeat::new(150, false), None);
        assert_eq!(Heartbeat::new(50_000, true), None);
    }

    #[test]
    fn every_tenth_is_said_once_however_late() {
        let mut heartbeat = Heartbeat::new(5000, false).unwrap();
        assert_eq!(heartbeat.lines(499), "");
        assert_eq!(
            heartbeat.lines(1200),
            "Completed 500 requests\nCompleted 1000 requests\n"
        );
        assert_eq!(heartbeat.lines(1200), "");
        assert_eq!(heartbeat.lines(1500), "Completed 1500 requests\n");
        assert_eq!(heartbeat.finished(1600), "Finished 1600 requests\n");
    }

    #[test]
    fn it_is_not_said_more_often_than_every_hundred() {
        let mut heartbeat = Heartbeat::new(160, false).unwrap();
        assert_eq!(heartbeat.lines(160), "Completed 100 requests\n");
    }
}
