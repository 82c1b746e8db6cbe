//! A real server in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use backend::RealServer;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The variable that makes this executable a server.
const ROLE: &str = "LOADGEN_TRUTH_SERVER";
/// How often the server looks at how many answers it has given.
const GLANCE: Duration = Duration::from_micros(500);

/// Whether this process is to be the server.
pub(crate) fn is_wanted() -> bool {
    std::env::var_os(ROLE).is_some()
}

/// Serves until standard input ends; then says when it had given how many answers.
pub(crate) fn serve() {
    let server = RealServer::new("rs1").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    println!("{}", listener.local_addr().unwrap());
    let worker = Arc::clone(&server);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            worker.serve(listener).await;
        });
    });
    let (running, ended) = channel::<()>();
    thread::spawn(move || {
        let _running = running;
        std::io::stdin().read_to_end(&mut Vec::new())
    });
    let mut log = Vec::new();
    loop {
        let goes_on = ended.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout);
        let answers = server.counters().responses.total();
        log.push((SystemTime::now(), answers));
        // The last glance comes after all answers.
        if !goes_on {
            break;
        }
    }
    let mut out = std::io::stdout().lock();
    for (at, answers) in log {
        let nanoseconds = at.duration_since(UNIX_EPOCH).unwrap().as_nanos();
        writeln!(out, "{nanoseconds} {answers}").unwrap();
    }
}

/// A server, seen from the test.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

/// So many answers were given at that time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glance {
    pub(crate) at: SystemTime,
    pub(crate) answers: u64,
}

/// How long a server stood still: at least, as it was told to stop before and to go on after, and
/// at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    pub(crate) least: Duration,
    pub(crate) most: Duration,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self {
            child,
            stdout,
            address: line.trim_end().parse().unwrap(),
        }
    }

    /// Stops the whole process for so long.
    pub(crate) fn stop(&self, length: Duration) -> Stop {
        let before = Instant::now();
        self.signal(Signal::SIGSTOP);
        let stopped = Instant::now();
        thread::sleep(length);
        let least = stopped.elapsed();
        self.signal(Signal::SIGCONT);
        Stop {
            least,
            most: before.elapsed(),
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Ends it and returns its log.
    pub(crate) fn end(mut self) -> Vec<Glance> {
        drop(self.child.stdin.take());
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).unwrap();
        let glance = |line: &str| {
            let (at, answers) = line.split_once(' ').unwrap();
            Glance {
                at: UNIX_EPOCH + Duration::from_nanos(at.parse().unwrap()),
                answers: answers.parse().unwrap(),
            }
        };
        text.lines().map(glance).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended, unless the test has failed; SIGKILL ends a stopped process as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
