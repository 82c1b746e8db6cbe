//! What the options of a command line have said so far.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::super::legality::{Aspect, Given};
use super::super::misuse::Misuse;
use super::super::names::Names;
use super::super::style::{Columns, Order, Style};
use super::super::values;
use super::super::words::{Found, Word};
use crate::abi;
use crate::{
    AddressFamily, Forwarding, Netmask, Protocol, ServiceFlags, ServiceKey, SyncRole, Thresholds,
    Timeouts, Weight,
};

/// Seconds of persistence when none are named; the original's manual says 300.
const PERSISTENCE: u32 = 360;
/// The largest number of connections or weight.
const LARGEST: i64 = i32::MAX as i64;
/// The longest UDP payload in an IPv4 packet, in bytes.
const LONGEST_PAYLOAD: i64 = 65_535 - 20 - 8;

/// The values of the options that were read, and the defaults of those that were not.
pub(super) struct Draft {
    pub(super) given: Given,
    pub(super) key: Option<ServiceKey>,
    pub(super) scheduler: String,
    pub(super) one_packet: bool,
    pub(super) flags: Option<String>,
    pub(super) persistence: Option<u32>,
    pub(super) netmask: Netmask,
    pub(super) engine: String,
    pub(super) server: Option<std::net::SocketAddr>,
    pub(super) forwarding: Forwarding,
    pub(super) weight: Weight,
    pub(super) thresholds: Thresholds,
    pub(super) tunnel: TunnelKind,
    pub(super) tunnel_port: u16,
    pub(super) role: Option<SyncRole>,
    pub(super) interface: String,
    pub(super) sync_id: u32,
    pub(super) group: Option<IpAddr>,
    pub(super) port: Option<u16>,
    pub(super) ttl: Option<u8>,
    pub(super) max_length: Option<u16>,
    pub(super) timeouts: Option<Timeouts>,
    pub(super) watch: Option<Duration>,
}

/// `--tun-type`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TunnelKind {
    Ipip,
    Gue,
    Gre,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            given: Given::default(),
            key: None,
            scheduler: String::new(),
            one_packet: false,
            flags: None,
            persistence: None,
            netmask: Netmask::single_client(AddressFamily::Ipv4),
            engine: String::new(),
            server: None,
            forwarding: Forwarding::Dr,
            weight: Weight::ONE,
            thresholds: Thresholds::default(),
            tunnel: TunnelKind::Ipip,
            tunnel_port: 0,
            role: None,
            interface: String::new(),
            sync_id: 0,
            group: None,
            port: None,
            ttl: None,
            max_length: None,
            timeouts: None,
            watch: None,
        }
    }
}

impl Draft {
    /// Takes an option that is no command; `false` if it is one.
    pub(super) fn take(&mut self, found: &Found<'_>, names: &mut Names) -> Result<bool, Misuse> {
        let Some(aspect) = aspect(found.word) else {
            match found.word {
                Word::Ipv6 => self.take_ipv6()?,
                // Sorting is the default.
                Word::Sort => {}
                _ => return Ok(false),
            }
            return Ok(true);
        };
        self.given.note(aspect)?;
        let value = found.argument();
        match found.word {
            Word::TcpService => self.take_service(Protocol::Tcp, value, names)?,
            Word::UdpService => self.take_service(Protocol::Udp, value, names)?,
            Word::SctpService => self.take_service(Protocol::Sctp, value, names)?,
            Word::FwmarkService => {
                let mark = values::fwmark(value)?;
                self.key = Some(ServiceKey::firewall_mark(mark, AddressFamily::Ipv4));
            }
            Word::RealServer => self.take_server(value, names)?,
            Word::Ipip => self.forwarding = Forwarding::Tun,
            Word::Gatewaying => self.forwarding = Forwarding::Dr,
            Word::Masquerading => self.forwarding = Forwarding::Nat,
            Word::Weight => {
                let weight: u32 = values::small(value, 0..=LARGEST, "illegal weight specified")?;
                self.weight =
                    Weight::try_from(weight).map_err(|error| Misuse::wrong(error.to_string()))?;
            }
            Word::UpperThreshold => {
                let complaint = "illegal u_threshold specified";
                self.thresholds.upper = values::small(value, 0..=LARGEST, complaint)?;
            }
            Word::LowerThreshold => {
                let complaint = "illegal l_threshold specified";
                self.thresholds.lower = values::small(value, 0..=LARGEST, complaint)?;
            }
            Word::TunType => self.tunnel = tunnel_kind(value)?,
            Word::TunPort => {
                let complaint = "illegal tunnel port specified";
                self.tunnel_port = values::small(value, 1..=65_535, complaint)?;
            }
            Word::Watch => self.watch = Some(interval(value)?),
            _ => self.take_setting(found, names)?,
        }
        Ok(true)
    }

    /// Takes an option of a service or of a daemon.
    fn take_setting(&mut self, found: &Found<'_>, names: &mut Names) -> Result<(), Misuse> {
        let value = found.argument();
        match found.word {
            Word::Scheduler => {
                values::shortened(value, abi::SCHEDULER_NAME_MAX).clone_into(&mut self.scheduler);
            }
            Word::Ops => self.one_packet = true,
            Word::SchedulerFlags => self.flags = Some(value.to_owned()),
            Word::Persistent => {
                let seconds = found.perhaps().map(|text| values::timeout(text, 1));
                self.persistence = Some(seconds.transpose()?.unwrap_or(PERSISTENCE));
            }
            Word::Netmask => self.netmask = self.read_netmask(value, names)?,
            Word::Engine => {
                values::shortened(value, abi::ENGINE_NAME_MAX).clone_into(&mut self.engine);
            }
            Word::McastInterface => {
                values::shortened(value, abi::INTERFACE_NAME_MAX).clone_into(&mut self.interface);
            }
            Word::SyncId => {
                self.sync_id = values::small(value, 0..=255, "illegal syncid specified")?;
            }
            Word::McastGroup => self.group = Some(group(value)?),
            Word::McastPort => {
                let complaint = "illegal mcast-port specified";
                self.port = Some(values::small(value, 1..=65_535, complaint)?);
            }
            Word::McastTtl => {
                let complaint = "illegal mcast-ttl specified";
                self.ttl = Some(values::small(value, 1..=255, complaint)?);
            }
            Word::SyncMaxlen => {
                let complaint = "illegal sync-maxlen specified";
                self.max_length = Some(values::small(value, 1..=LONGEST_PAYLOAD, complaint)?);
            }
            // The others say all by being given.
            _ => {}
        }
        Ok(())
    }

    fn take_service(
        &mut self,
        protocol: Protocol,
        text: &str,
        names: &mut Names,
    ) -> Result<(), Misuse> {
        let complaint = || Misuse::wrong("illegal virtual server address[:port] specified");
        let endpoint = values::endpoint(text, protocol, names).ok_or_else(complaint)?;
        let address = (endpoint.address, endpoint.port.unwrap_or_default()).into();
        let key = ServiceKey::Address { protocol, address };
        if key.family() == AddressFamily::Ipv6 {
            self.netmask = Netmask::single_client(AddressFamily::Ipv6);
        }
        self.key = Some(key);
        Ok(())
    }

    /// Takes a real server; without a port it has the service's, if that was read already.
    fn take_server(&mut self, text: &str, names: &mut Names) -> Result<(), Misuse> {
        let (protocol, port) = match self.key {
            None => (Protocol::from(0), 0),
            Some(ServiceKey::FirewallMark { .. }) => (Protocol::Tcp, 0),
            Some(ServiceKey::Address { protocol, address }) => (protocol, address.port()),
        };
        let complaint = || Misuse::wrong("illegal real server address[:port] specified");
        let endpoint = values::endpoint(text, protocol, names).ok_or_else(complaint)?;
        self.server = Some((endpoint.address, endpoint.port.unwrap_or(port)).into());
        Ok(())
    }

    fn take_ipv6(&mut self) -> Result<(), Misuse> {
        let Some(ServiceKey::FirewallMark { family, .. }) = &mut self.key else {
            return Err(Misuse::wrong("-6 used before -f\n"));
        };
        *family = AddressFamily::Ipv6;
        self.netmask = Netmask::single_client(AddressFamily::Ipv6);
        Ok(())
    }

    fn read_netmask(&self, text: &str, names: &mut Names) -> Result<Netmask, Misuse> {
        match self.key.map(|key| key.family()) {
            Some(AddressFamily::Ipv6) => values::prefix_length(text).map(Netmask::Ipv6),
            _ => values::ipv4(text, names)
                .map(Netmask::Ipv4)
                .ok_or_else(|| Misuse::wrong("illegal virtual server persistent mask specified")),
        }
    }

    /// How lists are to look.
    pub(super) fn style(&self) -> Style {
        let columns = [
            (Aspect::Stats, Columns::Statistics),
            (Aspect::Rate, Columns::Rates),
            (Aspect::Thresholds, Columns::Thresholds),
            (Aspect::PersistentConn, Columns::PersistentConnections),
            (Aspect::TunInfo, Columns::TunnelInfo),
        ];
        let chosen = columns.iter().find(|(aspect, _)| self.given.has(*aspect));
        Style {
            columns: chosen.map_or(Columns::Default, |(_, columns)| *columns),
            numeric: self.given.has(Aspect::Numeric),
            exact: self.given.has(Aspect::Exact),
            order: if self.given.has(Aspect::NoSort) {
                Order::Kernel
            } else {
                Order::Sorted
            },
        }
    }

    /// The flags of `-b`, for the scheduler of `-s`.
    pub(super) fn scheduler_flags(&self) -> Result<ServiceFlags, Misuse> {
        match self.flags.as_deref() {
            None | Some("") => Ok(ServiceFlags::NONE),
            Some(flags) => values::scheduler_flags(flags, &self.scheduler()),
        }
    }
}

/// What an option is about, if it is no command and can be given once.
const fn aspect(word: Word) -> Option<Aspect> {
    Some(match word {
        Word::TcpService | Word::UdpService | Word::SctpService | Word::FwmarkService => {
            Aspect::Service
        }
        Word::Scheduler => Aspect::Scheduler,
        Word::Persistent => Aspect::Persistent,
        Word::Netmask => Aspect::Netmask,
        Word::RealServer => Aspect::Server,
        Word::Masquerading | Word::Ipip | Word::Gatewaying => Aspect::Forward,
        Word::Weight => Aspect::Weight,
        Word::UpperThreshold => Aspect::UpperThreshold,
        Word::LowerThreshold => Aspect::LowerThreshold,
        Word::Numeric => Aspect::Numeric,
        Word::Connection => Aspect::Connection,
        Word::McastInterface => Aspect::McastInterface,
        Word::SyncId => Aspect::SyncId,
        Word::Timeout => Aspect::Timeout,
        Word::Daemon => Aspect::Daemon,
        Word::Stats => Aspect::Stats,
        Word::Rate => Aspect::Rate,
        Word::Thresholds => Aspect::Thresholds,
        Word::PersistentConn => Aspect::PersistentConn,
        Word::NoSort => Aspect::NoSort,
        Word::Exact => Aspect::Exact,
        Word::Ops => Aspect::Ops,
        Word::Engine => Aspect::Engine,
        Word::SchedulerFlags => Aspect::SchedulerFlags,
        Word::McastGroup => Aspect::McastGroup,
        Word::McastPort => Aspect::McastPort,
        Word::McastTtl => Aspect::McastTtl,
        Word::SyncMaxlen => Aspect::SyncMaxlen,
        Word::TunInfo => Aspect::TunInfo,
        Word::TunType => Aspect::TunType,
        Word::TunPort => Aspect::TunPort,
        Word::TunNocsum => Aspect::TunNocsum,
        Word::TunCsum => Aspect::TunCsum,
        Word::TunRemcsum => Aspect::TunRemcsum,
        Word::Watch => Aspect::Watch,
        _ => return None,
    })
}

fn tunnel_kind(text: &str) -> Result<TunnelKind, Misuse> {
    match text {
        "ipip" => Ok(TunnelKind::Ipip),
        "gue" => Ok(TunnelKind::Gue),
        "gre" => Ok(TunnelKind::Gre),
        _ => Err(Misuse::wrong("illegal tunnel type specified")),
    }
}

fn group(text: &str) -> Result<IpAddr, Misuse> {
    if text.contains(':') {
        let group = text.parse::<Ipv6Addr>().ok();
        return group
            .filter(Ipv6Addr::is_multicast)
            .map(IpAddr::from)
            .ok_or_else(|| Misuse::wrong(format!("invalid IPv6 mcast-group `{text}'")));
    }
    let group = text.parse::<std::net::Ipv4Addr>().ok();
    group
        .filter(std::net::Ipv4Addr::is_multicast)
        .map(IpAddr::from)
        .ok_or_else(|| Misuse::wrong(format!("invalid IPv4 mcast-group `{text}'")))
}

/// Seconds between two looks, with a fraction.
fn interval(text: &str) -> Result<Duration, Misuse> {
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| (0.1..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| {
        Misuse::wrong(format!(
            "invalid interval `{text}' specified: write seconds, 0.1 to 86400"
        ))
    })
}
