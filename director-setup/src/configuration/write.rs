//! A configuration as TOML.

use std::fmt::Write;

use super::tunnel::{checksum_word, kind_word};
use super::{Configuration, ConfiguredService, unknown};
use crate::tunnel::RawTunnel;
use crate::{Netmask, RealServer, Service, ServiceKey, SyncDaemon, Timeouts, Tunnel, Weight};

impl Configuration {
    /// The text that [`Configuration::parse`] reads as this configuration. What has its default
    /// is left out, each real server has a line of its own.
    ///
    /// A value that means nothing, and that the kernel holds only because it does not look at it,
    /// is written and then refused by [`Configuration::parse`].
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        if self.services.is_empty() {
            // Without it `apply --prune` would take the file for half a one.
            text.push_str("service = []\n");
        }
        if self.daemons.as_ref().is_some_and(Vec::is_empty) {
            text.push_str("sync_daemon = []\n");
        }
        if let Some(timeouts) = &self.timeouts {
            push(&mut text, &timeouts_table(*timeouts));
        }
        for daemon in self.daemons.iter().flatten() {
            push(&mut text, &daemon_table(daemon));
        }
        for service in &self.services {
            push(&mut text, &service_table(service));
        }
        text
    }
}

/// Adds a table, after an empty line if it is not the first.
fn push(text: &mut String, table: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(table);
}

/// The lines of a table.
struct Lines(String);

impl Lines {
    fn of(header: &str) -> Self {
        Self(format!("{header}\n"))
    }

    fn line(&mut self, key: &str, value: impl std::fmt::Display) {
        writeln!(self.0, "{key} = {value}").expect("a String takes everything");
    }

    fn some_line(&mut self, key: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.line(key, value);
        }
    }
}

fn timeouts_table(Timeouts { tcp, tcp_fin, udp }: Timeouts) -> String {
    let mut lines = Lines::of("[timeouts]");
    for (key, seconds) in [("tcp", tcp), ("tcp_fin", tcp_fin), ("udp", udp)] {
        lines.some_line(key, (seconds > 0).then_some(seconds));
    }
    lines.0
}

fn daemon_table(daemon: &SyncDaemon) -> String {
    let mut lines = Lines::of("[[sync_daemon]]");
    lines.line("role", text(&daemon.role.to_string()));
    lines.line("interface", text(&daemon.interface));
    lines.some_line("sync_id", (daemon.sync_id > 0).then_some(daemon.sync_id));
    lines.some_line("max_length", daemon.max_length);
    lines.some_line("group", daemon.group.map(|group| text(&group.to_string())));
    lines.some_line("port", daemon.port);
    lines.some_line("ttl", daemon.ttl);
    lines.0
}

fn service_table(ConfiguredService { service, servers }: &ConfiguredService) -> String {
    let mut lines = Lines::of("[[service]]");
    match &service.key {
        ServiceKey::Address { protocol, address } => {
            lines.line("protocol", text(&protocol.to_string()));
            lines.line("address", text(&address.to_string()));
        }
        ServiceKey::FirewallMark { mark, family } => {
            lines.line("fwmark", mark);
            lines.line("family", text(&family.to_string()));
        }
    }
    lines.line("scheduler", text(service.scheduler.name()));
    let flags = service.flags.names(&service.scheduler);
    let flags: Vec<String> = flags.iter().map(|name| text(name)).collect();
    let flags = (!flags.is_empty()).then(|| format!("[{}]", flags.join(", ")));
    lines.some_line("flags", flags);
    lines.some_line("persistence", persistence(service));
    lines.some_line("engine", service.engine.as_deref().map(text));
    let unknown = (!service.unknown.is_empty()).then(|| unknown::write(&service.unknown));
    lines.some_line("unknown", unknown);
    if !servers.is_empty() {
        let servers: String = servers.iter().map(server_line).collect();
        lines.line("server", format_args!("[\n{servers}]"));
    }
    lines.0
}

fn persistence(service: &Service) -> Option<String> {
    let persistence = service.persistence.as_ref()?;
    let timeout = persistence.timeout_seconds;
    let single = Netmask::single_client(service.key.family());
    Some(match persistence.netmask {
        netmask if netmask == single => format!("{{ timeout = {timeout} }}"),
        Netmask::Ipv4(mask) => format!("{{ timeout = {timeout}, netmask = \"{mask}\" }}"),
        Netmask::Ipv6(prefix) => format!("{{ timeout = {timeout}, netmask = {prefix} }}"),
    })
}

fn server_line(server: &RealServer) -> String {
    let mut line = format!(
        "  {{ address = \"{}\", forwarding = \"{}\"",
        server.address, server.forwarding
    );
    let mut field = |field: &str| {
        line.push_str(", ");
        line.push_str(field);
    };
    if server.weight != Weight::ONE {
        field(&format!("weight = {}", server.weight));
    }
    let (upper, lower) = (server.thresholds.upper, server.thresholds.lower);
    if lower > 0 {
        field(&format!(
            "thresholds = {{ upper = {upper}, lower = {lower} }}"
        ));
    } else if upper > 0 {
        field(&format!("thresholds = {{ upper = {upper} }}"));
    }
    if server.tunnel != Tunnel::default() {
        field(&format!("tunnel = {}", tunnel(server.tunnel)));
    }
    if !server.unknown.is_empty() {
        field(&format!("unknown = {}", unknown::write(&server.unknown)));
    }
    line.push_str(" },\n");
    line
}

fn tunnel(tunnel: Tunnel) -> String {
    let RawTunnel { kind, port, flags } = RawTunnel::from(tunnel);
    let port = (port > 0).then(|| format!(", port = {port}"));
    let checksum = (flags > 0).then(|| format!(", checksum = \"{}\"", checksum_word(flags)));
    format!(
        "{{ type = \"{}\"{}{} }}",
        kind_word(kind),
        port.unwrap_or_default(),
        checksum.unwrap_or_default()
    )
}

/// A string of TOML; names from outside may hold anything.
fn text(name: &str) -> String {
    toml::Value::from(name).to_string()
}
