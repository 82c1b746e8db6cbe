//! An open loop tells the truth about a server that stops.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{plan, real_server, report};
use loadgen::{Arrivals, ConnectionMode, Expect, Pacing, Plan, Progress, run_threads};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// When the server stands still, counted from its first request.
type Pause = (Duration, Duration);

/// When each answer was sent.
type Answered = Arc<Mutex<Vec<Instant>>>;

/// A server that answers at once, but during a pause not before its end.
fn pausing(pause: Pause) -> (SocketAddr, Answered) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let began = Arc::new(Mutex::new(None));
    let answered = Answered::default();
    let log = Arc::clone(&answered);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, began) = (stream.unwrap(), Arc::clone(&began));
            let log = Arc::clone(&log);
            thread::spawn(move || {
                let mut request = [0; 1024];
                while stream.read(&mut request).is_ok_and(|bytes| bytes > 0) {
                    let first = *began.lock().unwrap().get_or_insert_with(Instant::now);
                    stand_still(first, pause);
                    if stream.write_all(OK).is_err() {
                        return;
                    }
                    log.lock().unwrap().push(Instant::now());
                }
            });
        }
    });
    (address, answered)
}

/// The latencies of requests that were due one each millisecond, by the server's own clock.
fn truth(began: Instant, answered: &Answered) -> Vec<f64> {
    let mut answered = answered.lock().unwrap();
    answered.sort_unstable();
    let mut latencies: Vec<_> = (0..)
        .zip(answered.iter())
        .map(|(number, at)| {
            let due = began + Duration::from_millis(1) * number;
            at.saturating_duration_since(due).as_secs_f64()
        })
        .collect();
    latencies.sort_by(f64::total_cmp);
    latencies
}

/// Returns at once outside the pause, and at its end within it.
fn stand_still(first: Instant, (from, until): Pause) {
    let since = first.elapsed();
    if since >= from && since < until {
        let never = (Mutex::new(()), Condvar::new());
        let mut left = until.saturating_sub(since);
        while !left.is_zero() {
            let guard = never.0.lock().unwrap();
            drop(never.1.wait_timeout(guard, left).unwrap());
            left = until.saturating_sub(first.elapsed());
        }
    }
}

fn open(address: SocketAddr, rate: f64, requests: u64) -> Plan {
    Plan {
        requests,
        concurrency: 32,
        connections: ConnectionMode::KeepAlive,
        pacing: Pacing::Open {
            rate,
            arrivals: Arrivals::Constant,
        },
        ..plan(address, "/")
    }
}

#[test]
fn a_server_that_stops_for_one_of_five_seconds_is_seen_in_every_percentile() {
    let pause = (Duration::from_secs(2), Duration::from_secs(3));
    let (address, answered) = pausing(pause);
    let plan = open(address, 1000.0, 5000);
    let began = Instant::now();
    let report = report(&plan);
    assert_eq!((report.completed, report.failed), (5000, 0));
    let truth = truth(began, &answered);
    for (quantile, rank, seconds) in [(0.90, 4500, 0.50), (0.95, 4750, 0.75), (0.99, 4950, 0.95)] {
        let latency = report.latency_at(quantile).unwrap().as_secs_f64();
        // Exactly so of an idle machine; a busy one takes time to catch up, which the server saw.
        let most = truth[rank - 1].max(seconds);
        let fits = latency >= 0.97 * seconds && latency <= 1.03 * most;
        assert!(fits, "p{quantile}: {latency} s, by the server {most} s");
    }
    // What a closed loop would say: only those that were under way.
    assert!(report.service().at(0.90).unwrap() < report.latency_at(0.90).unwrap() / 2);
    assert!(report.lag.max().unwrap() > Duration::from_millis(900));
}

#[test]
fn every_arrival_is_sent_once_and_none_before_it_is_due() {
    let (server, address) = real_server("rs1");
    for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
        let before = server.counters().requests;
        let plan = Plan {
            pacing: Pacing::Open {
                rate: 2000.0,
                arrivals,
            },
            samples: true,
            ..open(address, 0.0, 600)
        };
        let report = report(&plan);
        assert_eq!(report.completed, 600);
        assert_eq!(server.counters().requests - before, 600);
        assert_eq!(report.lag.len(), 600);
        assert_eq!(report.samples.len(), 600);
        let mut starts: Vec<_> = report.samples.iter().map(|sample| sample.start).collect();
        starts.sort_unstable();
        if arrivals == Arrivals::Constant {
            for (number, start) in (0..).zip(starts) {
                assert!(start >= Duration::from_micros(500) * number, "{number}");
            }
        }
    }
}

#[test]
fn threads_share_the_arrivals_the_requests_and_the_first_response() {
    let (server, address) = real_server("rs1");
    let plan = Plan {
        expect: Expect {
            length: loadgen::ExpectLength::AsFirst,
            ..Expect::default()
        },
        ..open(address, 3000.0, 601)
    };
    let progress = Progress::new();
    let report = run_threads(&plan, 3, &progress, std::future::pending()).unwrap();
    assert_eq!((report.completed, report.failed), (601, 0));
    assert_eq!(progress.completed(), 601);
    assert_eq!(server.counters().requests, 601);
    assert_eq!(report.first.unwrap().status, 200);
    assert!(report.elapsed >= Duration::from_millis(200));
}

#[test]
fn what_begins_in_the_warm_up_is_not_measured() {
    let (server, address) = real_server("rs1");
    let plan = Plan {
        warm_up: Duration::from_millis(100),
        ..open(address, 1000.0, 50)
    };
    let report = report(&plan);
    assert_eq!((report.completed, report.warm_up.completed), (50, 100));
    assert_eq!(report.latency.len(), 50);
    assert_eq!(server.counters().requests, 150);
}

#[test]
fn intervals_hold_every_completed_request() {
    let (_, address) = real_server("rs1");
    let plan = Plan {
        interval: Some(Duration::from_millis(50)),
        ..open(address, 1000.0, 300)
    };
    let progress = Progress::new();
    let report = run_threads(&plan, 2, &progress, std::future::pending()).unwrap();
    let intervals = progress.take_intervals(u64::MAX);
    let requests: u64 = intervals
        .iter()
        .map(|interval| interval.latency.len())
        .sum();
    assert_eq!(requests, report.completed);
    // The last request was due after 299 ms.
    assert!(intervals.last().is_some_and(|last| last.number >= 5));
    assert!(intervals.is_sorted_by_key(|interval| interval.number));
}

#[test]
fn a_thinking_client_pauses_between_requests() {
    let (_, address) = real_server("rs1");
    let plan = Plan {
        pacing: Pacing::Closed {
            think: Duration::from_millis(10),
        },
        concurrency: 2,
        ..open(address, 0.0, 20)
    };
    let report = report(&plan);
    assert_eq!(report.completed, 20);
    // Nine pauses of each of two workers.
    assert!(report.elapsed >= Duration::from_millis(90));
}

#[test]
fn connections_are_opened_at_the_given_rate_at_most() {
    let (server, address) = real_server("rs1");
    let plan = Plan {
        requests: 21,
        concurrency: 8,
        connections_per_second: Some(200.0),
        ..plan(address, "/")
    };
    let report = report(&plan);
    assert_eq!((report.completed, server.counters().connections), (21, 21));
    assert!(report.elapsed >= Duration::from_millis(100));
}
