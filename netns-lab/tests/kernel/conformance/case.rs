//! What one case does.

use std::fmt;
use std::num::NonZeroU32;

use director_setup::{
    AddressFamily, Netmask, Persistence, Scheduler, Service, ServiceFlags, ServiceKey,
};

use super::addresses;

/// One service with its load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub scheduler: Scheduler,
    pub flags: ServiceFlags,
    pub packets: Packets,
    pub weights: Vec<u32>,
    pub closing: Closing,
    pub changes: Changes,
    pub limits: Limits,
    pub persistence: Option<Stay>,
    /// How many packets are sent that may open a connection.
    pub openings: usize,
}

/// What the clients send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packets {
    /// TCP to the VIP.
    Tcp,
    /// TCP with the service's firewall mark, to so many addresses.
    Marked { destinations: u32 },
    /// Datagrams to the VIP, a third of them of flows that there are.
    Udp,
}

/// How connections end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Each before the next one begins, by the server.
    Serial,
    /// None until many are held.
    Held,
    /// By either end, halfway, or by a reset, while between none and many are held.
    Mixed,
}

/// What happens to the servers meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    None,
    /// A weight changes, becomes 0 and comes back; a server is removed, another one is added, the
    /// first is added again.
    Planned,
    /// Something like that happens all the time.
    Constant,
}

/// Whether servers have thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    None,
    /// An upper one, for every other server with a lower one.
    Few,
}

/// Persistence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    pub seconds: u32,
    /// How many clients there are; each sends many connections.
    pub clients: u32,
    pub mask: [u8; 4],
}

impl Case {
    /// Weighted servers and connections that end in every way.
    pub fn new(scheduler: Scheduler, weights: &[u32]) -> Self {
        Self {
            scheduler,
            flags: ServiceFlags::NONE,
            packets: Packets::Tcp,
            weights: weights.to_vec(),
            closing: Closing::Mixed,
            changes: Changes::None,
            limits: Limits::None,
            persistence: None,
            openings: super::OPENINGS,
        }
    }

    /// The service that it is about.
    pub fn service(&self) -> Service {
        let key = match self.packets {
            Packets::Tcp => ServiceKey::tcp(addresses::VIP.into()),
            Packets::Udp => ServiceKey::udp(addresses::VIP.into()),
            Packets::Marked { .. } => {
                let mark = NonZeroU32::new(addresses::MARK).expect("it is not 0");
                ServiceKey::firewall_mark(mark, AddressFamily::Ipv4)
            }
        };
        let mut service = Service::new(key, self.scheduler.clone()).with_flags(self.flags);
        service.persistence = self.persistence.map(|stay| Persistence {
            timeout_seconds: stay.seconds,
            netmask: Netmask::Ipv4(stay.mask.into()),
        });
        service
    }

    /// The same load for the same case.
    pub fn seed(&self) -> u64 {
        let name = self.to_string();
        name.bytes()
            .fold(0, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte))
    }
}

/// Its name, of parts that differ from the usual.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::", self.scheduler)?;
        match self.weights.len() {
            0..6 => {
                let weights: Vec<_> = self.weights.iter().map(u32::to_string).collect();
                write!(f, "{}", weights.join("_"))?;
            }
            servers => write!(f, "{servers}_servers")?,
        }
        match self.packets {
            Packets::Tcp => {}
            Packets::Marked { destinations } => write!(f, "::to_{destinations}_addresses")?,
            Packets::Udp => f.write_str("::udp")?,
        }
        let has = |flag| self.flags.contains(flag);
        for (flag, name) in [
            (ServiceFlags::SCHEDULER_1, "fallback"),
            (ServiceFlags::SCHEDULER_2, "port"),
            (ServiceFlags::ONE_PACKET, "one_packet"),
        ] {
            if has(flag) {
                write!(f, "::{name}")?;
            }
        }
        f.write_str(match self.closing {
            Closing::Serial => "::serial",
            Closing::Held => "::held",
            Closing::Mixed => "",
        })?;
        f.write_str(match self.changes {
            Changes::None => "",
            Changes::Planned => "::changes",
            Changes::Constant => "::constant_changes",
        })?;
        if self.limits == Limits::Few {
            f.write_str("::limits")?;
        }
        if let Some(stay) = self.persistence {
            write!(f, "::persistent_{}", stay.seconds)?;
            if stay.mask != [255; 4] {
                f.write_str("_networks")?;
            }
        }
        Ok(())
    }
}
