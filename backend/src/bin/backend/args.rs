//! The command line as it is typed.

use std::net::SocketAddr;
use std::time::Duration;

use backend::behaviour::Key;
use clap::{Args as Group, Parser, ValueEnum};

/// An HTTP real server that names itself in every response, counts, and behaves as it is told to.
///
/// It serves / and /index.html (its name), /bytes/N, /delay/MS, /stats (its counts as JSON) and
/// /metrics (the same as text that Prometheus reads), over HTTP/1 and HTTP/2 with prior knowledge. On SIGINT or
/// SIGTERM it stops accepting, finishes what is open and ends; a second signal ends it at once.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER)]
pub(crate) struct Args {
    /// The name sent in the header x-real-server
    #[arg(long, value_name = "NAME", required_unless_present = "server")]
    pub(crate) name: Option<String>,
    /// Where to listen, such as 127.0.0.1:8080; may be repeated
    #[arg(long, value_name = "ADDR:PORT", requires = "name")]
    pub(crate) listen: Vec<SocketAddr>,
    /// A server of this name with its listeners; may be repeated
    #[arg(long, value_name = "NAME=ADDR:PORT[,...]")]
    pub(crate) server: Vec<String>,
    /// Echo UDP datagrams here as well; may be repeated
    #[arg(long, value_name = "[NAME=]ADDR:PORT")]
    pub(crate) udp: Vec<String>,
    /// Append the server's name to every echo, not only to those of numbered datagrams
    #[arg(long)]
    pub(crate) udp_name_all: bool,
    #[command(flatten)]
    pub(crate) behaviour: Behaviour,
    /// What delays, sizes, errors and resets are drawn from: the same seed, the same sequence
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// How long open connections may take to end after SIGINT or SIGTERM
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    pub(crate) drain: Duration,
    /// The code that speaks HTTP/1; lean leaves to hyper what is out of the ordinary
    #[arg(long, value_enum, default_value_t = Engine::Lean)]
    pub(crate) engine: Engine,
}

/// The engines by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Engine {
    /// Without allocations for each request
    Lean,
    /// Everything by hyper
    Hyper,
}

/// An option for each [`Key`].
#[derive(Debug, Group)]
#[command(next_help_heading = "Behaviour, of every server or of NAME; may be repeated for each")]
pub(crate) struct Behaviour {
    /// Read requests and answer them, or not: normally, never
    #[arg(long, value_name = "[NAME=]ANSWERS")]
    answers: Vec<String>,
    /// Hold responses back: 5ms, uniform:1ms..5ms, exponential:5ms, pareto:1ms:1.5
    #[arg(long, value_name = "[NAME=]DELAY")]
    delay: Vec<String>,
    /// The size of the page: 4KiB, uniform:1KiB..1MiB, exponential:4KiB, pareto:1KiB:1.5
    #[arg(long, value_name = "[NAME=]SIZE")]
    size: Vec<String>,
    /// Send bodies in chunks of so many bytes, at most 64KiB; or off
    #[arg(long, value_name = "[NAME=]SIZE")]
    chunked: Vec<String>,
    /// Answer by these statuses instead, so often: 503:1%,404:0.5%
    #[arg(long, value_name = "[NAME=]STATUS:RATE[,...]")]
    errors: Vec<String>,
    /// Reset connections so often: 1% in mid-body, 1%@512 after 512 bytes of it, 1%@request before
    #[arg(long, value_name = "[NAME=]RATE[@WHERE]")]
    reset: Vec<String>,
    /// Wait before each accept: a DELAY
    #[arg(long, value_name = "[NAME=]DELAY")]
    accept_delay: Vec<String>,
    /// Serve at most N connections at a time; the others: reset (default), 503, wait
    #[arg(long, value_name = "[NAME=]N[:OVER]")]
    connections: Vec<String>,
    /// Close a connection after so many responses; or unlimited
    #[arg(long, value_name = "[NAME=]N")]
    requests_per_connection: Vec<String>,
    /// Close a connection on which no whole request arrives for so long; or none
    #[arg(long, value_name = "[NAME=]TIME")]
    idle_timeout: Vec<String>,
}

impl Behaviour {
    /// What was typed for a key.
    pub(crate) fn typed(&self, key: Key) -> &[String] {
        match key {
            Key::Answers => &self.answers,
            Key::Delay => &self.delay,
            Key::Size => &self.size,
            Key::Chunked => &self.chunked,
            Key::Errors => &self.errors,
            Key::Reset => &self.reset,
            Key::AcceptDelay => &self.accept_delay,
            Key::Connections => &self.connections,
            Key::RequestsPerConnection => &self.requests_per_connection,
            Key::IdleTimeout => &self.idle_timeout,
        }
    }
}

const AFTER: &str = "\
Examples:
  backend --name rs1 --listen 127.0.0.1:8080
  backend --server rs1=127.0.0.1:8081 --server rs2=127.0.0.1:8082 --delay rs2=exponential:5ms
  backend --name rs1 --listen 0.0.0.0:80 --size 1KiB --errors 503:1% --reset 0.1% --seed 7

Exit codes: 0 ended by a signal and drained; 1 could not listen; 2 wrong usage; 130 or 143 ended by
a second SIGINT or SIGTERM.";
