//! Which datagrams are under way. No sockets and no clock: time is an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Report;
use super::payload::Echo;

/// The datagrams sent within the timeout, by number, and what became of all of them.
#[derive(Debug)]
pub(super) struct Ledger {
    timeout: Duration,
    /// The number of the first in `sent`.
    base: u64,
    sent: VecDeque<Sent>,
    pub(super) report: Report,
}

#[derive(Debug)]
struct Sent {
    due: Instant,
    at: Instant,
    flow: u32,
    echoed: bool,
}

/// What an echo was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The first echo of a datagram under way, and its latency.
    Received(Duration),
    /// Anything else.
    Surplus,
}

impl Ledger {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            base: 0,
            sent: VecDeque::new(),
            report: Report::default(),
        }
    }

    /// The number of the next datagram.
    pub(super) fn next(&self) -> u64 {
        self.base + self.sent.len() as u64
    }

    /// The next datagram was sent, and had been due at `due`.
    pub(super) fn sent(&mut self, flow: u32, due: Instant, at: Instant) {
        self.settle(at);
        self.report.sent += 1;
        self.sent.push_back(Sent {
            due,
            at,
            flow,
            echoed: false,
        });
    }

    /// An echo came to a flow in which `highest` is the highest number echoed so far.
    pub(super) fn echoed(
        &mut self,
        flow: u32,
        highest: &mut Option<u64>,
        echo: &Echo<'_>,
        at: Instant,
    ) -> Seen {
        let number = echo.datagram.number;
        if number < self.base {
            self.report.late += 1;
            return Seen::Surplus;
        }
        let place = usize::try_from(number - self.base).ok();
        let sent = place.and_then(|place| self.sent.get_mut(place));
        let Some(sent) = sent.filter(|sent| sent.flow == flow) else {
            self.report.stray += 1;
            return Seen::Surplus;
        };
        if sent.echoed {
            self.report.duplicated += 1;
            return Seen::Surplus;
        }
        if at.saturating_duration_since(sent.at) > self.timeout {
            self.report.late += 1;
            return Seen::Surplus;
        }
        sent.echoed = true;
        let latency = at.saturating_duration_since(sent.due);
        self.report.count_received(echo.server, latency);
        self.report.reordered += u64::from(highest.is_some_and(|highest| number < highest));
        *highest = (*highest).max(Some(number));
        Seen::Received(latency)
    }

    /// Forgets what was sent longer ago than the timeout: what is not echoed is lost.
    fn settle(&mut self, now: Instant) {
        while let Some(first) = self.sent.front()
            && now.saturating_duration_since(first.at) > self.timeout
        {
            self.report.lost += u64::from(!first.echoed);
            self.sent.pop_front();
            self.base += 1;
        }
    }

    /// Whether every datagram is echoed or lost.
    pub(super) fn is_settled(&mut self, now: Instant) -> bool {
        self.settle(now);
        self.sent.iter().all(|sent| sent.echoed)
    }

    /// What became of all; what is still under way is lost.
    pub(super) fn finish(mut self) -> Report {
        let missing = self.sent.iter().filter(|sent| !sent.echoed).count();
        self.report.lost += missing as u64;
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::super::payload::Datagram;
    use super::*;

    struct Flow {
        ledger: Ledger,
        began: Instant,
        highest: Option<u64>,
    }

    impl Flow {
        fn new() -> Self {
            Self {
                ledger: Ledger::new(Duration::from_millis(100)),
                began: Instant::now(),
                highest: None,
            }
        }

        fn at(&self, milliseconds: u64) -> Instant {
            self.began + Duration::from_millis(milliseconds)
        }

        fn send(&mut self, at: u64) {
            let at = self.at(at);
            self.ledger.sent(0, at, at);
        }

        fn echo(&mut self, number: u64, at: u64) -> Seen {
            let at = self.at(at);
            let datagram = Datagram { number, sent: 0 };
            let server = Some("rs1");
            self.ledger
                .echoed(0, &mut self.highest, &Echo { datagram, server }, at)
        }
    }

    fn milliseconds(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn each_echo_is_what_it_is() {
        let mut flow = Flow::new();
        for at in 0..5 {
            flow.send(at);
        }
        assert_eq!(flow.echo(1, 10), Seen::Received(milliseconds(9)));
        assert_eq!(flow.echo(0, 11), Seen::Received(milliseconds(11)));
        assert_eq!(flow.echo(0, 12), Seen::Surplus);
        assert_eq!(flow.echo(2, 103), Seen::Surplus);
        assert_eq!(flow.echo(99, 104), Seen::Surplus);
        flow.send(200);
        assert_eq!(flow.echo(3, 201), Seen::Surplus);
        let report = flow.ledger.finish();
        assert_eq!((report.sent, report.received, report.lost), (6, 2, 4));
        assert_eq!((report.duplicated, report.reordered), (1, 1));
        assert_eq!((report.late, report.stray), (2, 1));
        assert_eq!(report.by_server["rs1"].received, 2);
        assert_eq!(report.latency.max(), Some(Duration::from_millis(11)));
    }

    #[test]
    fn memory_does_not_grow_with_the_number_of_datagrams() {
        let mut flow = Flow::new();
        for at in 0..100_000 {
            flow.send(at);
            assert_eq!(flow.echo(at, at), Seen::Received(Duration::ZERO));
            assert!(flow.ledger.sent.len() <= 102);
        }
        assert_eq!(flow.ledger.finish().lost, 0);
    }
}
