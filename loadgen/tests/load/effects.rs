//! What each option does to the load, by what a server counts: through the command.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use backend::Answers;
use serde_json::Value;

use crate::support::{odd_server, read_request, real_server};

fn command(options: &[&str], address: SocketAddr, path: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command
        .args(options)
        .args(["-q", "--json", &format!("http://{address}{path}")]);
    command
}

fn report(options: &[&str], address: SocketAddr, path: &str) -> Value {
    let output = command(options, address, path).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn seconds(report: &Value) -> f64 {
    report["elapsed_seconds"].as_f64().unwrap()
}

#[track_caller]
fn count(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap()
}

#[test]
fn a_rate_that_one_connection_cannot_hold_is_reported_beside_what_was_reached() {
    let (server, address) = real_server("rs1");
    let options = ["-k", "-c", "1", "--rate", "1000", "-n", "40"];
    let report = report(&options, address, "/delay/20");
    assert_eq!(count(&report, "completed"), 40);
    assert_eq!(server.counters().requests, 40);
    assert_eq!(report["offered_requests_per_second"], 1000.0);
    // One at a time, of 20 ms each.
    assert!(
        report["requests_per_second"].as_f64().unwrap() <= 50.0,
        "{report}"
    );
    let latency = |kind: &str, name: &str| {
        let latency = &report["latencies"][kind][name];
        latency
            .as_f64()
            .unwrap_or_else(|| panic!("{kind} {name}: {report}"))
    };
    // The last was due after 39 ms and not sent before 39 others of 20 ms had come back.
    assert!(latency("total", "max_us") >= 750_000.0, "{report}");
    assert!(latency("total", "mean_us") >= 8.0 * latency("service", "min_us"));
}

#[test]
fn a_rate_that_cannot_be_held_does_not_outlast_the_duration() {
    let (server, address) = real_server("rs1");
    let options = ["-k", "-c", "1", "--rate", "1000", "--duration", "400ms"];
    let report = report(&options, address, "/delay/20");
    let completed = count(&report, "completed");
    assert!((1..=24).contains(&completed), "{report}");
    let sent = completed + count(&report, "unfinished");
    assert!(
        (completed..=sent).contains(&server.counters().requests),
        "{report}"
    );
}

#[test]
fn connections_per_second_limits_connections_and_not_requests() {
    let (server, address) = real_server("rs1");
    let limit = ["-n", "21", "-c", "7", "--connections-per-second", "100"];
    let each = report(&limit, address, "/");
    assert_eq!(server.counters().connections, 21);
    assert!(seconds(&each) >= 0.2, "{each}");
    let kept = report(&[&limit[..], &["-k"]].concat(), address, "/");
    assert_eq!(count(&kept, "completed"), 21);
    let connections = server.counters().connections - 21;
    assert!((1..=7).contains(&connections), "{connections}");
    assert_eq!(connections, count(&kept, "connections"));
}

#[test]
fn think_time_is_between_an_answer_and_the_next_request() {
    let (server, address) = real_server("rs1");
    let options = ["-k", "-n", "20", "-c", "2", "--think-time", "20ms"];
    let report = report(&options, address, "/");
    assert_eq!(
        (server.counters().requests, count(&report, "connections")),
        (20, 2)
    );
    // One of the two workers has ten requests, and nine pauses, at least.
    assert!(seconds(&report) >= 0.18, "{report}");
    // The pause is in no latency.
    let fastest = report["latencies"]["total"]["min_us"].as_f64().unwrap();
    assert!(fastest < 20_000.0, "{report}");
}

#[test]
fn the_warm_up_reaches_the_server_and_no_count() {
    let (server, address) = real_server("rs1");
    let options = ["-k", "--rate", "500", "--warm-up", "200ms", "-n", "100"];
    let report = report(&options, address, "/");
    assert_eq!(count(&report, "completed"), 100);
    assert_eq!(report["latencies"]["total"]["count"], 100);
    assert_eq!(server.counters().requests, 200);
}

#[test]
fn no_request_begins_after_the_duration() {
    let (server, address) = real_server("rs1");
    let options = ["-k", "-c", "2", "--duration", "200ms"];
    let report = report(&options, address, "/delay/10");
    let completed = count(&report, "completed");
    // 20 in a row, and few that began about the end, of each of two workers.
    assert!((2..=46).contains(&completed), "{report}");
    let sent = completed + count(&report, "unfinished");
    assert!(
        (completed..=sent).contains(&server.counters().requests),
        "{report}"
    );
    assert!(seconds(&report) >= 0.19, "{report}");
}

#[test]
fn threads_share_the_load() {
    let (server, address) = real_server("rs1");
    let options = ["-k", "-n", "601", "-c", "6", "--threads", "3"];
    let report = report(&options, address, "/");
    assert_eq!(
        (count(&report, "completed"), count(&report, "connections")),
        (601, 6)
    );
    assert_eq!(server.counters().requests, 601);
}

#[test]
fn there_are_as_many_threads_as_asked_for() {
    let tasks = |threads: &str| {
        let (server, address) = real_server("rs1");
        server.set_answers(Answers::Never);
        let options = ["-n", "4", "-c", "4", "--threads", threads];
        let child = command(&options, address, "/")
            .stdout(Stdio::null())
            .spawn();
        let child = Ended(child.unwrap());
        let deadline = Instant::now() + Duration::from_secs(30);
        while server.counters().requests < 4 {
            assert!(Instant::now() < deadline, "it sends nothing");
            thread::yield_now();
        }
        fs::read_dir(format!("/proc/{}/task", child.0.id()))
            .unwrap()
            .count()
    };
    assert_eq!(tasks("4") - tasks("2"), 2);
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// From where a connection came, and how its client ended it: with FIN, with RST, or not at all.
type Seen = (SocketAddr, Result<usize, ErrorKind>);

/// A server that answers and then waits for the client to close, and closes after a while itself.
fn watching() -> (SocketAddr, Receiver<Seen>) {
    let (sender, seen) = channel();
    let address = odd_server(move |mut stream| {
        let client = stream.peer_addr().unwrap();
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let patience = Some(Duration::from_millis(300));
        stream.set_read_timeout(patience).unwrap();
        let end = stream.read(&mut [0]).map_err(|error| error.kind());
        let _ = sender.send((client, end));
    });
    (address, seen)
}

#[test]
fn each_way_to_close_is_seen_by_the_server() {
    let (address, seen) = watching();
    for (close, end) in [
        ("fin", Ok(0)),
        ("rst", Err(ErrorKind::ConnectionReset)),
        ("server", Err(ErrorKind::WouldBlock)),
    ] {
        report(&["-n", "3", "--close", close], address, "/");
        let seen: Vec<_> = seen.iter().take(3).map(|(_, end)| end).collect();
        // A busy client may let the server wait for so long.
        assert!(seen.contains(&end), "{close}: {seen:?}");
        if close == "server" {
            assert_eq!(seen, [end; 3]);
        }
    }
}

#[test]
fn connections_come_from_the_sources_and_ports_in_turn() {
    let (address, seen) = watching();
    let sources = ["--source", "127.0.0.2,127.0.0.3", "--source-ports"];
    let ports = 21_000..=21_004;
    let range = format!("{}-{}", ports.start(), ports.end());
    let options = [&["-n", "10", "--close", "rst"], &sources[..], &[&range]].concat();
    report(&options, address, "/");
    let mut clients: Vec<_> = seen.iter().take(10).map(|(client, _)| client).collect();
    clients.sort_unstable();
    let hosts = [2, 3].map(|last| IpAddr::from([127, 0, 0, last]));
    let all = hosts.map(|host| ports.clone().map(move |port| SocketAddr::new(host, port)));
    assert_eq!(clients, all.into_iter().flatten().collect::<Vec<_>>());
}
