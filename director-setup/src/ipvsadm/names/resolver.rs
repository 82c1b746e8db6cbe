//! Who is asked for names.

use std::net::{IpAddr, Ipv4Addr};

use dns_lookup::{AddrFamily, AddrInfoHints, SockType};

/// Where the names of ports are written.
const SERVICES: &str = "/etc/services";

/// Somebody who knows names.
pub(super) trait Resolver {
    /// The name of a host.
    fn host(&self, address: IpAddr) -> Option<String>;
    /// The address of a host.
    fn address(&self, name: &str) -> Option<Ipv4Addr>;
    /// The text of a file of services.
    fn services(&self) -> String;
}

/// The system's resolver: `/etc/hosts` and the name servers, in the order of `nsswitch.conf`.
pub(super) struct System;

impl Resolver for System {
    fn host(&self, address: IpAddr) -> Option<String> {
        dns_lookup::lookup_addr(&address).ok()
    }

    fn address(&self, name: &str) -> Option<Ipv4Addr> {
        // One kind of socket only, or each address would come several times.
        let hints = AddrInfoHints {
            address: AddrFamily::Inet.into(),
            socktype: SockType::Stream.into(),
            ..AddrInfoHints::default()
        };
        let answers = dns_lookup::getaddrinfo(Some(name), None, Some(hints)).ok()?;
        answers
            .filter_map(Result::ok)
            .find_map(|answer| match answer.sockaddr.ip() {
                IpAddr::V4(address) => Some(address),
                IpAddr::V6(_) => None,
            })
    }

    fn services(&self) -> String {
        // Without the file, as in a guest, ports have no names. That is no error to ipvsadm either.
        let bytes = std::fs::read(SERVICES).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Somebody who knows nothing.
pub(super) struct Nobody;

impl Resolver for Nobody {
    fn host(&self, _: IpAddr) -> Option<String> {
        None
    }

    fn address(&self, _: &str) -> Option<Ipv4Addr> {
        None
    }

    fn services(&self) -> String {
        String::new()
    }
}

/// A fixed table.
#[cfg(test)]
pub(super) struct Table {
    hosts: Vec<(IpAddr, String)>,
    services: String,
}

#[cfg(test)]
impl Table {
    pub(super) fn new(hosts: &[(&str, &str)], services: &str) -> Self {
        let hosts = hosts.iter().map(|(address, name)| {
            let address = address.parse().expect("an address");
            (address, (*name).to_owned())
        });
        Self {
            hosts: hosts.collect(),
            services: services.to_owned(),
        }
    }
}

#[cfg(test)]
impl Resolver for Table {
    fn host(&self, address: IpAddr) -> Option<String> {
        let known = self.hosts.iter().find(|(known, _)| *known == address);
        known.map(|(_, name)| name.clone())
    }

    fn address(&self, name: &str) -> Option<Ipv4Addr> {
        self.hosts.iter().find_map(|known| match known {
            (IpAddr::V4(address), known) if known == name => Some(*address),
            _ => None,
        })
    }

    fn services(&self) -> String {
        self.services.clone()
    }
}
