//! What load to send.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::header::{HeaderMap, HeaderName};
use hyper::http::uri::{Authority, PathAndQuery};

use crate::SourcePool;

/// Where requests go and what they ask for. The address is already resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where connections are opened to.
    pub address: SocketAddr,
    /// What the header `Host` says: a host, with the port unless it is 80.
    pub authority: Authority,
    /// The path and query of every request.
    pub path: PathAndQuery,
}

/// How requests share connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionMode {
    /// Each request has its own connection and asks the server to close it. The client waits for
    /// the server to close first, so that the server, not the client, keeps the `TIME_WAIT`.
    PerRequest,
    /// Each worker reuses its connection until the server closes it.
    KeepAlive,
}

/// Which complete responses count as completed requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Those with a 2xx status; others are [`BadStatus`](crate::ErrorClass::BadStatus).
    Success,
    /// All.
    AnyStatus,
}

/// One load: what to send, how much of it, and when to stop.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where and what.
    pub target: Target,
    /// How many requests to send in all.
    pub requests: u64,
    /// How many requests are under way at a time.
    pub concurrency: u32,
    /// No request is started later than this after the beginning.
    pub time_limit: Option<Duration>,
    /// The longest that one request may take, from its connect to the end of the body.
    pub timeout: Duration,
    /// How requests share connections.
    pub connections: ConnectionMode,
    /// Where connections come from; without it the kernel chooses addresses and ports.
    pub source: Option<SourcePool>,
    /// Headers to send. They replace the `Host`, `User-Agent`, `Accept` and `Connection` that are
    /// sent otherwise.
    pub headers: HeaderMap,
    /// The response header whose values are counted apart.
    pub by_header: Option<HeaderName>,
    /// The load ends when this many requests have failed.
    pub give_up_after: Option<u64>,
    /// Which complete responses count as completed requests.
    pub expect: Expect,
}

impl Plan {
    /// What ab does with no options: one request, a connection for each, 30 s for each.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            requests: 1,
            concurrency: 1,
            time_limit: None,
            timeout: Duration::from_secs(30),
            connections: ConnectionMode::PerRequest,
            source: None,
            headers: HeaderMap::new(),
            by_header: None,
            give_up_after: None,
            expect: Expect::Success,
        }
    }
}
