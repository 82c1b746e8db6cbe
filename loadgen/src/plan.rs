//! What load to send: the parameters of the one worker loop, each independent of the others.

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use hyper::http::uri::Authority;

use crate::http::Prepared;
use crate::{Expect, Log, Script, SourcePool, Tls, Tunnel};

/// Where requests go. The addresses are already resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where connections are opened to, in turn.
    pub addresses: Vec<SocketAddr>,
    /// What the header `Host` says: a host, with the port unless it is the scheme's own.
    pub authority: Authority,
}

/// How requests share connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionMode {
    /// Each request has its own connection.
    PerRequest,
    /// Each worker reuses its connection until the server closes it.
    KeepAlive,
    /// Each connection carries so many requests, if the server lets it.
    Limited(NonZeroU64),
}

/// Who ends a connection after its last response, and how. It decides which end keeps the
/// `TIME_WAIT`, and how long IPVS keeps the connection as an inactive one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// The server: the last request asks it to close, and the client waits until it has.
    Server,
    /// The client, with a FIN. The server is asked to keep the connection, so that it does not
    /// close first.
    Fin,
    /// The client, with an RST: no side keeps a `TIME_WAIT`.
    Rst,
}

/// The protocol that is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.0, as ab speaks it.
    #[default]
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2; without TLS with prior knowledge. One request at a time on each connection.
    Http2,
}

/// Which implementation of the protocol sends the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// The lean one wherever it can: HTTP/1 without TLS.
    Automatic,
    /// hyper, always: for comparing the two.
    General,
}

/// When requests are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pacing {
    /// A worker sends its next request when it has done with the previous one and has thought so
    /// long.
    Closed {
        /// From the end of a response to the next request.
        think: Duration,
    },
    /// Requests are due at instants that do not depend on the responses. At most `concurrency`
    /// are under way; one that is due when all are busy is sent late, and its latency counts from
    /// when it was due.
    Open {
        /// Requests per second, above 0.
        rate: f64,
        /// How they are spread.
        arrivals: Arrivals,
    },
}

/// How the requests of an open loop are spread over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// One every 1/rate seconds.
    Constant,
    /// Independent of each other: exponential gaps of 1/rate seconds in the mean.
    Poisson,
}

/// One load: what to send, how much of it, how, and when to stop.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where to.
    pub target: Target,
    /// What to ask for.
    pub script: Script,
    /// How many requests to send in all, after the warm-up; [`u64::MAX`] for no limit.
    pub requests: u64,
    /// How many requests are under way at a time, at most.
    pub concurrency: u32,
    /// No request is started later than this after the warm-up.
    pub time_limit: Option<Duration>,
    /// So long requests are sent but not measured. What began in it is not measured, whenever it
    /// ends.
    pub warm_up: Duration,
    /// When requests are sent.
    pub pacing: Pacing,
    /// Connections opened per second at most, above 0; one that has to wait for its turn is not
    /// begun yet.
    pub connections_per_second: Option<f64>,
    /// The longest that one request may take, from its connect to the end of the body.
    pub timeout: Duration,
    /// The longest that a connect may take, the TLS handshake included.
    pub connect_timeout: Option<Duration>,
    /// The longest that nothing may happen on a connection while a request is under way.
    pub idle_timeout: Option<Duration>,
    /// How requests share connections.
    pub connections: ConnectionMode,
    /// Who closes connections, and how.
    pub close: Close,
    /// The protocol that is spoken.
    pub protocol: Protocol,
    /// Speak it inside TLS.
    pub tls: Option<Tls>,
    /// Which implementation sends the load.
    pub path: Path,
    /// Where connections come from; without it the kernel chooses addresses and ports.
    pub source: Option<SourcePool>,
    /// The target's addresses are those of an HTTP proxy, which is asked for the whole URL.
    pub by_proxy: bool,
    /// The target's addresses are those of an HTTP proxy, which is asked for this tunnel before TLS.
    pub tunnel: Option<Tunnel>,
    /// The size of each socket's send and receive buffers in bytes; the kernel's choice without.
    pub socket_buffers: Option<u32>,
    /// Headers of every request, in their order. They replace the `Host`, `User-Agent`, `Accept`,
    /// `Connection` and `Content-Length` that are sent otherwise.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How names of headers are spelt on the lean path; others are in title case.
    pub spelling: Vec<(HeaderName, String)>,
    /// The response header whose values are counted apart.
    pub by_header: Option<HeaderName>,
    /// The load ends when this many requests have failed.
    pub give_up_after: Option<u64>,
    /// Which complete responses count as completed requests.
    pub expect: Expect,
    /// Keep a [`Sample`](crate::Sample) of every completed request: 40 bytes each.
    pub samples: bool,
    /// Keep a histogram of every interval of this length.
    pub interval: Option<Duration>,
    /// Is told of every complete HTTP/1 response.
    pub log: Option<Log>,
    /// From which scripts and Poisson arrivals are drawn.
    pub seed: u64,
}

impl Plan {
    /// What ab does with no options: one request, a connection for each, 30 s for each; but in
    /// HTTP/1.1.
    pub fn new(target: Target, script: Script) -> Self {
        Self {
            target,
            script,
            requests: 1,
            concurrency: 1,
            time_limit: None,
            warm_up: Duration::ZERO,
            pacing: Pacing::Closed {
                think: Duration::ZERO,
            },
            connections_per_second: None,
            timeout: Duration::from_secs(30),
            connect_timeout: None,
            idle_timeout: None,
            connections: ConnectionMode::PerRequest,
            close: Close::Server,
            protocol: Protocol::Http11,
            tls: None,
            path: Path::Automatic,
            source: None,
            by_proxy: false,
            tunnel: None,
            socket_buffers: None,
            headers: Vec::new(),
            spelling: Vec::new(),
            by_header: None,
            give_up_after: None,
            expect: Expect::default(),
            samples: false,
            interval: None,
            log: None,
            seed: 0,
        }
    }

    /// The URL of the script's first request.
    pub fn url(&self) -> String {
        let path = self.script.steps().first().map(|step| step.path.as_str());
        format!(
            "{}://{}{}",
            self.scheme(),
            self.target.authority,
            path.unwrap_or("/")
        )
    }

    /// The first request of the script as it is sent in HTTP/1 if it is the last of its connection,
    /// without its body.
    pub fn first_head(&self) -> Vec<u8> {
        let Some(step) = self.script.steps().first() else {
            return Vec::new();
        };
        let mut request = Prepared::new(self, step).last;
        request.truncate(request.len() - step.body.len());
        request
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Whether hyper sends this load.
    pub(crate) fn is_general(&self) -> bool {
        self.path == Path::General || self.tls.is_some() || self.protocol == Protocol::Http2
    }
}
