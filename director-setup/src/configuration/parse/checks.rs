//! What single values say together, and what the kernel thinks of it. The refusals are those of
//! `net/netfilter/ipvs/ip_vs_ctl.c` (Linux 6.12).

use toml::Spanned;

use crate::codec;
use crate::configuration::ConfiguredService;
use crate::configuration::review::{Place, Review};
use crate::{
    AddressFamily, Forwarding, Persistence, Protocol, RealServer, Scheduler, Service, ServiceFlags,
    ServiceKey,
};

/// The scheduler's name that means none: every new connection is refused.
const NO_SCHEDULER: &str = "none";
/// The size of the table of `mh` (`CONFIG_IP_VS_MH_TAB_INDEX` 12), which has room for so many.
const MAGLEV_SERVERS_MAX: usize = 4093;

pub(super) fn scheduler(review: &mut Review, place: &Place, scheduler: &Scheduler) {
    let any = ServiceKey::tcp(([127, 0, 0, 1], 1).into());
    if let Err(error) = codec::service::encode(&Service::new(any, scheduler.clone())) {
        review.wrong(place, error.to_string());
    } else if let Scheduler::Other(name) = scheduler
        && name != NO_SCHEDULER
    {
        let known = Scheduler::KNOWN.map(|known| known.to_string()).join(", ");
        let text = format!("Linux has no scheduler {name:?} of its own, but {known}");
        review.odd(place, text);
    }
}

pub(super) fn engine(
    review: &mut Review,
    place: &Place,
    name: &str,
    persistence: Option<&Persistence>,
) {
    let any = ServiceKey::udp(([127, 0, 0, 1], 1).into());
    let service = Service {
        engine: Some(name.to_owned()),
        ..Service::new(any, Scheduler::RoundRobin)
    };
    if let Err(error) = codec::service::encode(&service) {
        review.wrong(place, error.to_string());
    } else if persistence.is_none() {
        let text =
            "an engine has no effect without persistence: write persistence = { timeout = … }";
        review.odd(place, text);
    }
}

pub(super) fn service(review: &mut Review, place: &Place, service: &Service, servers: usize) {
    if let ServiceKey::Address { protocol, address } = service.key {
        if service.flags.contains(ServiceFlags::ONE_PACKET) && protocol != Protocol::Udp {
            let text = format!("one-packet is for udp: it would tear {protocol} connections apart");
            review.wrong(place, text);
        }
        if address.port() == 0 && service.persistence.is_none() {
            let text = "port 0 means every port, which needs persistence: \
                        write a port, or persistence = { timeout = 300 }";
            review.wrong(place, text);
        }
        if let Protocol::Other(_) = protocol {
            review.odd(place, format!("IPVS balances nothing of {protocol}"));
        }
    }
    if service.scheduler == Scheduler::MaglevHashing && servers > MAGLEV_SERVERS_MAX {
        let text = format!("mh takes {MAGLEV_SERVERS_MAX} real servers at most, not {servers}");
        review.wrong(place, text);
    }
}

pub(super) fn forwarding(review: &mut Review, place: &Place, forwarding: Forwarding) {
    match forwarding {
        Forwarding::Nat | Forwarding::Dr | Forwarding::Tun => {}
        Forwarding::Local | Forwarding::Bypass => {
            let text = format!("{forwarding} is for the kernel to set: write nat, dr or tun");
            review.wrong(place, text);
        }
        Forwarding::Other(_) => {
            let text = format!("{forwarding} means nothing to the kernel: write nat, dr or tun");
            review.wrong(place, text);
        }
    }
}

/// The port that packets to a service have; 0: any.
pub(super) const fn port(key: &ServiceKey) -> u16 {
    match key {
        ServiceKey::Address { address, .. } => address.port(),
        ServiceKey::FirewallMark { .. } => 0,
    }
}

pub(super) fn server(review: &mut Review, place: &Place, key: &ServiceKey, server: &RealServer) {
    let tunnelled = server.forwarding == Forwarding::Tun;
    if is_mixed(key, server) && !tunnelled {
        let family = key.family();
        let text = format!("a real server of {key} must be {family} too, unless forwarding is tun");
        review.wrong(place, text);
    }
    // Linux has this port in the key of a real server all the same, so it is no mistake to keep
    // one that is there.
    let keeps_port = tunnelled || server.forwarding == Forwarding::Dr;
    let by_address = matches!(key, ServiceKey::Address { .. });
    if keeps_port && by_address && server.address.port() != port(key) {
        let text = format!(
            "with {} packets keep the port {} of the service: write {}, or leave the port out",
            server.forwarding,
            port(key),
            std::net::SocketAddr::new(server.address.ip(), port(key))
        );
        review.odd(place, text);
    }
}

/// Notes what cannot be together with sync daemons.
pub(super) fn no_mixed_families(review: &mut Review, services: &[Spanned<ConfiguredService>]) {
    for entry in services {
        let ConfiguredService { service, servers } = entry.get_ref();
        if let Some(server) = servers.iter().find(|one| is_mixed(&service.key, one)) {
            let text = format!(
                "the kernel runs no sync daemon while a service has a real server of the other \
                 address family, as {} is here",
                server.address
            );
            review.wrong(&entry.span(), text);
        }
    }
}

fn is_mixed(key: &ServiceKey, server: &RealServer) -> bool {
    AddressFamily::from(server.address) != key.family()
}
