//! The names of ports, from `/etc/services`.

use std::collections::HashMap;

use crate::Protocol;

/// What a file of services says, as glibc reads it (services(5)): of lines that say different
/// things the first one counts.
#[derive(Debug, Default)]
pub(super) struct Services {
    names: HashMap<(u16, Protocol), String>,
    ports: HashMap<Protocol, HashMap<String, u16>>,
}

impl Services {
    /// Reads the text of such a file; lines that name no port of TCP, UDP or SCTP are passed over.
    pub(super) fn parse(text: &str) -> Self {
        let mut services = Self::default();
        text.lines()
            .filter_map(parse_line)
            .for_each(|line| services.take(&line));
        services
    }

    /// The first name of the first line with this port.
    pub(super) fn name(&self, port: u16, protocol: Protocol) -> Option<&str> {
        self.names.get(&(port, protocol)).map(String::as_str)
    }

    /// The port of the first line with this name or alias; case matters.
    pub(super) fn port(&self, name: &str, protocol: Protocol) -> Option<u16> {
        self.ports.get(&protocol)?.get(name).copied()
    }

    fn take(&mut self, line: &Line<'_>) {
        self.names
            .entry((line.port, line.protocol))
            .or_insert_with(|| line.names[0].to_owned());
        let ports = self.ports.entry(line.protocol).or_default();
        for &name in &line.names {
            ports.entry(name.to_owned()).or_insert(line.port);
        }
    }
}

struct Line<'a> {
    /// The name, then its aliases.
    names: Vec<&'a str>,
    port: u16,
    protocol: Protocol,
}

/// `http  80/tcp  www  # WorldWideWeb HTTP`
fn parse_line(line: &str) -> Option<Line<'_>> {
    let (words, _comment) = line.split_once('#').unwrap_or((line, ""));
    let mut words = words.split_ascii_whitespace();
    let name = words.next()?;
    let (port, protocol) = words.next()?.split_once('/')?;
    Some(Line {
        names: std::iter::once(name).chain(words).collect(),
        port: port.parse().ok()?,
        protocol: match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# Network services, Internet style

echo\t\t7/tcp
domain\t\t53/tcp\t\t\t\t# Domain Name Server
domain\t\t53/udp
http\t\t80/tcp\t\twww www-http\t# WorldWideWeb HTTP
web\t\t80/tcp
http\t\t8008/tcp
m3ua\t\t2905/sctp
#gone\t\t99/tcp
nonsense
far\t\t70000/tcp
frost\t\t77/dccp
";

    #[test]
    fn the_first_line_of_a_port_names_it() {
        let services = Services::parse(FILE);
        assert_eq!(services.name(80, Protocol::Tcp), Some("http"));
        assert_eq!(services.name(80, Protocol::Udp), None);
        assert_eq!(services.name(53, Protocol::Udp), Some("domain"));
        assert_eq!(services.name(2905, Protocol::Sctp), Some("m3ua"));
        assert_eq!(services.name(53, Protocol::Other(0)), None);
    }

    #[test]
    fn the_first_line_with_a_name_or_alias_gives_the_port() {
        let services = Services::parse(FILE);
        assert_eq!(services.port("http", Protocol::Tcp), Some(80));
        assert_eq!(services.port("www-http", Protocol::Tcp), Some(80));
        assert_eq!(services.port("web", Protocol::Tcp), Some(80));
        assert_eq!(services.port("WWW", Protocol::Tcp), None);
        assert_eq!(services.port("http", Protocol::Udp), None);
    }

    #[test]
    fn comments_and_lines_without_a_port_are_passed_over() {
        let services = Services::parse(FILE);
        for name in ["gone", "#gone", "#", "nonsense", "far", "frost", "Domain"] {
            assert_eq!(services.port(name, Protocol::Tcp), None, "{name}");
        }
    }
}
