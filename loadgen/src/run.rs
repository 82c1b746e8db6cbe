//! Running a plan to its end.

use std::future::{Future, pending};
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep, timeout};

use crate::load::Load;
use crate::trace::Trace;
use crate::worker::work;
use crate::{Plan, Progress, Report, StopReason};

/// How long requests under way may take to finish once a load is stopped. What is not finished
/// then is dropped and reported as unfinished.
pub const GRACE: Duration = Duration::from_secs(1);

/// Sends the load of `plan` and reports what came of it.
///
/// It ends when every request is done; or within [`GRACE`] of the time limit, of the last failure
/// that the plan bears, or of the end of `stop` (pass [`std::future::pending`] for never).
///
/// The future wants a tokio runtime with I/O and time, and opens all sockets on the thread that
/// polls it. It is not `Send`: `block_on` it on a current-thread runtime.
pub async fn run(plan: &Plan, progress: &Progress, stop: impl Future<Output = ()>) -> Report {
    let started = Instant::now();
    let load = Load::new(plan, progress);
    let traces: Vec<_> = (0..plan.concurrency)
        .map(|_| Rc::new(Trace::new()))
        .collect();
    let mut workers: FuturesUnordered<_> = traces.iter().map(|trace| work(&load, trace)).collect();
    tokio::select! {
        () = all_done(&mut workers) => {}
        () = stopped(&load, stop) => {
            let _ = timeout(GRACE, all_done(&mut workers)).await;
        }
    }
    drop(workers);
    load.into_report(started, traces.iter().map(|trace| trace.received()).sum())
}

async fn all_done<F: Future>(workers: &mut FuturesUnordered<F>) {
    while workers.next().await.is_some() {}
}

/// Ends when the load is to end early, for whichever reason comes first.
async fn stopped(load: &Load<'_>, stop: impl Future<Output = ()>) {
    let time_limit = async {
        match load.plan.time_limit {
            Some(limit) => sleep(limit).await,
            None => pending().await,
        }
    };
    tokio::select! {
        () = stop => load.budget.stop(StopReason::Interrupted),
        () = time_limit => load.budget.stop(StopReason::TimeLimit),
        () = load.budget.stopped() => {}
    }
}
