//! What the workers of one thread share, and nobody else.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use super::recorder::{OfConnection, Recorder};
use super::schedule::Schedule;
use super::{Alarm, Part, Slot};
use crate::cause::Cause;
use crate::http::{Answer, Connection, Prepared, Reader};
use crate::measure::{Report, Spans};
use crate::net::{Dialer, Reactor};
use crate::{ErrorClass, Plan, Progress, StopReason};

/// The longest that a deadline is overrun, and that the progress is behind.
const LONGEST_TICK: Duration = Duration::from_millis(100);

pub(crate) struct Load<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) schedule: Schedule<'a>,
    pub(crate) reader: Reader,
    dialer: Dialer<'a>,
    /// For the lean path.
    reactor: Option<Reactor>,
    recorder: RefCell<Recorder<'a>>,
    prepared: Vec<Prepared>,
    random: RefCell<fastrand::Rng>,
    began: SystemTime,
}

impl<'a> Load<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        part: Part,
        progress: &'a Progress,
        alarm: Option<&'a Alarm>,
    ) -> Self {
        let schedule = Schedule::new(plan, part, alarm, Instant::now());
        let measured_from = schedule.measured_from();
        let seed = plan.seed.wrapping_add(u64::from(part.index));
        Self {
            plan,
            schedule,
            reader: Reader::new(),
            dialer: Dialer::new(plan, part),
            reactor: (!plan.is_general()).then(Reactor::new),
            recorder: RefCell::new(Recorder::new(plan, progress, measured_from)),
            prepared: plan
                .script
                .steps()
                .iter()
                .map(|step| Prepared::new(plan, step))
                .collect(),
            random: RefCell::new(fastrand::Rng::with_seed(seed)),
            began: SystemTime::now() + plan.warm_up,
        }
    }

    /// What the sockets of the lean path are watched by.
    pub(crate) fn reactor(&self) -> Option<&Reactor> {
        self.reactor.as_ref()
    }

    /// The next request to send.
    pub(crate) fn draw(&self) -> &Prepared {
        &self.prepared[self.plan.script.draw(&mut self.random.borrow_mut())]
    }

    pub(crate) async fn connect(&self, slot: &Rc<Slot>) -> Result<Connection, Cause> {
        self.report().connections_attempted += 1;
        let connection = if let Some(reactor) = &self.reactor {
            let stream = self.dialer.connect_lean(reactor, &slot.readiness).await?;
            Connection::lean(stream)
        } else {
            let stream = Box::pin(self.dialer.connect()).await?;
            Box::pin(Connection::general(stream, self.plan, slot)).await?
        };
        self.report().connections_opened += 1;
        Ok(connection)
    }

    /// Counts a complete response.
    pub(crate) fn answered(
        &self,
        spans: &Spans,
        answer: &mut Answer,
        of_connection: &OfConnection<'_>,
        warm_up: bool,
    ) {
        let outcome = self
            .recorder
            .borrow_mut()
            .answered(spans, answer, of_connection, warm_up);
        if let Err(class) = outcome {
            self.failed(class, warm_up);
        }
    }

    pub(crate) fn failed(&self, class: ErrorClass, warm_up: bool) {
        let mut recorder = self.recorder.borrow_mut();
        recorder.failed(class, Instant::now(), warm_up);
        if recorder.gives_up() {
            self.schedule.stop(StopReason::GaveUp);
        }
    }

    /// The live report. Never to be held over an `await`.
    pub(crate) fn report(&self) -> RefMut<'_, Report> {
        RefMut::map(self.recorder.borrow_mut(), |recorder| &mut recorder.report)
    }

    /// Looks at all deadlines and at what other threads have failed, and brings the progress up to
    /// date, again and again. This is the only timer of a thread besides the alarm.
    pub(crate) async fn tick(&self, slots: &[Rc<Slot>]) {
        let mut ticks = tokio::time::interval(tick(self.plan));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = Instant::now();
            for slot in slots {
                slot.check(now, self.plan.idle_timeout);
            }
            self.recorder.borrow_mut().tell();
            if self.recorder.borrow().gives_up() {
                self.schedule.stop(StopReason::GaveUp);
            }
        }
    }

    /// The counts, with what only the end can tell.
    pub(crate) fn into_report(self, slots: &[Rc<Slot>]) -> Report {
        let mut report = self.recorder.into_inner().finish();
        report.began = Some(self.began);
        report.elapsed = self.schedule.measured_from().elapsed();
        report.bytes_in = slots.iter().map(|slot| slot.received()).sum();
        report.bytes_out = slots.iter().map(|slot| slot.sent()).sum();
        let done = report.completed + report.failed;
        report.unfinished = self.schedule.started().saturating_sub(done);
        let all_done = self.schedule.left() == 0 && report.unfinished == 0;
        report.stopped_early = self.schedule.why_ended().filter(|_| !all_done);
        report
    }
}

/// How often deadlines are looked at: a tenth of the shortest of them, within 1 and 100 ms.
pub(crate) fn tick(plan: &Plan) -> Duration {
    let timeouts = [Some(plan.timeout), plan.connect_timeout, plan.idle_timeout];
    let shortest = timeouts.into_iter().flatten().min().unwrap_or_default();
    (shortest / 10).clamp(Duration::from_millis(1), LONGEST_TICK)
}
