//! Where one thread counts what became of its requests.

use std::time::{Duration, Instant};

use crate::http::Answer;
use crate::measure::{FirstResponse, Interval, Intervals, Report, Spans, Timing};
use crate::{ErrorClass, Pacing, Plan, Progress, TlsParameters};

pub(crate) struct Recorder<'a> {
    plan: &'a Plan,
    progress: &'a Progress,
    pub(crate) report: Report,
    /// Requests of a closed loop over a kept connection: that is their latency and the time of the
    /// processing, and there was no connect. They are counted once, and added at the end.
    kept: Timing,
    measured_from: Instant,
    /// Which of those is this that `progress` hears of.
    number: usize,
    /// Completed requests that `progress` does not know yet.
    unreported: u64,
    is_open: bool,
    intervals: Option<Intervals>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(plan: &'a Plan, progress: &'a Progress, measured_from: Instant) -> Self {
        Self {
            plan,
            progress,
            report: Report::default(),
            kept: Timing::default(),
            measured_from,
            number: progress.enter(),
            unreported: 0,
            is_open: matches!(plan.pacing, Pacing::Open { .. }),
            intervals: plan.interval.map(Intervals::new),
        }
    }

    /// Counts a complete response; whether it was the expected one.
    pub(crate) fn answered(
        &mut self,
        spans: &Spans,
        answer: &mut Answer,
        of_connection: &OfConnection<'_>,
        warm_up: bool,
    ) -> Result<(), ErrorClass> {
        let first = self.progress.first_or(|| FirstResponse {
            status: answer.status,
            server: answer.server.take(),
            body_bytes: answer.body_bytes,
            tls: of_connection.tls.cloned(),
        });
        let wrong = self
            .plan
            .expect
            .judge(answer.status, answer.body_bytes, first.body_bytes)
            .or_else(|| {
                let fits = answer
                    .check
                    .take()
                    .is_none_or(crate::expect::BodyCheck::fits);
                (!fits).then_some(ErrorClass::WrongBody)
            });
        answer.wants_server = false;
        if !warm_up {
            self.count_answer(answer, of_connection, wrong.is_none().then_some(spans));
        }
        if let Some(class) = wrong {
            return Err(class);
        }
        self.completed(spans, answer.value(), warm_up);
        Ok(())
    }

    fn count_answer(
        &mut self,
        answer: &Answer,
        of_connection: &OfConnection<'_>,
        completed: Option<&Spans>,
    ) {
        self.report.body_bytes += answer.body_bytes;
        self.report.non_2xx += u64::from(!(200..300).contains(&answer.status));
        self.report.kept_alive += u64::from(of_connection.reusable);
        if self.plan.by_header.is_none() {
            return;
        }
        let tally = self.report.tally_of(answer.value());
        tally.requests += 1;
        tally.connections += u64::from(of_connection.is_first);
        tally.failed += u64::from(completed.is_none());
        if let (Some(timing), Some(spans)) = (&mut tally.latency, completed) {
            timing.record(spans.latency());
        }
    }

    fn completed(&mut self, spans: &Spans, value: Option<&[u8]>, warm_up: bool) {
        let report = &mut self.report;
        if warm_up {
            report.warm_up.completed += 1;
            return;
        }
        self.unreported += 1;
        report.completed += 1;
        let latency = spans.latency();
        report.wait.record(spans.wait());
        if self.is_open || spans.connected != spans.started {
            self.phases(spans, latency);
        } else {
            self.kept.record(latency);
        }
        if self.plan.samples {
            self.report.samples.push(spans.sample(self.measured_from));
        }
        if let Some(interval) = self.interval_at(spans.ended) {
            interval.record(latency, value);
        }
    }

    fn phases(&mut self, spans: &Spans, latency: Duration) {
        let report = &mut self.report;
        let sample = spans.sample(self.measured_from);
        report.latency.record(latency);
        report.connect.record(sample.connect);
        report.processing.record(sample.processing());
        if self.is_open {
            report.open_service.record(sample.total);
            let lag = spans.started.saturating_duration_since(spans.intended);
            report.lag.record(lag);
        }
    }

    pub(crate) fn failed(&mut self, class: ErrorClass, now: Instant, warm_up: bool) {
        if warm_up {
            self.report.warm_up.failed += 1;
            return;
        }
        self.report.count_failed(class);
        if let Some(interval) = self.interval_at(now) {
            interval.failed += 1;
        }
        self.progress.add_failed();
    }

    /// Whether as many requests have failed as the plan bears, in all threads.
    pub(crate) fn gives_up(&self) -> bool {
        let limit = self.plan.give_up_after;
        limit.is_some_and(|limit| self.progress.failed() >= limit)
    }

    /// The interval in which `now` is. An earlier one is handed over.
    fn interval_at(&mut self, now: Instant) -> Option<&mut Interval> {
        let since = now.saturating_duration_since(self.measured_from);
        Some(self.intervals.as_mut()?.at(since, self.progress))
    }

    /// Brings the progress up to date.
    pub(crate) fn tell(&mut self) {
        self.progress
            .add_completed(std::mem::take(&mut self.unreported));
        if self.intervals.is_some() {
            // An interval without requests is over too.
            self.interval_at(Instant::now());
        }
        self.progress.publish(self.number, || {
            let mut live = self.report.live();
            live.latency.add(&self.kept);
            live
        });
    }

    /// The report, with the last interval handed over and all latencies in their places.
    pub(crate) fn finish(mut self) -> Report {
        self.tell();
        if let Some(intervals) = &self.intervals {
            intervals.hand_over(self.progress);
        }
        self.report.first = self.progress.first().cloned();
        self.report.latency.add(&self.kept);
        self.report.processing.add(&self.kept);
        self.report
            .connect
            .record_n(Duration::ZERO, self.kept.len());
        self.report
    }
}

/// What a response's connection adds to it.
pub(crate) struct OfConnection<'a> {
    /// Whether the response is the first on it.
    pub(crate) is_first: bool,
    /// Whether it can carry another request.
    pub(crate) reusable: bool,
    pub(crate) tls: Option<&'a TlsParameters>,
}
