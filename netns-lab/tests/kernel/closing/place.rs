//! Servers and loads in namespaces.

use std::fs;
use std::io;
use std::net::{SocketAddr, SocketAddrV4, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use backend::RealServer;
use hyper::http::uri::{Authority, PathAndQuery};
use loadgen::{Plan, Progress, Report, Script, Target};
use netns_lab::namespace::{Host, HostNetwork, Inside, NamespaceError};
use nix::sys::resource::{Resource, setrlimit};
use tokio::runtime::{Builder, Runtime};

/// More sockets than any case holds.
const DESCRIPTORS: u64 = 8192;
/// How long the last FINs may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);
const TIME_WAIT: &str = "06";
const LISTEN: &str = "0A";

/// A real server in a namespace, which serves for as long as the guest lives. It closes a
/// connection first only if it is asked to.
pub fn serve(
    host: HostNetwork,
    place: &Host,
    name: &str,
    address: SocketAddrV4,
) -> Arc<RealServer> {
    setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS).expect("the guest is root");
    let listener = within(host, place, |_| {
        let listener = TcpListener::bind(address).expect("the port is free");
        listener.set_nonblocking(true).expect("it is a socket");
        listener
    });
    let server = RealServer::new(name).expect("it is a name");
    let serving = Arc::clone(&server);
    thread::spawn(move || {
        runtime().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it is a listener");
            serving.serve(listener).await;
        });
    });
    server
}

/// Runs a load to its end in a namespace.
pub fn load(host: HostNetwork, place: &Host, plan: &Plan) -> Report {
    within(host, place, |_| {
        runtime().block_on(loadgen::run(plan, &Progress::new(), std::future::pending()))
    })
}

/// A load for this address.
pub fn plan(server: SocketAddrV4) -> Plan {
    let target = Target {
        addresses: vec![SocketAddr::V4(server)],
        authority: Authority::try_from(server.to_string()).expect("it is a host"),
    };
    Plan::new(target, Script::get(PathAndQuery::from_static("/")))
}

/// Runs `work` in a namespace.
pub fn within<T: Send>(
    host: HostNetwork,
    place: &Host,
    work: impl FnOnce(&Inside) -> T + Send,
) -> T {
    let done = place
        .namespace
        .run::<_, NamespaceError>(host, |inside| Ok(work(inside)));
    done.expect("the namespace can be entered")
}

/// How many TCP sockets of a namespace wait for late segments, once all others are closed.
pub fn time_wait(host: HostNetwork, place: &Host) -> usize {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut states = states(host, place);
        states.retain(|state| state != LISTEN);
        let waiting = states.iter().filter(|state| *state == TIME_WAIT).count();
        if waiting == states.len() {
            return waiting;
        }
        assert!(
            Instant::now() < deadline,
            "connections stay open: {states:?}"
        );
        thread::sleep(LOOK);
    }
}

/// The states of all TCP sockets, as numbers of `include/net/tcp_states.h`.
fn states(host: HostNetwork, place: &Host) -> Vec<String> {
    let table: io::Result<String> = within(host, place, |_| {
        fs::read_to_string("/proc/thread-self/net/tcp")
    });
    let table = table.expect("the guest has TCP");
    let state = |line: &str| line.split_whitespace().nth(3).map(str::to_owned);
    table.lines().skip(1).filter_map(state).collect()
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("the guest makes runtimes")
}
