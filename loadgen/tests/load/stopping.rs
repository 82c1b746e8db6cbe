//! A load ends early when it should, with a report of what was done.

use std::time::Duration;

use crate::support::{block_on, bound, odd_server, plan, real_server, report, reset};
use backend::Answers;
use loadgen::{ConnectionMode, ErrorClass, Plan, Progress, StopReason, run};
use tokio::time::timeout;

const ENDLESS: u64 = u64::MAX;

#[test]
fn no_request_is_started_after_the_time_limit() {
    let (server, address) = real_server("rs1");
    let plan = Plan {
        requests: ENDLESS,
        concurrency: 3,
        time_limit: Some(Duration::from_millis(200)),
        ..plan(address, "/delay/5")
    };
    let report = report(&plan);
    assert_eq!(report.stopped_early, Some(StopReason::TimeLimit));
    assert!(report.completed > 0 && report.elapsed >= Duration::from_millis(200));
    let (answered, done) = (server.counters().requests, report.completed);
    assert!((done..=done + report.unfinished).contains(&answered));
}

#[test]
fn a_time_limit_that_is_not_reached_leaves_no_trace() {
    let (_, address) = real_server("rs1");
    let time_limit = Some(Duration::from_secs(600));
    let report = report(&Plan {
        requests: 5,
        time_limit,
        ..plan(address, "/")
    });
    assert_eq!((report.completed, report.stopped_early), (5, None));
}

#[test]
fn the_load_gives_up_after_so_many_failures() {
    let address = odd_server(|stream| reset(&stream));
    let plan = Plan {
        requests: ENDLESS,
        give_up_after: Some(10),
        ..plan(address, "/")
    };
    let report = report(&plan);
    assert_eq!((report.failed, report.unfinished), (10, 0));
    assert_eq!(report.stopped_early, Some(StopReason::GaveUp));
}

#[test]
fn refused_connects_do_not_keep_the_caller_from_stopping() {
    let (_held, address) = bound(None);
    let plan = Plan {
        requests: ENDLESS,
        ..plan(address, "/")
    };
    let progress = Progress::new();
    let report = block_on(run(&plan, &progress, until(|| progress.failed() >= 5)));
    assert_eq!(report.stopped_early, Some(StopReason::Interrupted));
    assert_eq!(report.errors[&ErrorClass::ConnectRefused], report.failed);
}

#[test]
fn a_stopped_load_reports_what_was_done() {
    let (server, address) = real_server("rs1");
    for connections in [ConnectionMode::PerRequest, ConnectionMode::KeepAlive] {
        let before = server.counters().responses.total();
        let plan = Plan {
            requests: ENDLESS,
            concurrency: 4,
            connections,
            ..plan(address, "/")
        };
        let progress = Progress::new();
        let report = block_on(run(&plan, &progress, until(|| progress.completed() >= 20)));
        assert_eq!(report.stopped_early, Some(StopReason::Interrupted));
        assert_eq!(report.completed, progress.completed());
        let (answered, done) = (
            server.counters().responses.total() - before,
            report.completed,
        );
        assert!(done >= 20 && (done..=done + report.unfinished).contains(&answered));
    }
}

#[test]
fn requests_to_a_silent_server_are_unfinished_when_the_load_is_stopped() {
    let (server, address) = real_server("rs1");
    server.set_answers(Answers::Never);
    let plan = Plan {
        requests: 100,
        concurrency: 4,
        ..plan(address, "/")
    };
    let stop = until(|| server.counters().connections == 4);
    let report = block_on(run(&plan, &Progress::new(), stop));
    assert_eq!(
        (report.completed, report.failed, report.unfinished),
        (0, 0, 4)
    );
    assert_eq!(server.counters().responses.total(), 0);
}

/// Ends when the condition holds; it must, sooner or later.
async fn until(condition: impl Fn() -> bool) {
    let condition = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), condition)
        .await
        .expect("the condition comes to hold");
}
