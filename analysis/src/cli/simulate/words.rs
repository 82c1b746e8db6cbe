//! What is typed, and the plan that is meant by it.

use std::net::Ipv4Addr;

use analysis::Share;
use analysis::director::DirectorSettings;
use analysis::model::{KernelVersion, MAGLEV_TABLE_SIZES, MaglevTableSize, ModelSettings};
use analysis::replay::Replies;
use analysis::simulate::{
    Addresses, Arrivals, Close, Discipline, Ending, Load, Plan, PlannedServer, Positive, Seeds,
    ServiceTime, Which,
};
use anyhow::{Context, bail, ensure};
use clap::Args;
use director_setup::{Forwarding, Netmask, Persistence, Scheduler, ServiceFlags};

use super::{Format, changes, lists};

/// From so many connections on, one run is the default.
const LONG: u64 = 1_000_000;
const USUAL_RUNS: u32 = 20;

#[derive(Args)]
pub struct Arguments {
    /// rr, wrr, lc, wlc, fo, ovf, lblc, lblcr, dh, sh, mh, sed, nq or twos.
    #[arg(long, value_name = "NAME", default_value = "wlc")]
    scheduler: Scheduler,
    /// Weights of the real servers rs1, rs2, …, in the order of addition; 4x100 is a hundred times 4.
    #[arg(long, value_name = "W,W,…", default_value = "1,1")]
    weights: String,
    /// Flags of the service: sh-port, sh-fallback, mh-port, mh-fallback.
    #[arg(long, value_name = "FLAG,…", value_delimiter = ',')]
    flags: Vec<String>,
    /// Kernel whose behaviour is modelled.
    #[arg(long, value_name = "VERSION", default_value_t = KernelVersion::REFERENCE)]
    kernel: KernelVersion,
    /// Entries of mh's table (`CONFIG_IP_VS_MH_TAB_INDEX`).
    #[arg(long, value_name = "ENTRIES", default_value_t = MaglevTableSize::default().entries())]
    mh_table: u32,
    /// Seconds for which a client stays with its real server.
    #[arg(long, value_name = "SECONDS")]
    persistent: Option<u32>,
    /// Which clients count as one for persistence.
    #[arg(long, value_name = "MASK", requires = "persistent", default_value_t = Ipv4Addr::BROADCAST)]
    netmask: Ipv4Addr,
    /// Connections from which on a real server gets no more, and below which it does again:
    /// UPPER or UPPER:LOWER, for each server or once for all.
    #[arg(long, value_name = "U:L,…")]
    thresholds: Option<String>,
    /// Connections of a run.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10_000)]
    connections: u64,
    /// A closed loop: so many connections at a time [default: 10].
    #[arg(short, long, value_name = "N", conflicts_with = "rate")]
    concurrency: Option<u32>,
    /// An open loop: so many connections a second.
    #[arg(long, value_name = "PER-SECOND", allow_negative_numbers = true)]
    rate: Option<Positive>,
    /// Arrivals of the open loop are random.
    #[arg(long, requires = "rate")]
    poisson: bool,
    /// How long a connection keeps its real server busy: 3ms, exp:3ms, uniform:1ms-5ms,
    /// pareto:LEAST:SHAPE or lognormal:MEDIAN:SIGMA.
    #[arg(long, value_name = "TIME", default_value = "exp:3ms")]
    service_time: ServiceTime,
    /// Speeds of the real servers, for each or once for all.
    #[arg(long, value_name = "S,S,…")]
    speeds: Option<String>,
    /// Which connections are served at the same time.
    #[arg(long, value_enum, default_value_t)]
    discipline: Discipline,
    /// Who ends a connection.
    #[arg(long, value_enum, default_value_t, conflicts_with = "udp")]
    close: Close,
    /// nat, dr or tun.
    #[arg(long, value_name = "METHOD", default_value_t = Forwarding::Nat)]
    forwarding: Forwarding,
    /// UDP: one datagram and one answer for each connection.
    #[arg(long)]
    udp: bool,
    /// One-packet scheduling of UDP.
    #[arg(long, requires = "udp")]
    one_packet: bool,
    /// Distinct client addresses; every connection has a port of its own.
    #[arg(long, value_name = "N", default_value_t = 1)]
    clients: u32,
    /// The first client address [default: drawn for each run].
    #[arg(long, value_name = "ADDRESS")]
    client_address: Option<Ipv4Addr>,
    /// Distinct destination addresses, as of a service by firewall mark.
    #[arg(long, value_name = "N", default_value_t = 1)]
    destinations: u32,
    /// The first destination address [default: drawn for each run].
    #[arg(long, value_name = "ADDRESS")]
    vip: Option<Ipv4Addr>,
    /// A change on the way (may be repeated): '@5000 rs2 weight 0', '@5000 rs2 remove' or
    /// '@2s rs3 add 4'; @N is after N connections.
    #[arg(long, value_name = "CHANGE")]
    change: Vec<String>,
    /// With dh, sh and mh: what the keys do if this server leaves (may be repeated) [default: any].
    #[arg(long, value_name = "SERVER")]
    without: Vec<String>,
    /// The first seed.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Runs, each with a seed of its own [default: 20; 1 from a million connections on].
    #[arg(long, value_name = "N")]
    seeds: Option<u32>,
    /// Shares have settled when they stay within this of the final ones, 0 to 1.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.01,
        allow_negative_numbers = true
    )]
    tolerance: f64,
    /// How the outcome is shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

impl Arguments {
    /// The plan, or the first thing that is wrong with it.
    pub fn plan(&self) -> anyhow::Result<Plan> {
        let mut plan = Plan {
            service: self.service()?,
            replies: self.replies()?,
            ending: if self.udp {
                Ending::Udp
            } else {
                Ending::Tcp(self.close)
            },
            servers: self.servers()?,
            changes: Vec::new(),
            load: self.load(),
            seeds: self.seeds(),
            tolerance: Share::try_from(self.tolerance).context("--tolerance")?,
        };
        for change in &self.change {
            changes::add(&mut plan, change).context("--change")?;
        }
        Ok(plan)
    }

    /// The places of the servers that leave.
    pub fn without(&self, plan: &Plan) -> anyhow::Result<Vec<usize>> {
        let place = |name: &String| {
            let unknown = || format!("--without: {}", changes::unknown(plan, name));
            changes::place(plan, name).with_context(unknown)
        };
        self.without.iter().map(place).collect()
    }

    fn service(&self) -> anyhow::Result<DirectorSettings> {
        let size = MaglevTableSize::of(self.mh_table).with_context(|| {
            let sizes = MAGLEV_TABLE_SIZES.map(|size| size.to_string()).join(", ");
            format!("--mh-table: no kernel has {}: {sizes}", self.mh_table)
        })?;
        let persistence = self.persistent.map(|timeout_seconds| Persistence {
            timeout_seconds,
            netmask: Netmask::Ipv4(self.netmask),
        });
        let model = ModelSettings {
            maglev_table: size,
            ..ModelSettings::new(self.scheduler.clone(), self.kernel).with_flags(self.flags()?)
        };
        Ok(DirectorSettings { model, persistence })
    }

    fn flags(&self) -> anyhow::Result<ServiceFlags> {
        let mut flags = ServiceFlags::NONE;
        for name in &self.flags {
            let (of, flag) = match name.as_str() {
                "sh-port" => (Scheduler::SourceHashing, ServiceFlags::SH_PORT),
                "sh-fallback" => (Scheduler::SourceHashing, ServiceFlags::SH_FALLBACK),
                "mh-port" => (Scheduler::MaglevHashing, ServiceFlags::MH_PORT),
                "mh-fallback" => (Scheduler::MaglevHashing, ServiceFlags::MH_FALLBACK),
                _ => bail!(
                    "--flags: {name:?} is no flag: write sh-port, sh-fallback, mh-port or mh-fallback"
                ),
            };
            let scheduler = &self.scheduler;
            ensure!(
                of == *scheduler,
                "--flags: {name} is a flag of the scheduler {of}, not of {scheduler}"
            );
            flags |= flag;
        }
        if self.one_packet {
            flags |= ServiceFlags::ONE_PACKET;
        }
        Ok(flags)
    }

    fn replies(&self) -> anyhow::Result<Replies> {
        match self.forwarding {
            Forwarding::Nat => Ok(Replies::PassDirector),
            Forwarding::Dr | Forwarding::Tun => Ok(Replies::BypassDirector),
            other => bail!("--forwarding: {other} is not for real servers: write nat, dr or tun"),
        }
    }

    fn servers(&self) -> anyhow::Result<Vec<PlannedServer>> {
        let weights = lists::repeated(&self.weights, lists::weight).context("--weights")?;
        let numbers = 0..=u16::MAX;
        let servers = numbers.zip(weights);
        let mut servers: Vec<_> = servers
            .map(|(number, weight)| PlannedServer::numbered(number, weight))
            .collect();
        if let Some(text) = &self.thresholds {
            let option = "--thresholds";
            let values = lists::repeated(text, lists::thresholds).context(option)?;
            let values = lists::for_each(option, values, servers.len())?;
            for (server, thresholds) in servers.iter_mut().zip(values) {
                server.thresholds = thresholds;
            }
        }
        if let Some(text) = &self.speeds {
            let option = "--speeds";
            let values = lists::repeated(text, lists::speed).context(option)?;
            let values = lists::for_each(option, values, servers.len())?;
            for (server, speed) in servers.iter_mut().zip(values) {
                server.speed = speed;
            }
        }
        Ok(servers)
    }

    fn load(&self) -> Load {
        let arrivals = match (self.rate, self.concurrency) {
            (Some(rate), _) if self.poisson => Arrivals::Poisson(rate),
            (Some(rate), _) => Arrivals::Constant(rate),
            (None, concurrency) => Arrivals::Closed(concurrency.unwrap_or(10)),
        };
        let which = |first: Option<Ipv4Addr>| first.map_or(Which::Anywhere, Which::Successive);
        Load {
            connections: self.connections,
            arrivals,
            service_time: self.service_time,
            discipline: self.discipline,
            clients: Addresses {
                count: self.clients,
                from: which(self.client_address),
            },
            destinations: Addresses {
                count: self.destinations,
                from: which(self.vip),
            },
        }
    }

    fn seeds(&self) -> Seeds {
        let usual = if self.connections < LONG {
            USUAL_RUNS
        } else {
            1
        };
        Seeds {
            first: self.seed,
            count: self.seeds.unwrap_or(usual),
        }
    }
}
