//! The names of hosts and ports, both ways.

mod address_text;
mod resolver;
mod services;

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::Protocol;

pub(crate) use address_text::AddressText;
use resolver::{Nobody, Resolver, System};
use services::Services;

/// An address with its port is cut to so many bytes: ipvsadm's buffer has 60 with the final zero.
const LONGEST_ENDPOINT: usize = 59;

/// The names of hosts and ports, remembered for as long as this lives: a name that is looked up
/// anew for each of a thousand lines would take as many waits for a name server.
pub(crate) struct Names {
    resolver: Box<dyn Resolver>,
    hosts: HashMap<IpAddr, Option<String>>,
    addresses: HashMap<String, Option<Ipv4Addr>>,
    services: Option<Services>,
}

impl Names {
    /// The names that this system knows. Nothing is read and nobody asked before the first of them
    /// is wanted.
    pub(crate) fn system() -> Self {
        Self::from_resolver(Box::new(System))
    }

    /// No names: whatever is not numeric is unknown, nothing is read and nobody asked.
    pub(crate) fn none() -> Self {
        Self::from_resolver(Box::new(Nobody))
    }

    /// The names of a fixed table: hosts both ways, and the text of a file of services.
    #[cfg(test)]
    pub(crate) fn fixed(hosts: &[(&str, &str)], services: &str) -> Self {
        Self::from_resolver(Box::new(resolver::Table::new(hosts, services)))
    }

    fn from_resolver(resolver: Box<dyn Resolver>) -> Self {
        Self {
            resolver,
            hosts: HashMap::new(),
            addresses: HashMap::new(),
            services: None,
        }
    }

    /// The first IPv4 address of the host with this name.
    ///
    /// Of several addresses ipvsadm takes the one that the name server said first; this one takes
    /// the one that `getaddrinfo` prefers (RFC 6724), as there is no safe way to the other.
    pub(crate) fn address(&mut self, name: &str) -> Option<Ipv4Addr> {
        if let Some(known) = self.addresses.get(name) {
            return *known;
        }
        let address = self.resolver.address(name);
        self.addresses.insert(name.to_owned(), address);
        address
    }

    /// The port with this name or alias.
    pub(crate) fn port(&mut self, name: &str, protocol: Protocol) -> Option<u16> {
        self.services().port(name, protocol)
    }

    /// Appends address and port, numeric or with names as far as there are any:
    /// `192.168.0.1:80`, `[2001:db8::1]:80`, `www.example.org:http`, `[www.example.org]:http`. It is
    /// cut after 59 bytes.
    pub(super) fn write_endpoint(
        &mut self,
        text: &mut Vec<u8>,
        endpoint: SocketAddr,
        protocol: Protocol,
        numeric: bool,
    ) -> io::Result<()> {
        let start = text.len();
        let (open, close) = if endpoint.is_ipv6() {
            ("[", "]")
        } else {
            ("", "")
        };
        let (address, port) = (endpoint.ip(), endpoint.port());
        if numeric {
            write!(text, "{open}{}{close}:{port}", AddressText(address))?;
        } else {
            match self.known_host(address) {
                Some(name) => write!(text, "{open}{name}{close}:")?,
                None => write!(text, "{open}{}{close}:", AddressText(address))?,
            }
            match self.services().name(port, protocol) {
                Some(name) => write!(text, "{name}")?,
                None => write!(text, "{port}")?,
            }
        }
        text.truncate(start + LONGEST_ENDPOINT);
        Ok(())
    }

    fn known_host(&mut self, address: IpAddr) -> Option<&str> {
        let resolver = &self.resolver;
        self.hosts
            .entry(address)
            .or_insert_with(|| resolver.host(address))
            .as_deref()
    }

    fn services(&mut self) -> &Services {
        let resolver = &self.resolver;
        self.services
            .get_or_insert_with(|| Services::parse(&resolver.services()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: [(&str, &str); 3] = [
        ("192.0.2.80", "www.example.org"),
        ("2001:db8::80", "www6.example.org"),
        (
            "192.0.2.99",
            "a-host-with-a-name-of-exactly-fifty-five-bytes.example.org",
        ),
    ];

    fn names() -> Names {
        Names::fixed(&HOSTS, "http 80/tcp www\n")
    }

    fn written(names: &mut Names, endpoint: &str, protocol: Protocol, numeric: bool) -> String {
        let endpoint = endpoint.parse().expect("an address with a port");
        let mut text = Vec::new();
        names
            .write_endpoint(&mut text, endpoint, protocol, numeric)
            .expect("a vector takes everything");
        String::from_utf8(text).expect("words")
    }

    fn named(endpoint: &str) -> String {
        written(&mut names(), endpoint, Protocol::Tcp, false)
    }

    #[test]
    fn what_has_a_name_is_named_and_the_rest_is_numeric() {
        assert_eq!(named("192.0.2.80:80"), "www.example.org:http");
        assert_eq!(named("192.0.2.80:81"), "www.example.org:81");
        assert_eq!(named("192.0.2.81:80"), "192.0.2.81:http");
        assert_eq!(named("[2001:db8::80]:80"), "[www6.example.org]:http");
        assert_eq!(named("[2001:db8::81]:443"), "[2001:db8::81]:443");
    }

    #[test]
    fn a_port_without_a_protocol_has_no_name() {
        let text = written(&mut names(), "192.0.2.80:80", Protocol::Other(0), false);
        assert_eq!(text, "www.example.org:80");
    }

    #[test]
    fn a_long_name_is_cut_together_with_its_port() {
        assert_eq!(
            named("192.0.2.99:80"),
            "a-host-with-a-name-of-exactly-fifty-five-bytes.example.org:"
        );
    }

    #[test]
    fn numeric_text_asks_nobody() {
        struct Panics;
        impl Resolver for Panics {
            fn host(&self, address: IpAddr) -> Option<String> {
                panic!("asked for {address}")
            }
            fn address(&self, name: &str) -> Option<Ipv4Addr> {
                panic!("asked for {name}")
            }
            fn services(&self) -> String {
                panic!("asked for services")
            }
        }
        let mut names = Names::from_resolver(Box::new(Panics));
        let text = written(&mut names, "192.0.2.80:80", Protocol::Tcp, true);
        assert_eq!(text, "192.0.2.80:80");
    }

    #[test]
    fn hosts_and_ports_are_found_by_name() {
        let mut names = names();
        let address = Ipv4Addr::new(192, 0, 2, 80);
        assert_eq!(names.address("www.example.org"), Some(address));
        assert_eq!(names.address("www6.example.org"), None);
        assert_eq!(names.port("www", Protocol::Tcp), Some(80));
        assert_eq!(names.port("www", Protocol::Udp), None);
    }

    #[test]
    fn without_names_everything_is_numeric() {
        let mut names = Names::none();
        let text = written(&mut names, "127.0.0.1:80", Protocol::Tcp, false);
        assert_eq!(text, "127.0.0.1:80");
        assert_eq!(names.address("localhost"), None);
        assert_eq!(names.port("http", Protocol::Tcp), None);
    }

    #[test]
    fn the_system_knows_its_own_name() {
        let mut names = Names::system();
        assert_eq!(names.address("localhost"), Some(Ipv4Addr::LOCALHOST));
    }
}
