//! The servers, all on one core; those that are not asked wait and cost nothing.

mod backend;
pub(crate) mod canned;
mod nginx;

use std::fmt;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use serde::Serialize;
use tempfile::TempDir;

use crate::cell::{BODY, PATH};
use crate::client::{ClientName, Clients};
use crate::executables::Executables;
use crate::process::{Background, Cores, Program};

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(10);

/// A server by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ServerName {
    /// Answers at once: the client is the bottleneck.
    Canned,
    /// One worker, no log, the body in its memory.
    Nginx,
    /// Ours.
    Backend,
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Canned => "canned",
            Self::Nginx => "nginx",
            Self::Backend => "backend",
        })
    }
}

/// A server that answers.
pub(crate) struct Server {
    pub(crate) name: ServerName,
    process: Background,
    port: u16,
}

impl Server {
    /// Where a client finds it. Every client has an address of its own: the ports that one leaves in
    /// `TIME_WAIT` are not in the way of the next.
    pub(crate) fn address(&self, client: ClientName) -> SocketAddr {
        address(client, self.port)
    }

    /// Its CPU time so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        self.process
            .cpu()
            .with_context(|| format!("the server {}", self.name))
    }
}

fn address(client: ClientName, port: u16) -> SocketAddr {
    let host = 1 + client as u8;
    SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), port))
}

/// All of them, and the directory of their files.
pub(crate) struct Servers {
    // Before the directory: nginx writes into it until it ends.
    running: Vec<Server>,
    _directory: TempDir,
}

impl Servers {
    /// Starts them on their core and sees that they answer.
    pub(crate) fn start(
        names: &[ServerName],
        clients: &Clients,
        executables: &Executables,
        cores: Cores,
        left_out: &mut Vec<String>,
    ) -> Result<Self> {
        let directory = TempDir::new().context("cannot make a directory for nginx's files")?;
        let mut running = Vec::new();
        for &name in names {
            let addresses = free_addresses(clients)?;
            let program = match name {
                ServerName::Canned => Some(canned::program(&addresses)?),
                ServerName::Backend => Some(backend::program(executables, &addresses)),
                ServerName::Nginx => nginx::program(directory.path(), &addresses)?,
            };
            let Some(program) = program else {
                left_out.push(nginx::REMEDY.to_owned());
                continue;
            };
            running.push(started(name, &program, cores, &addresses)?);
        }
        Ok(Self {
            running,
            _directory: directory,
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Server> {
        self.running.iter()
    }
}

/// An address for every client, all with one port that nobody uses.
fn free_addresses(clients: &Clients) -> Result<Vec<SocketAddr>> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    let port = free.local_addr()?.port();
    Ok(clients
        .iter()
        .map(|client| address(client.name, port))
        .collect())
}

fn started(
    name: ServerName,
    program: &Program,
    cores: Cores,
    addresses: &[SocketAddr],
) -> Result<Server> {
    let mut process = Background::start(cores.server, program)?;
    for address in addresses {
        let stream = connected(&mut process, *address).with_context(|| format!("server {name}"))?;
        expect_body(stream).with_context(|| format!("server {name} at {address}"))?;
    }
    let port = addresses.first().context("there is no client")?.port();
    Ok(Server {
        name,
        process,
        port,
    })
}

fn connected(process: &mut Background, address: SocketAddr) -> Result<TcpStream> {
    let began = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return Ok(stream),
            Err(_) if process.has_ended() => bail!("it has ended, see above"),
            Err(error) if began.elapsed() > START => return Err(error).context("cannot connect"),
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Asks once, as the clients will.
fn expect_body(mut stream: TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(START))?;
    let request = format!("GET {PATH} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).context("no response")?;
    let head = memchr::memmem::find(&response, b"\r\n\r\n").context("no whole head")?;
    ensure!(
        response.starts_with(b"HTTP/1.1 200 "),
        "the response is not 200"
    );
    ensure!(
        response.len() - head - 4 == BODY,
        "the body has not {BODY} bytes"
    );
    Ok(())
}
