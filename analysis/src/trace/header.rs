//! What is known of a traced service.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use director_setup::{Netmask, Persistence, Protocol, Scheduler, ServiceFlags};

use crate::director::DirectorSettings;
use crate::model::{KernelVersion, MaglevTableSize, ModelSettings};
use crate::replay::Replies;

/// The first line of every trace.
pub(super) const FIRST_LINE: &str = "ipvs trace 1";

/// Which packets a service is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Those to this VIP and port.
    Address(SocketAddr),
    /// Those with this firewall mark, to whatever address.
    FirewallMark(NonZeroU32),
}

/// A service and the kernel that runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The kernel's release, one word, as `uname -r` says it.
    pub kernel: String,
    /// The transport protocol of the traced connections.
    pub protocol: Protocol,
    /// Which packets the service is for.
    pub target: Target,
    /// Its scheduler.
    pub scheduler: Scheduler,
    /// Its flags; only those that [`FLAGS`] names for the scheduler are written.
    pub flags: ServiceFlags,
    /// Whether and how long a client stays with its server.
    pub persistence: Option<Persistence>,
    /// Whether the director sees what the servers answer.
    pub replies: Replies,
    /// The size of mh's table in this kernel.
    pub maglev_table: MaglevTableSize,
}

/// A flag by its name, and the scheduler that it belongs to.
pub(super) struct NamedFlag {
    pub(super) name: &'static str,
    pub(super) flag: ServiceFlags,
    pub(super) scheduler: Option<Scheduler>,
}

/// The flags that a trace can name, as `ipvsadm -b` and `-o` do.
pub(super) static FLAGS: [NamedFlag; 5] = [
    of_scheduler("sh-port", ServiceFlags::SH_PORT, Scheduler::SourceHashing),
    of_scheduler(
        "sh-fallback",
        ServiceFlags::SH_FALLBACK,
        Scheduler::SourceHashing,
    ),
    of_scheduler("mh-port", ServiceFlags::MH_PORT, Scheduler::MaglevHashing),
    of_scheduler(
        "mh-fallback",
        ServiceFlags::MH_FALLBACK,
        Scheduler::MaglevHashing,
    ),
    NamedFlag {
        name: "one-packet",
        flag: ServiceFlags::ONE_PACKET,
        scheduler: None,
    },
];

const fn of_scheduler(name: &'static str, flag: ServiceFlags, scheduler: Scheduler) -> NamedFlag {
    NamedFlag {
        name,
        flag,
        scheduler: Some(scheduler),
    }
}

impl NamedFlag {
    pub(super) fn is_of(&self, scheduler: &Scheduler) -> bool {
        self.scheduler.as_ref().is_none_or(|its| its == scheduler)
    }
}

impl Header {
    /// What the director's model has to know.
    pub fn settings(&self) -> DirectorSettings {
        let kernel = KernelVersion::of_release(&self.kernel);
        let model = ModelSettings::new(self.scheduler.clone(), kernel).with_flags(self.flags);
        DirectorSettings {
            model: ModelSettings {
                maglev_table: self.maglev_table,
                ..model
            },
            persistence: self.persistence.clone(),
        }
    }

    /// The address that every client asks for; `None` if each event says it.
    pub const fn destination(&self) -> Option<IpAddr> {
        match self.target {
            Target::Address(address) => Some(address.ip()),
            Target::FirewallMark(_) => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => fmt::Display::fmt(address, f),
            Self::FirewallMark(mark) => write!(f, "fwmark {mark}"),
        }
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        writeln!(f, "kernel {}", self.kernel)?;
        writeln!(f, "protocol {}", self.protocol)?;
        writeln!(f, "service {}", self.target)?;
        writeln!(f, "scheduler {}", self.scheduler)?;
        let flags = FLAGS
            .iter()
            .filter(|one| one.is_of(&self.scheduler) && self.flags.contains(one.flag));
        let names: Vec<_> = flags.map(|one| one.name).collect();
        if !names.is_empty() {
            writeln!(f, "flags {}", names.join(" "))?;
        }
        if let Some(Persistence {
            timeout_seconds,
            netmask,
        }) = &self.persistence
        {
            write!(f, "persistent {timeout_seconds} netmask ")?;
            match netmask {
                Netmask::Ipv4(mask) => writeln!(f, "{mask}")?,
                Netmask::Ipv6(length) => writeln!(f, "{length}")?,
            }
        }
        if self.replies == Replies::BypassDirector {
            writeln!(f, "replies bypass")?;
        }
        if self.maglev_table != MaglevTableSize::default() {
            writeln!(f, "mh-table {}", self.maglev_table.entries())?;
        }
        Ok(())
    }
}
