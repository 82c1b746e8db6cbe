//! Listening, serving, and coming to an end.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use backend::RealServer;
use tokio::net::{TcpListener, TcpSocket, UdpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::plan::Plan;

/// Connections that the kernel keeps until they are accepted; `net.core.somaxconn` caps it.
const BACKLOG: u32 = 4096;

/// Runs a plan until a signal ends it.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(plan: Plan) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new()?;
    let servers: Vec<_> = plan
        .servers
        .iter()
        .map(|planned| Arc::clone(&planned.server))
        .collect();
    let drain = plan.drain;
    let mut tasks = start(plan).await?;
    signals.next().await;
    for server in &servers {
        server.drain();
    }
    let code = tokio::select! {
        code = signals.next() => ExitCode::from(code),
        () = drained(&mut tasks, drain, &servers) => ExitCode::SUCCESS,
    };
    for server in servers {
        let counters = server.counters();
        println!(
            "{}: {} connections, {} requests, {} responses",
            server.name(),
            counters.connections,
            counters.requests,
            counters.responses.total(),
        );
    }
    Ok(code)
}

/// Opens every socket, says where they are, then serves them.
async fn start(plan: Plan) -> anyhow::Result<JoinSet<()>> {
    let mut listeners = Vec::new();
    let mut sockets = Vec::new();
    for planned in plan.servers {
        for address in planned.listeners {
            let listener =
                listen(address).with_context(|| format!("cannot listen on {address}"))?;
            listeners.push((Arc::clone(&planned.server), listener));
        }
        for address in planned.echoes {
            let socket = UdpSocket::bind(address).await;
            let socket = socket.with_context(|| format!("cannot echo on {address}"))?;
            sockets.push((Arc::clone(&planned.server), socket));
        }
    }
    let mut tasks = JoinSet::new();
    for (server, listener) in listeners {
        println!(
            "{} listens on http://{}/",
            server.name(),
            listener.local_addr()?
        );
        tasks.spawn(server.serve(listener));
    }
    for (server, socket) in sockets {
        println!("{} echoes on udp://{}", server.name(), socket.local_addr()?);
        tasks.spawn(server.echo(socket, plan.strangers));
    }
    Ok(tasks)
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Waits until every listener has ended, at most so long.
async fn drained(tasks: &mut JoinSet<()>, most: Duration, servers: &[Arc<RealServer>]) {
    let ended = async { while tasks.join_next().await.is_some() {} };
    if timeout(most, ended).await.is_err() {
        let open: u64 = servers.iter().map(|server| server.counters().open).sum();
        let most = humantime::format_duration(most);
        eprintln!("{open} connections were still open after {most} and are closed now");
    }
}

/// Both signals that end a program on purpose.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?,
            terminate: signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?,
        })
    }

    /// Waits for either and returns the exit code of a program that it has killed.
    async fn next(&mut self) -> u8 {
        tokio::select! { _ = self.interrupt.recv() => 130, _ = self.terminate.recv() => 143 }
    }
}
