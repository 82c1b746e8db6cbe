//! A minimal HTTP real server that names itself and counts.

use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use backend::RealServer;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

/// A minimal HTTP real server that names itself in every response and counts.
///
/// It serves / and /index.html (its name), /bytes/N, /delay/MS and /stats (its counts as JSON)
/// until it is interrupted or terminated.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// The name sent in the header x-real-server
    #[arg(long)]
    name: String,
    /// Where to listen, such as 127.0.0.1:8080; may be repeated
    #[arg(long, value_name = "ADDR:PORT", required = true)]
    listen: Vec<SocketAddr>,
}

fn main() -> ExitCode {
    match serve(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn serve(args: Args) -> anyhow::Result<()> {
    let server = RealServer::new(&args.name)?;
    let interrupted = interrupted()?;
    let mut listeners = JoinSet::new();
    for address in args.listen {
        let listener = listen(&server, address).await?;
        listeners.spawn(Arc::clone(&server).serve(listener));
    }
    interrupted.await;
    let counters = server.counters();
    println!(
        "{}: {} connections, {} requests",
        args.name, counters.connections, counters.requests
    );
    Ok(())
}

async fn listen(server: &RealServer, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    println!(
        "{} listens on http://{}/",
        server.name(),
        listener.local_addr()?
    );
    Ok(listener)
}

/// Ends when the process is interrupted or terminated.
fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}
