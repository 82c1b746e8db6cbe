//! Running a plan to its end.

use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::unconstrained;
use tokio::time::{sleep_until, timeout};

use super::crew::Crew;
use super::load::Load;
use super::schedule::Schedule;
use super::worker::work;
use super::{Alarm, Slot, alarm};
use crate::{Plan, Progress, Report, StopReason};

/// How long requests under way may take to finish once a load is stopped. What is not finished
/// then is dropped and reported as unfinished.
pub const GRACE: Duration = Duration::from_secs(1);

/// One thread's part of a load. The parts share nothing while they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which of them, from 0.
    pub index: u32,
    /// How many there are, at least 1.
    pub of: u32,
}

impl Part {
    /// All of the load.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// This part of `whole`; the parts add up to it. No limit is none for each.
    pub(crate) fn share(self, whole: u64) -> u64 {
        if whole == u64::MAX {
            return whole;
        }
        let (index, of) = (u64::from(self.index), u64::from(self.of));
        whole / of + u64::from(index < whole % of)
    }
}

/// Sends the load of `plan` and reports what came of it.
///
/// It ends when every request is done; or within [`GRACE`] of the time limit, of the last failure
/// that the plan bears, or of the end of `stop` (pass [`std::future::pending`] for never).
///
/// The future wants a tokio runtime with I/O and time, and opens all sockets on the thread that
/// polls it. It is not `Send`: `block_on` it on a current-thread runtime.
pub async fn run(plan: &Plan, progress: &Progress, stop: impl Future<Output = ()>) -> Report {
    run_part(plan, Part::WHOLE, progress, stop).await
}

/// Sends one part of the load of `plan`, as [`run`] does. The parts are to run at the same time,
/// with the same `progress`; their reports add up.
pub async fn run_part(
    plan: &Plan,
    part: Part,
    progress: &Progress,
    stop: impl Future<Output = ()>,
) -> Report {
    let alarm = Schedule::needs_alarm(plan).then(Alarm::new);
    let load = Load::new(plan, part, progress, alarm.as_ref());
    let concurrency = part.share(plan.concurrency.into());
    let now = Instant::now();
    let slots: Vec<_> = (0..usize::try_from(concurrency).unwrap_or(usize::MAX))
        .map(|worker| Rc::new(Slot::new(worker, now).listening(plan.log.is_some())))
        .collect();
    let mut crew = Crew::new(&slots, |slot| work(&load, slot));
    {
        let all_done = poll_fn(|cx| crew.poll(cx, load.reactor()));
        let mut done = pin!(unconstrained(all_done));
        tokio::select! {
            biased;
            () = &mut done => {}
            () = alarm::ring(alarm.as_ref()) => {}
            () = load.tick(&slots) => {}
            () = stopped(&load, stop) => {
                // The workers still need their clock.
                tokio::select! {
                    biased;
                    _ = timeout(GRACE, done) => {}
                    () = load.tick(&slots) => {}
                }
            }
        }
    }
    drop(crew);
    load.into_report(&slots)
}

/// Sends the load of `plan` from so many threads, and reports what came of all of them. It blocks
/// until the end; `stop` is awaited on a thread of its own runtime.
///
/// There are no more threads than the plan has concurrency.
pub fn run_threads(
    plan: &Plan,
    threads: u32,
    progress: &Progress,
    stop: impl Future<Output = ()>,
) -> io::Result<Report> {
    let of = threads.clamp(1, plan.concurrency.max(1));
    let (sender, stopping) = watch::channel(false);
    // Nothing is sent: it is closed when every part has ended.
    let (running, mut ended) = mpsc::channel::<()>(1);
    let own = runtime()?;
    thread::scope(|scope| {
        let others: Vec<_> = (1..of)
            .map(|index| {
                let (stop, running) = (told(stopping.clone()), running.clone());
                let part = Part { index, of };
                thread::Builder::new()
                    .name(format!("load {index}"))
                    .spawn_scoped(scope, move || {
                        let _running = running;
                        Ok::<_, io::Error>(
                            runtime()?.block_on(run_part(plan, part, progress, stop)),
                        )
                    })
            })
            .collect();
        let part = Part { index: 0, of };
        let all = async {
            let report = run_part(plan, part, progress, told(stopping)).await;
            drop(running);
            ended.recv().await;
            report
        };
        let mut report = own.block_on(async {
            let mut all = pin!(all);
            tokio::select! {
                biased;
                report = &mut all => return report,
                () = stop => {}
            }
            sender.send_replace(true);
            all.await
        });
        for other in others {
            let joined = other?.join();
            report += &joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(report)
    })
}

/// Ends when it is told so.
async fn told(mut stopping: watch::Receiver<bool>) {
    if stopping.wait_for(|stop| *stop).await.is_err() {
        pending::<()>().await;
    }
}

fn runtime() -> io::Result<runtime::Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}

/// Ends when the load is to end early, for whichever reason comes first.
async fn stopped(load: &Load<'_>, stop: impl Future<Output = ()>) {
    let time_limit = async {
        match load.schedule.ends() {
            Some(end) => sleep_until(end.into()).await,
            None => pending().await,
        }
    };
    tokio::select! {
        () = stop => load.schedule.stop(StopReason::Interrupted),
        () = time_limit => load.schedule.stop(StopReason::TimeLimit),
        () = load.schedule.stopped() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up_to_the_whole() {
        for whole in [0, 1, 7, 1000] {
            let shares = (0..3).map(|index| Part { index, of: 3 }.share(whole));
            assert_eq!(shares.sum::<u64>(), whole);
        }
        assert_eq!(Part { index: 1, of: 3 }.share(u64::MAX), u64::MAX);
    }
}
