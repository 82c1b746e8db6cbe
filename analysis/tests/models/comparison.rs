//! A model and its oracle, side by side.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use analysis::director::{Connection, Director, DirectorSettings};
use analysis::model::{
    Activity, Arrival, KernelVersion, MAGLEV_TABLE_SIZES, MaglevTableSize, ModelSettings,
    ServerSettings,
};
use director_setup::{Scheduler, ServiceFlags, Thresholds};

use crate::kernel::{self, Configured, Dest, Flags, IpVsScheduler, IpVsService, Packet, Release};
use crate::sequence::{Sequence, Server, Step, address};

/// The model of this scheduler as a sequence wants it.
pub fn director(scheduler: &str, sequence: &Sequence) -> Director {
    let kernel = match release(sequence) {
        Release::Older => KernelVersion::new(6, 1, 176),
        Release::Newer => KernelVersion::new(6, 12, 117),
    };
    let mut flags = ServiceFlags::NONE;
    if sequence.fallback {
        flags |= ServiceFlags::SH_FALLBACK;
    }
    if sequence.port {
        flags |= ServiceFlags::SH_PORT;
    }
    let mut settings = ModelSettings::new(Scheduler::from(scheduler), kernel).with_flags(flags);
    let entries = MAGLEV_TABLE_SIZES[sequence.mh_index - 8];
    settings.maglev_table = MaglevTableSize::of(entries).expect("the kernel has this size");
    Director::new(&DirectorSettings::from(settings)).expect("there is a model")
}

pub fn release(sequence: &Sequence) -> Release {
    if sequence.newer_kernel {
        Release::Newer
    } else {
        Release::Older
    }
}

pub fn settings(server: Server) -> ServerSettings {
    ServerSettings {
        weight: server.weight.try_into().expect("below 2^31"),
        thresholds: Thresholds {
            upper: server.upper,
            lower: server.lower,
        },
    }
}

/// A connection of this client to this destination, in both vocabularies.
pub fn arrival(at: u64, client: u32, port: u16, destination: u32) -> (Arrival, Packet) {
    let client = Ipv4Addr::from_bits(0x0A01_0001 + client * 7919);
    let destination = Ipv4Addr::from_bits(0xC0A8_0001 + destination);
    let arrival = Arrival {
        at: Duration::from_secs(at),
        client: SocketAddr::from((client, port)),
        destination: destination.into(),
    };
    let packet = Packet {
        saddr: client.into(),
        source: port,
        daddr: destination.into(),
        jiffies: at,
    };
    (arrival, packet)
}

/// Both at once.
pub struct Pair {
    director: Director,
    svc: IpVsService,
    scheduler: Box<dyn IpVsScheduler>,
    connections: Vec<(Connection, Dest)>,
    now: u64,
}

impl Pair {
    pub fn new(scheduler: &str, sequence: &Sequence) -> Self {
        let release = release(sequence);
        let flags = Flags {
            fallback: sequence.fallback,
            port: sequence.port,
        };
        Self {
            director: director(scheduler, sequence),
            svc: IpVsService::new(release),
            scheduler: kernel::scheduler(scheduler, flags, sequence.mh_index, release),
            connections: Vec::new(),
            now: 0,
        }
    }

    /// Does the same to both and compares them.
    pub fn take(&mut self, step: Step) {
        match step {
            Step::Configure(server, settings) => self.configure(server, settings),
            Step::Remove(server) => self.remove(server),
            Step::Connect {
                client,
                port,
                destination,
                wait,
                becomes_active,
            } => {
                self.now += wait;
                self.connect(client, port, destination);
                if becomes_active {
                    self.set_activity(self.connections.len().wrapping_sub(1), Activity::Active);
                }
            }
            Step::Activate(connection) => self.set_activity(connection, Activity::Active),
            Step::Deactivate(connection) => self.set_activity(connection, Activity::Inactive),
            Step::Forget(connection) => self.forget(connection),
        }
        self.compare();
    }

    /// How many connections are not forgotten.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    fn linked(&self, server: usize) -> Option<Dest> {
        let mut linked = self.svc.destinations.iter().copied();
        linked.find(|&dest| self.svc.dest(dest).addr == Some(address(server)))
    }

    fn configure(&mut self, server: usize, to: Server) {
        let udest = Configured {
            weight: to.weight.cast_signed(),
            u_threshold: to.upper,
            l_threshold: to.lower,
        };
        if let Some(dest) = self.linked(server) {
            self.svc.update(dest, udest, false);
            self.scheduler.upd_dest(&self.svc);
            let edited = self.director.edit(address(server), settings(to));
            edited.expect("the server is listed");
        } else {
            self.svc.add(address(server), udest);
            self.scheduler.add_dest(&self.svc);
            let added = self.director.add(address(server), settings(to));
            added.expect("the server is not listed");
        }
    }

    fn remove(&mut self, server: usize) {
        let removed = self.director.remove(address(server));
        let linked = self.linked(server);
        assert_eq!(removed.is_ok(), linked.is_some());
        if let Some(dest) = linked {
            let prev = self.svc.unlink(dest);
            self.scheduler.del_dest(&self.svc, dest, prev);
        }
    }

    fn connect(&mut self, client: u32, port: u16, destination: u32) {
        let (arrival, packet) = arrival(self.now, client, port, destination);
        let ours = self.director.schedule(&arrival);
        let theirs = self.scheduler.schedule(&self.svc, &packet);
        let servers = self.director.servers();
        let picked = ours.map(|connection| servers.get(connection.server()).address);
        let expected = theirs.and_then(|dest| self.svc.dest(dest).addr);
        assert_eq!(picked, expected, "the kernel's loops pick another server");
        if let (Some(connection), Some(dest)) = (ours, theirs) {
            self.svc.bind(dest);
            self.connections.push((connection, dest));
        }
    }

    fn set_activity(&mut self, connection: usize, to: Activity) {
        if self.connections.is_empty() {
            return;
        }
        let count = self.connections.len();
        let (connection, dest) = &mut self.connections[connection % count];
        if connection.activity() != to {
            self.svc.change(*dest, to == Activity::Active);
        }
        self.director.set_activity(connection, to);
    }

    fn forget(&mut self, connection: usize) {
        if self.connections.is_empty() {
            return;
        }
        let place = connection % self.connections.len();
        let (connection, dest) = self.connections.swap_remove(place);
        self.svc
            .unbind(dest, connection.activity() == Activity::Active);
        self.director
            .release(connection, Duration::from_secs(self.now));
    }

    /// Both have the same list and the same counts.
    fn compare(&self) {
        let ours = self.director.servers().kernel_order().map(|(_, server)| {
            let counts = (server.active, server.inactive);
            (Some(server.address), counts, server.overloaded)
        });
        let theirs = self.svc.destinations.iter().map(|&dest| {
            let dest = self.svc.dest(dest);
            let counts = (
                dest.activeconns.cast_unsigned(),
                dest.inactconns.cast_unsigned(),
            );
            (dest.addr, counts, dest.overload)
        });
        assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
    }
}
