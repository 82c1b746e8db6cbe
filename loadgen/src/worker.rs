//! The one loop that sends load.

use std::cell::Cell;
use std::rc::Rc;

use tokio::time::{Instant, timeout_at};

use crate::ConnectionMode;
use crate::cause::Cause;
use crate::connection::{Answer, Connection};
use crate::load::Load;
use crate::trace::{Phase, Trace};

/// Sends one request after the other until the budget is empty.
pub(crate) async fn work(load: &Load<'_>, trace: &Rc<Trace>) {
    let mut kept = None;
    while load.budget.take() {
        send(load, trace, &mut kept).await;
    }
}

/// Sends one request, counts what became of it, and keeps or closes its connection.
///
/// One timeout spans it all. A server that has answered but does not close in time has not failed.
async fn send(load: &Load<'_>, trace: &Rc<Trace>, kept: &mut Option<Connection>) {
    let started = Instant::now();
    let answered = Cell::new(false);
    let exchange = async {
        let answer = exchange(load, trace, kept).await?;
        load.answered(started, &answer);
        answered.set(true);
        settle(load.plan.connections, kept).await;
        Ok::<_, Cause>(())
    };
    let cause = match timeout_at(started + load.plan.timeout, exchange).await {
        Ok(Ok(())) => return,
        Ok(Err(cause)) => cause,
        Err(_) => Cause::TimedOut,
    };
    *kept = None;
    if answered.get() {
        load.report().left_open += 1;
    } else {
        load.failed(cause.class(trace.phase()));
        // A connect may fail without waiting: let the others, the clock and the caller in.
        tokio::task::yield_now().await;
    }
}

/// Sends a request over the kept connection, or over a new one.
///
/// A kept connection that the server closed in the meantime is replaced: that is the ordinary race
/// of keep-alive and no failure. The connection used is left in `kept`.
async fn exchange(
    load: &Load<'_>,
    trace: &Rc<Trace>,
    kept: &mut Option<Connection>,
) -> Result<Answer, Cause> {
    if let Some(connection) = kept {
        match connection.exchange(load.request()).await {
            Err(cause) if cause.is_lost() && trace.phase() <= Phase::Wait => {
                load.report().reconnects += 1;
            }
            outcome => return outcome,
        }
    }
    *kept = None;
    kept.insert(load.connect(trace).await?)
        .exchange(load.request())
        .await
}

/// Keeps the connection for the next request if mode and server agree; else lets the server close.
async fn settle(mode: ConnectionMode, kept: &mut Option<Connection>) {
    if let Some(connection) = kept
        && mode == ConnectionMode::KeepAlive
        && connection.is_reusable().await
    {
        return;
    }
    if let Some(connection) = kept.take() {
        connection.closed_by_peer().await;
    }
}
