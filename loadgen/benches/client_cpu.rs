//! What a request costs the client: CPU time (user and system) per request, and peak memory, of
//! loadgen, ab and wrk, one after the other in turns, against a server that answers at once.
//!
//! ```text
//! cargo bench -p loadgen --bench client_cpu -- [REPETITIONS]
//! ```
//!
//! It wants two CPUs, `taskset`, `ab` and `wrk` (Debian: util-linux, apache2-utils, wrk). Client and
//! server have a CPU each. On loopback the sender's system call also runs the receiver's TCP, so
//! part of each side's cost is charged to the other: compare within one run only.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

const BODY: usize = 1024;
const TOOLS: [&str; 3] = ["loadgen", "ab", "wrk"];
/// wrk is told a time, not a number.
const WRK_SECONDS: u32 = 2;

fn main() {
    // The harness adds `--bench`.
    let arguments: Vec<_> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    match arguments.first().map(String::as_str) {
        Some("serve") => serve(),
        Some("measure") => measure(&arguments[1..]),
        repetitions => compare(repetitions.and_then(|n| n.parse().ok()).unwrap_or(5)),
    }
}

/// What one run of a tool took.
#[derive(Clone, Copy)]
struct Cost {
    /// Microseconds of CPU per request.
    per_request: f64,
    peak_mib: f64,
}

fn compare(repetitions: u32) {
    let mut server = pinned(1, &myself(), &["serve".to_owned()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("taskset starts the server");
    let mut address = [0; 64];
    let length = server.stdout.as_mut().unwrap().read(&mut address).unwrap();
    let address: SocketAddr = std::str::from_utf8(&address[..length])
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    println!(
        "median CPU µs per request (least to most), peak MiB, ratio to the best of ab and wrk"
    );
    for (keep_alive, concurrency) in [(true, 64), (true, 1000), (false, 64), (false, 1000)] {
        let mut costs: BTreeMap<&str, Vec<Cost>> = BTreeMap::new();
        for turn in 0..repetitions {
            for place in 0..TOOLS.len() {
                let tool = TOOLS[(place + turn as usize) % TOOLS.len()];
                let cost = run(tool, address, keep_alive, concurrency);
                costs.entry(tool).or_default().push(cost);
            }
        }
        show(keep_alive, concurrency, &costs);
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

fn show(keep_alive: bool, concurrency: u32, costs: &BTreeMap<&str, Vec<Cost>>) {
    let sorted = |tool: &str| {
        let mut times: Vec<_> = costs[tool].iter().map(|cost| cost.per_request).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let median = |tool| sorted(tool)[costs[tool].len() / 2];
    let best = median("ab").min(median("wrk"));
    let mode = if keep_alive {
        "keep-alive"
    } else {
        "per connection"
    };
    for tool in TOOLS {
        let times = sorted(tool);
        let peak = costs[tool].iter().map(|cost| cost.peak_mib);
        println!(
            "{mode:<15} c={concurrency:<5} {tool:<8} {:6.2} ({:.2} to {:.2}) {:6.1} MiB {:5.2}",
            median(tool),
            times[0],
            times[times.len() - 1],
            peak.fold(0.0, f64::max),
            median(tool) / best,
        );
    }
}

fn run(tool: &str, address: SocketAddr, keep_alive: bool, concurrency: u32) -> Cost {
    let requests = if keep_alive { 200_000 } else { 40_000 };
    let mut arguments = vec!["measure".to_owned(), tool.to_owned(), requests.to_string()];
    let (n, c, seconds) = (
        requests.to_string(),
        concurrency.to_string(),
        format!("-d{WRK_SECONDS}s"),
    );
    let flags: Vec<&str> = match (tool, keep_alive) {
        ("wrk", true) => vec!["-t1", "-c", &c, &seconds],
        ("wrk", false) => vec!["-t1", "-c", &c, &seconds, "-H", "Connection: close"],
        (_, true) => vec!["-q", "-k", "-n", &n, "-c", &c],
        (_, false) => vec!["-q", "-n", &n, "-c", &c],
    };
    arguments.extend(flags.into_iter().map(str::to_owned));
    arguments.push(format!("http://{address}/"));
    let output = pinned(0, &myself(), &arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    let [per_request, peak_mib] = numbers[..] else {
        panic!("{tool}: {text} {}", String::from_utf8_lossy(&output.stderr));
    };
    Cost {
        per_request,
        peak_mib,
    }
}

/// Runs a tool and prints what it cost; this process has no other child.
fn measure(arguments: &[String]) {
    let [tool, requests, arguments @ ..] = arguments else {
        panic!("measure TOOL REQUESTS ARGUMENTS");
    };
    let program = if tool == "loadgen" {
        env!("CARGO_BIN_EXE_loadgen")
    } else {
        tool
    };
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds();
    let text = String::from_utf8_lossy(&output.stdout);
    let requests = if tool == "wrk" {
        let line = text.lines().find(|line| line.contains(" requests in "));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
    } else {
        requests.parse::<f64>().ok()
    };
    let requests = requests.expect("the number of requests is known");
    println!(
        "{} {}",
        cpu as f64 / requests,
        usage.max_rss() as f64 / 1024.0
    );
}

fn myself() -> String {
    std::env::current_exe().unwrap().display().to_string()
}

fn pinned(cpu: u32, program: &str, arguments: &[String]) -> Command {
    let mut command = Command::new("taskset");
    command
        .args(["-c", &cpu.to_string(), program])
        .args(arguments);
    command
}

/// Answers every request at once, until it is killed.
fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    // The backlog of std is 128: a thousand clients at once want more.
    socket2::SockRef::from(&listener).listen(4096).unwrap();
    println!("{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    let epoll = Epoll::new(EpollCreateFlags::empty()).unwrap();
    epoll
        .add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, u64::MAX))
        .unwrap();
    let (mut streams, mut free) = (Vec::<Option<TcpStream>>::new(), Vec::new());
    let mut events = [EpollEvent::empty(); 512];
    let answers = [answer("close"), answer("keep-alive")];
    loop {
        let ready = epoll.wait(&mut events, EpollTimeout::NONE).unwrap();
        for event in &events[..ready] {
            let Ok(index) = usize::try_from(event.data()) else {
                continue;
            };
            if event.data() == u64::MAX {
                while let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(true).unwrap();
                    let index = free.pop().unwrap_or_else(|| {
                        streams.push(None);
                        streams.len() - 1
                    });
                    let interest = EpollEvent::new(EpollFlags::EPOLLIN, index as u64);
                    epoll.add(&stream, interest).unwrap();
                    streams[index] = Some(stream);
                }
            } else if let Some(stream) = &mut streams[index]
                && !serve_one(stream, &answers)
            {
                streams[index] = None;
                free.push(index);
            }
        }
    }
}

/// Answers one request; whether the connection stays.
fn serve_one(stream: &mut TcpStream, answers: &[Vec<u8>; 2]) -> bool {
    let mut request = [0; 2048];
    match stream.read(&mut request) {
        Ok(0) => false,
        Ok(length) => {
            let request = request[..length].to_ascii_lowercase();
            let has = |text: &[u8]| request.windows(text.len()).any(|part| part == text);
            let keep = !has(b"connection: close") && (has(b"http/1.1") || has(b"keep-alive"));
            stream.write_all(&answers[usize::from(keep)]).is_ok() && keep
        }
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

fn answer(connection: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nServer: canned\r\nContent-Length: {BODY}\r\nConnection: {connection}\r\n\r\n"
    );
    [head.as_bytes(), &[b'x'; BODY]].concat()
}
