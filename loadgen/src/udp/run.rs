//! Sending datagrams and reading their echoes.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::UdpSocket;

use super::ledger::{Ledger, Seen};
use super::payload::{Datagram, Echo, HEADER, MAX_SIZE};
use super::{Plan, Report};
use crate::cause::Cause;
use crate::engine::{Alarm, Due, GRACE, Part, Phase};
use crate::measure::Intervals;
use crate::{ErrorClass, Pacing, Progress, StopReason};

/// Sends the datagrams of `plan`, on the calling thread, and reports what came of them.
///
/// It ends when every datagram is echoed or lost. After the time limit or the end of `stop` no more
/// are sent, and it ends within [`GRACE`] of the latter. `progress` counts echoed datagrams as completed.
pub async fn run(plan: &Plan, progress: &Progress, stop: impl Future<Output = ()>) -> Report {
    let load = Load {
        plan,
        progress,
        alarm: Alarm::new(),
        ledger: RefCell::new(Ledger::new(plan.timeout)),
        due: RefCell::new(Due::new(plan.pacing, Part::WHOLE, plan.seed)),
        began: Instant::now(),
        left: Cell::new(plan.datagrams),
        intervals: RefCell::new(plan.interval.map(Intervals::new)),
        number: progress.enter(),
        stopped: Cell::new(None),
        ran_out: Cell::new(false),
    };
    let flows = (0..plan.flows).map(|index| load.flow(index));
    let mut flows: FuturesUnordered<_> = flows.collect();
    let all = async { while flows.next().await.is_some() {} };
    tokio::select! {
        () = all => {}
        () = load.alarm.ring() => {}
        () = load.stopped(stop) => {}
    }
    drop(flows);
    if let Some(intervals) = &*load.intervals.borrow() {
        intervals.hand_over(progress);
    }
    let elapsed = load.began.elapsed();
    let all_sent = load.left.get() == 0;
    let mut report = load.ledger.into_inner().finish();
    report.elapsed = elapsed;
    let ran_out = load.ran_out.get().then_some(StopReason::TimeLimit);
    report.stopped_early = load.stopped.get().or(ran_out).filter(|_| !all_sent);
    report
}

struct Load<'a> {
    plan: &'a Plan,
    progress: &'a Progress,
    alarm: Alarm,
    ledger: RefCell<Ledger>,
    due: RefCell<Due>,
    began: Instant,
    left: Cell<u64>,
    intervals: RefCell<Option<Intervals>>,
    /// Which of those is this that `progress` hears of.
    number: usize,
    stopped: Cell<Option<StopReason>>,
    /// A datagram was due too late for the time limit.
    ran_out: Cell<bool>,
}

impl Load<'_> {
    /// Notes why no more is to be sent. From the end of `stop` on echoes are waited for no longer
    /// than [`GRACE`].
    async fn stopped(&self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let time_limit = async {
            match self.ends() {
                Some(end) => tokio::time::sleep_until(end.into()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = &mut stop => self.stopped.set(Some(StopReason::Interrupted)),
            () = time_limit => {
                self.stopped.set(Some(StopReason::TimeLimit));
                stop.await;
            }
        }
        tokio::time::sleep(GRACE).await;
    }

    /// When the time limit is reached.
    fn ends(&self) -> Option<Instant> {
        self.began.checked_add(self.plan.time_limit?)
    }

    async fn flow(&self, index: u32) {
        let socket = match self.socket(index).await {
            Ok(socket) => socket,
            Err(error) => return self.failed(&error, Phase::Connect),
        };
        let mut flow = Flow {
            load: self,
            index,
            socket,
            highest: None,
            datagram: vec![0; self.plan.size.clamp(HEADER, MAX_SIZE)],
            echo: vec![0; MAX_SIZE + 256].into_boxed_slice(),
        };
        while let Some(due) = self.take() {
            flow.exchange(due).await;
        }
        flow.linger().await;
    }

    /// When the next datagram is due; nothing if there is none.
    fn take(&self) -> Option<Instant> {
        let left = self.left.get();
        if left == 0 || self.stopped.get().is_some() {
            return None;
        }
        let due = match self.plan.pacing {
            Pacing::Closed { .. } => Instant::now(),
            Pacing::Open { .. } => self.began.checked_add(self.due.borrow_mut().next())?,
        };
        if self.ends().is_some_and(|end| due >= end) {
            self.ran_out.set(true);
            return None;
        }
        self.left.set(left - 1);
        Some(due)
    }

    async fn socket(&self, index: u32) -> io::Result<UdpSocket> {
        let none = || io::Error::from(io::ErrorKind::AddrNotAvailable);
        let turn = usize::try_from(index).unwrap_or_default();
        let targets = &self.plan.targets;
        let target = *targets.get(turn % targets.len().max(1)).ok_or_else(none)?;
        let any: IpAddr = match target {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let pool = self.plan.source.as_ref();
        let source = pool.and_then(|pool| pool.source(index.into()));
        let socket = UdpSocket::bind(source.unwrap_or(SocketAddr::new(any, 0))).await?;
        socket.connect(target).await?;
        Ok(socket)
    }

    fn received(&self, now: Instant, latency: Duration, server: Option<&str>, report: &Report) {
        self.progress.add_completed(1);
        self.progress.publish(self.number, || report.live());
        if let Some(intervals) = &mut *self.intervals.borrow_mut() {
            let since = now.saturating_duration_since(self.began);
            let interval = intervals.at(since, self.progress);
            interval.record(latency, server.map(str::as_bytes));
        }
    }

    fn failed(&self, error: &io::Error, phase: Phase) {
        let class: ErrorClass = Cause::from(error).class(phase);
        let report = &mut self.ledger.borrow_mut().report;
        report.count_error(class);
        report.unsent += u64::from(phase < Phase::Wait);
        self.progress.add_failed();
    }
}

struct Flow<'a> {
    load: &'a Load<'a>,
    index: u32,
    socket: UdpSocket,
    /// The highest number echoed so far.
    highest: Option<u64>,
    datagram: Vec<u8>,
    echo: Box<[u8]>,
}

impl Flow<'_> {
    /// Sends one datagram when it is due. In a closed loop also waits for its echo, and thinks.
    async fn exchange(&mut self, due: Instant) {
        match self.load.plan.pacing {
            Pacing::Open { .. } => {
                self.receive_until(due, |_| false).await;
                self.send(due).await;
            }
            Pacing::Closed { think } => {
                if let Some(number) = self.send(due).await {
                    let lost = Instant::now() + self.load.plan.timeout;
                    self.receive_until(lost, |received| received == number)
                        .await;
                }
                if !think.is_zero() {
                    let rested = Instant::now() + think;
                    let until = self.load.ends().map_or(rested, |end| end.min(rested));
                    self.receive_until(until, |_| false).await;
                }
            }
        }
    }

    /// Sends the next datagram; its number, if that went well.
    async fn send(&mut self, due: Instant) -> Option<u64> {
        if self.load.stopped.get().is_some() {
            self.load.left.set(self.load.left.get() + 1);
            return None;
        }
        loop {
            let tried = match self.socket.writable().await {
                Ok(()) => self.try_send(due),
                Err(error) => Err(error),
            };
            match tried {
                Ok(number) => return Some(number),
                // Only trying tells that the buffer is full again.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    self.load.failed(&error, Phase::Send);
                    return None;
                }
            }
        }
    }

    /// Sends the next datagram, if the socket takes it now; its number.
    fn try_send(&mut self, due: Instant) -> io::Result<u64> {
        let mut ledger = self.load.ledger.borrow_mut();
        let (number, now) = (ledger.next(), Instant::now());
        let since = now.saturating_duration_since(self.load.began);
        let sent = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        Datagram { number, sent }.write(&mut self.datagram);
        self.socket.try_send(&self.datagram)?;
        ledger.sent(self.index, due, now);
        ledger.report.sending = since;
        if matches!(self.load.plan.pacing, Pacing::Open { .. }) {
            let lag = now.saturating_duration_since(due);
            ledger.report.lag.record(lag);
        }
        Ok(number)
    }

    /// Reads echoes until then, or until the one that is waited for.
    async fn receive_until(&mut self, until: Instant, is_awaited: impl Fn(u64) -> bool) {
        let load = self.load;
        let mut alarm = pin!(load.alarm.until(until));
        loop {
            tokio::select! {
                biased;
                number = self.receive() => {
                    if number.is_some_and(&is_awaited) {
                        return;
                    }
                }
                () = &mut alarm => return,
            }
        }
    }

    /// Reads one datagram; its number, if it is the first echo of one under way.
    async fn receive(&mut self) -> Option<u64> {
        let length = match self.socket.recv(&mut self.echo).await {
            Ok(length) => length,
            // Nobody listens: an answer to an earlier datagram.
            Err(error) => {
                self.load.failed(&error, Phase::Wait);
                return None;
            }
        };
        let now = Instant::now();
        let mut ledger = self.load.ledger.borrow_mut();
        let Ok(echo) = Echo::read(&self.echo[..length], self.datagram.len()) else {
            ledger.report.stray += 1;
            return None;
        };
        match ledger.echoed(self.index, &mut self.highest, &echo, now) {
            Seen::Received(latency) => {
                self.load
                    .received(now, latency, echo.server, &ledger.report);
                Some(echo.datagram.number)
            }
            Seen::Surplus => None,
        }
    }

    /// Reads the echoes of what is still under way, in any flow.
    async fn linger(&mut self) {
        let end = Instant::now() + self.load.plan.timeout;
        while Instant::now() < end {
            if self.load.ledger.borrow_mut().is_settled(Instant::now()) {
                return;
            }
            let glance = end.min(Instant::now() + Duration::from_millis(10));
            self.receive_until(glance, |_| true).await;
        }
    }
}
