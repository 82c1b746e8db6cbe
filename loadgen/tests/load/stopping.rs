//! A load ends early when it should, with a report of what was done.

use std::time::Duration;

use crate::support::{block_on, bound, odd_server, plan, real_server, report, reset};
use backend::Answers;
use loadgen::{ConnectionMode, ErrorClass, Plan, Progress, StopReason, run, run_threads};
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

/// Each thread has a server of its own; that of the second never answers.
fn two_threads(first: std::net::SocketAddr) -> Plan {
    let (server, silent) = real_server("rs2");
    server.set_answers(Answers::Never);
    let mut plan = Plan {
        requests: 2,
        concurrency: 2,
        timeout: Duration::from_secs(600),
        ..plan(first, "/")
    };
    plan.target.addresses.push(silent);
    plan
}

#[test]
fn a_load_is_stopped_although_one_of_its_threads_has_ended() {
    let (_, address) = real_server("rs1");
    let progress = Progress::new();
    let first_is_done = async {
        while progress.first().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let report = run_threads(&two_threads(address), 2, &progress, first_is_done).unwrap();
    assert_eq!((report.completed, report.unfinished), (1, 1));
    assert_eq!(report.stopped_early, Some(StopReason::Interrupted));
}

#[test]
fn all_threads_give_up_when_one_has_seen_too_many_failures() {
    let plan = Plan {
        give_up_after: Some(1),
        ..two_threads(odd_server(|stream| reset(&stream)))
    };
    let report = run_threads(&plan, 2, &Progress::new(), std::future::pending()).unwrap();
    assert_eq!((report.failed, report.unfinished), (1, 1));
    assert_eq!(report.stopped_early, Some(StopReason::GaveUp));
}

#[test]
fn connections_that_wait_for_their_turn_are_not_opened_after_the_time_limit() {
    let (_, address) = real_server("rs1");
    let report = report(&Plan {
        requests: ENDLESS,
        concurrency: 100,
        connections_per_second: Some(10.0),
        time_limit: Some(Duration::from_millis(200)),
        ..plan(address, "/")
    });
    let attempted = report.connections_attempted;
    assert!((1..50).contains(&attempted), "{attempted}");
    assert_eq!(
        attempted,
        report.completed + report.failed + report.unfinished
    );
}

#[test]
fn a_connection_that_is_replaced_waits_for_its_turn_too() {
    let address = crate::support::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let report = report(&Plan {
        requests: 4,
        connections: ConnectionMode::KeepAlive,
        connections_per_second: Some(20.0),
        ..plan(address, "/")
    });
    assert_eq!((report.completed, report.connections_opened), (4, 4));
    assert!(report.elapsed >= Duration::from_millis(150));
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
