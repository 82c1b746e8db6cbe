//! Client, director and real servers in one network namespace.
//!
//! IPVS schedules what a local client sends (`NF_INET_LOCAL_OUT`) and NAT reaches local servers, all
//! within the system call that sends. So what a call did is done when it returns, and the order of
//! calls is the order of the kernel's decisions.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use analysis::model::{MaglevTableSize, ServerSettings};
use analysis::replay::{Flow, Origin, Replies};
use analysis::trace::{Decision, Event, Header, Recorder, Target, Trace};
use director_setup::{Client, Forwarding, Protocol, RealServer, ServiceKey};
use netns_lab::namespace::Inside;
use nix::sys::resource::{Resource, setrlimit};
use socket2::{Domain, Socket, Type};

use super::addresses::{MARK, SERVER_PORT, SERVICE_PORT, VIP};
use super::case::{Case, Packets};
use super::datagrams::Datagrams;

/// More sockets than any case holds.
const DESCRIPTORS: u64 = 8192;
/// How long the kernel may take for what it does at its next tick.
const TICKS: Duration = Duration::from_secs(5);
/// How long it may take for what it does at a timer.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(5);

/// Why it is not known what the kernel's table holds.
#[derive(Debug)]
pub enum Disturbed {
    /// The machine stood still for so long that entries may have expired in between.
    TooSlow,
    /// An entry that had to give way stays. It expires by a timer that is due at once; if that runs
    /// while the packet's own hook still holds the entry, it lives for another minute
    /// (`expire_later` in `ip_vs_conn_expire` of `ip_vs_conn.c`, Linux 6.1).
    OldEntry,
}

/// A service with its real servers, and the record of what happens to it.
pub struct Rig {
    ipvs: Client,
    key: ServiceKey,
    packets: Packets,
    listener: TcpListener,
    datagrams: Datagrams,
    started: Instant,
    recorder: Recorder,
    /// How many connections the kernel has scheduled, as far as they arrived.
    scheduled: u64,
}

/// A connection with both of its ends.
pub struct Held {
    pub flow: Flow,
    /// The real server that has it.
    pub server: SocketAddr,
    client: Socket,
    accepted: TcpStream,
}

impl Rig {
    /// Adds the service of a case.
    pub fn new(inside: &Inside, case: &Case) -> Self {
        setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS).expect("the guest is root");
        let mut ipvs = inside.ipvs().expect("the guest has IPVS");
        let service = case.service();
        ipvs.add_service(&service).expect("the service is valid");
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, SERVER_PORT)).expect("it is free");
        listener.set_nonblocking(true).expect("it is a socket");
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").expect("there is /proc");
        let header = Header {
            kernel: kernel.trim().to_owned(),
            protocol: match case.packets {
                Packets::Udp => Protocol::Udp,
                Packets::Tcp | Packets::Marked { .. } => Protocol::Tcp,
            },
            target: match service.key {
                ServiceKey::Address { address, .. } => Target::Address(address),
                ServiceKey::FirewallMark { mark, .. } => Target::FirewallMark(mark),
            },
            scheduler: service.scheduler,
            flags: service.flags,
            persistence: service.persistence,
            replies: Replies::PassDirector,
            maglev_table: MaglevTableSize::default(),
        };
        Self {
            ipvs,
            key: service.key,
            packets: case.packets,
            listener,
            datagrams: Datagrams::open(),
            started: Instant::now(),
            recorder: Recorder::new(header),
            scheduled: 0,
        }
    }

    /// The record.
    pub fn finish(self) -> Trace {
        self.recorder.finish()
    }

    /// How long the service has been there.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    fn record(&mut self, at: Duration, event: Event) {
        let recorded = self.recorder.record(at, event);
        recorded.unwrap_or_else(|error| panic!("{event:?}: {error}"));
    }

    pub fn add(&mut self, server: SocketAddr, settings: ServerSettings) {
        let at = self.age();
        let added = self
            .ipvs
            .add_server(&self.key, &configured(server, settings));
        added.expect("the server is valid");
        self.record(at, Event::Add { server, settings });
    }

    pub fn edit(&mut self, server: SocketAddr, settings: ServerSettings) {
        let at = self.age();
        let edited = self
            .ipvs
            .edit_server(&self.key, &configured(server, settings));
        edited.expect("the server is valid");
        self.record(at, Event::Edit { server, settings });
    }

    pub fn remove(&mut self, server: SocketAddr) {
        let at = self.age();
        let removed = self.ipvs.delete_server(&self.key, server);
        removed.expect("the server is there");
        self.record(at, Event::Remove(server));
    }

    /// Records what the kernel counts at each server.
    pub fn count(&mut self) {
        let at = self.age();
        let entries = self.ipvs.servers(&self.key).expect("servers can be listed");
        for entry in entries {
            let event = Event::Count {
                server: entry.server.address,
                active: entry.connections.active,
                inactive: entry.connections.inactive,
            };
            self.record(at, event);
        }
    }

    /// Opens a TCP connection; `None`: it was refused.
    pub fn connect(&mut self, from: SocketAddrV4, to: Ipv4Addr) -> Option<Held> {
        let client = self
            .client_socket(from)
            .expect("the address is local and free");
        let flow = flow(from, to);
        let at = self.age();
        match client.connect(&SocketAddrV4::new(to, SERVICE_PORT).into()) {
            Err(error) if error.raw_os_error() != Some(nix::libc::EINPROGRESS) => {
                panic!("{from} cannot connect: {error}")
            }
            _ => {}
        }
        let accepted = self.accept();
        let server = accepted.as_ref().map(|(server, _)| *server);
        let decision = Decision::from(server);
        self.record(at, Event::Open { flow, decision });
        let (server, (accepted, peer)) = accepted?;
        assert_eq!(
            peer,
            SocketAddr::V4(from),
            "the connections are opened one by one"
        );
        Some(Held {
            flow,
            server,
            client,
            accepted,
        })
    }

    fn client_socket(&self, from: SocketAddrV4) -> io::Result<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        if let Packets::Marked { .. } = self.packets {
            socket.set_mark(MARK)?;
        }
        socket.bind(&from.into())?;
        Ok(socket)
    }

    /// The connection that was just opened, unless the kernel scheduled none.
    fn accept(&mut self) -> Option<(SocketAddr, (TcpStream, SocketAddr))> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.listener.accept() {
                Ok((stream, peer)) => {
                    self.scheduled += 1;
                    let server = stream.local_addr().expect("it is connected");
                    return Some((server, (stream, peer)));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("cannot accept: {error}"),
            }
            if self.scheduled == scheduled() {
                return None;
            }
            assert!(Instant::now() < deadline, "a connection does not arrive");
        }
    }

    /// Sends a datagram and says which server got it; `None`: it was refused.
    pub fn send(&mut self, from: SocketAddrV4) -> Option<SocketAddr> {
        let at = self.age();
        let server = self.datagrams.send(from, VIP);
        let decision = Decision::from(server);
        let flow = flow(from, *VIP.ip());
        self.record(at, Event::Open { flow, decision });
        server
    }

    /// One end says that it has no more to say.
    pub fn fin(&mut self, held: &Held, from: Origin) {
        let at = self.age();
        let shut = match from {
            Origin::Client => held.client.shutdown(std::net::Shutdown::Write),
            Origin::Server => held.accepted.shutdown(std::net::Shutdown::Write),
        };
        shut.expect("the connection is open");
        let flow = held.flow;
        self.record(at, Event::Fin { flow, from });
    }

    /// One end breaks the connection off.
    pub fn reset(&mut self, held: Held, from: Origin) {
        let at = self.age();
        let Held {
            flow,
            client,
            accepted,
            ..
        } = held;
        let (first, second) = match from {
            Origin::Client => (client, Socket::from(accepted)),
            Origin::Server => (Socket::from(accepted), client),
        };
        first
            .set_linger(Some(Duration::ZERO))
            .expect("it is a socket");
        drop(first);
        drop(second);
        self.record(at, Event::Rst { flow, from });
    }

    /// Waits until this client has only so many entries: one that had to give way to a new
    /// connection goes at the kernel's next tick.
    pub fn settle(&mut self, client: SocketAddrV4, entries: usize) -> Result<(), Disturbed> {
        let word = format!(" {:08X} {:04X} ", client.ip().to_bits(), client.port());
        let is_settled = || connection_table().matches(&word).count() == entries;
        if !is_true_within(TICKS, is_settled) {
            return Err(Disturbed::OldEntry);
        }
        // It may also be that the old entry was taken.
        self.scheduled = scheduled();
        Ok(())
    }

    /// Waits until the entries of all connections that were reset are gone.
    pub fn wait_for_resets(&mut self, reset: Vec<Flow>) {
        let is_over = is_true_within(PATIENCE, || !connection_table().contains(" CLOSE "));
        assert!(is_over, "entries of reset connections stay");
        let at = self.age();
        for flow in reset {
            self.record(at, Event::Gone(flow));
        }
    }
}

fn is_true_within(time: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + time;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(GLANCE);
    }
}

fn connection_table() -> String {
    fs::read_to_string("/proc/thread-self/net/ip_vs_conn").expect("the guest has IPVS")
}

/// How many connections the kernel has scheduled: the counters of each CPU do not lag.
pub fn scheduled() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/net/ip_vs_stats_percpu");
    let text = text.expect("the guest has IPVS");
    let of_line = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        u32::from_str_radix(words.next()?, 16).ok()?;
        u64::from_str_radix(words.next()?, 16).ok()
    };
    // After the CPUs come a line of totals, which lag, and rates.
    let cpus = text
        .lines()
        .take_while(|line| !line.trim_start().starts_with('~'));
    cpus.filter_map(of_line).sum()
}

fn configured(server: SocketAddr, settings: ServerSettings) -> RealServer {
    RealServer::new(server, Forwarding::Nat)
        .with_weight(settings.weight)
        .with_thresholds(settings.thresholds)
}

fn flow(client: SocketAddrV4, destination: Ipv4Addr) -> Flow {
    Flow {
        client: client.into(),
        destination: destination.into(),
    }
}
