//! What the options mean together.

use super::super::legality::{self, Aspect};
use super::super::misuse::Misuse;
use super::draft::{Draft, TunnelKind};
use crate::{
    AddressFamily, Forwarding, Persistence, Protocol, RealServer, Scheduler, Service, ServiceFlags,
    ServiceKey, SyncDaemon, SyncRole, Timeouts, Tunnel, TunnelChecksum,
};

/// The interface of a sync daemon when none is named.
const INTERFACE: &str = "eth0";

impl Draft {
    /// The scheduler; weighted least connections if none is named.
    pub(super) fn scheduler(&self) -> Scheduler {
        match self.scheduler.as_str() {
            "" => Scheduler::WeightedLeastConnection,
            name => Scheduler::from(name),
        }
    }

    pub(super) fn key(&self) -> Result<ServiceKey, Misuse> {
        self.key.ok_or_else(|| missing(Aspect::Service))
    }

    pub(super) fn service(&self, flags: ServiceFlags) -> Result<Service, Misuse> {
        let key = self.key()?;
        if let ServiceKey::Address { protocol, address } = key {
            if address.port() == 0 && self.persistence.is_none() {
                let complaint = "Zero port specified for non-persistent service";
                return Err(Misuse::wrong(complaint));
            }
            if self.one_packet && protocol != Protocol::Udp {
                let complaint = "One-Packet Scheduling is only for UDP virtual services";
                return Err(Misuse::wrong(complaint));
            }
        }
        let one_packet = if self.one_packet {
            ServiceFlags::ONE_PACKET
        } else {
            ServiceFlags::NONE
        };
        let mut service = Service::new(key, self.scheduler()).with_flags(flags | one_packet);
        service.persistence = self.persistence.map(|timeout_seconds| Persistence {
            timeout_seconds,
            netmask: self.netmask,
        });
        service.engine = Some(self.engine.clone()).filter(|engine| !engine.is_empty());
        Ok(service)
    }

    /// The service whose counters are zeroed. Like the original, `-Z` takes the address 0.0.0.0
    /// with port 0 for no service at all.
    pub(super) fn zeroed(&self) -> Option<ServiceKey> {
        self.key.filter(|key| match key {
            ServiceKey::Address { address, .. } => {
                address.port() != 0 || !address.ip().is_unspecified()
            }
            ServiceKey::FirewallMark { .. } => true,
        })
    }

    pub(super) fn server_address(&self) -> Result<std::net::SocketAddr, Misuse> {
        self.server.ok_or_else(|| missing(Aspect::Server))
    }

    pub(super) fn server(&self) -> Result<RealServer, Misuse> {
        const TUNNEL: [Aspect; 5] = [
            Aspect::TunType,
            Aspect::TunPort,
            Aspect::TunNocsum,
            Aspect::TunCsum,
            Aspect::TunRemcsum,
        ];
        let (key, mut address) = (self.key()?, self.server_address()?);
        let tunnelled = self.forwarding == Forwarding::Tun;
        if let ServiceKey::Address { address: vip, .. } = key
            && self.forwarding != Forwarding::Nat
        {
            // Nobody rewrites the port, so it has to be the service's.
            address.set_port(vip.port());
        }
        if AddressFamily::from(address) != key.family() && !tunnelled {
            let complaint = "Different address family is allowed only for tunneling servers";
            return Err(Misuse::wrong(complaint));
        }
        if self.given.has_any(&TUNNEL) && !tunnelled {
            return Err(Misuse::wrong("Tunnel options conflict with forward method"));
        }
        Ok(RealServer::new(address, self.forwarding)
            .with_weight(self.weight)
            .with_thresholds(self.thresholds)
            .with_tunnel(self.tunnel()?))
    }

    fn tunnel(&self) -> Result<Tunnel, Misuse> {
        use Aspect::{TunCsum, TunNocsum, TunPort, TunRemcsum};
        let given = [TunPort, TunNocsum, TunCsum, TunRemcsum]
            .into_iter()
            .filter(|aspect| self.given.has(*aspect))
            .collect();
        let check = |needs: &[Aspect], one_of: &[Aspect], name| {
            let object = format!("the '{name}' tunnel type");
            legality::check(&given, needs, &[], one_of, &object)
        };
        let checksum = if given.contains(&TunCsum) {
            TunnelChecksum::Full
        } else if given.contains(&TunRemcsum) {
            TunnelChecksum::Remote
        } else {
            TunnelChecksum::None
        };
        match self.tunnel {
            TunnelKind::Ipip => check(&[], &[], "ipip").map(|()| Tunnel::Ipip),
            TunnelKind::Gue => {
                check(&[TunPort], &[TunNocsum, TunCsum, TunRemcsum], "gue")?;
                let port = self.tunnel_port;
                Ok(Tunnel::Gue { port, checksum })
            }
            TunnelKind::Gre => {
                check(&[], &[TunNocsum, TunCsum], "gre")?;
                Ok(Tunnel::Gre { checksum })
            }
        }
    }

    pub(super) fn role(&self) -> Result<SyncRole, Misuse> {
        self.role.ok_or_else(|| missing(Aspect::Daemon))
    }

    pub(super) fn daemon(&self) -> Result<SyncDaemon, Misuse> {
        let interface = match self.interface.as_str() {
            "" => INTERFACE,
            name => name,
        };
        Ok(SyncDaemon {
            sync_id: self.sync_id,
            max_length: self.max_length,
            group: self.group,
            port: self.port,
            ttl: self.ttl,
            ..SyncDaemon::new(self.role()?, interface)
        })
    }

    pub(super) fn timeouts(&self) -> Result<Timeouts, Misuse> {
        self.timeouts.ok_or_else(|| missing(Aspect::Timeout))
    }
}

/// For what the command's own check asks for first.
fn missing(aspect: Aspect) -> Misuse {
    Misuse::wrong(format!("You need to supply the '{}' option", aspect.name()))
}
