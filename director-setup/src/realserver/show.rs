//! What is there beside what is needed, as a table.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use comfy_table::{Table, presets};
use serde::Serialize;

use super::needs::{Device, Needs, Setting};
use super::observe::Observed;
use super::state::State;
use super::{Method, RealServerError, Tunnel, Vip};
use crate::network::InterfaceName;
use crate::network::address::full_prefix;
use crate::network::rtnetlink::Socket;

/// What real servers of direct routing and tunnelling need, and what there is of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// One row for each thing.
    pub rows: Vec<Row>,
}

/// One thing that real servers need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is.
    pub item: String,
    /// What is there.
    pub is: String,
    /// What is needed.
    pub needed: String,
    /// For which methods it is needed.
    pub needed_for: Vec<Method>,
    /// Whether that is so.
    pub verdict: Verdict,
}

/// Whether a need is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is.
    Ok,
    /// It is not.
    Missing,
}

/// The methods that are shown where none was asked for or recorded.
const USUAL: [Method; 3] = [
    Method::Dr,
    Method::Tun(Tunnel::Ipip),
    Method::Tun(Tunnel::Gre),
];

impl Inventory {
    /// Looks for what `vips` need; if there are none, for what the recorded ones do, and if there
    /// are none of these either, for what every method would need of a VIP on `lo`.
    pub(super) fn take(
        socket: &mut Socket,
        vips: &[Vip],
        recorded: &State,
    ) -> Result<Self, RealServerError> {
        let mut subject = vips.to_vec();
        if subject.is_empty() {
            subject = recorded.vips.iter().map(|one| one.vip.clone()).collect();
        }
        let named = !subject.is_empty();
        if !named {
            subject = USUAL.map(example).to_vec();
        }
        let observed = Observed::look(socket, &Needs::of(&subject))?;
        let addresses = if named {
            subject
                .iter()
                .map(|vip| (vip.address, vip.interface.clone()))
                .collect()
        } else {
            candidates(&observed)
        };
        Ok(Self::of(&subject, &addresses, &observed))
    }

    fn of(
        subject: &[Vip],
        addresses: &BTreeSet<(IpAddr, InterfaceName)>,
        observed: &Observed,
    ) -> Self {
        let needs = Needs::of(subject);
        let methods = |needed: &dyn Fn(&Needs) -> bool| {
            let methods: BTreeSet<Method> = subject.iter().map(|vip| vip.method).collect();
            let in_need = |method: &Method| {
                let theirs = subject.iter().filter(|vip| vip.method == *method);
                needed(&Needs::of(theirs))
            };
            methods.into_iter().filter(in_need).collect::<Vec<_>>()
        };
        let all = methods(&|_| true);
        let vips = addresses.iter().map(|(vip, interface)| Row {
            needed_for: all.clone(),
            ..vip_row(*vip, interface, observed)
        });
        let settings = needs.settings.iter().map(|setting| Row {
            needed_for: methods(&|needs| needs.settings.contains(setting)),
            ..setting_row(setting, observed)
        });
        let devices = needs.devices.iter().map(|device| Row {
            needed_for: methods(&|needs| needs.devices.contains(device)),
            ..device_row(*device, observed)
        });
        let ports = needs.ports.iter().map(|port| Row {
            needed_for: methods(&|needs| needs.ports.contains(port)),
            ..row(
                format!("UDP port {} for GUE", port.port),
                word(observed.ports.contains(port), "open", "closed"),
                "open",
                observed.ports.contains(port),
            )
        });
        let rows = vips.chain(settings).chain(devices).chain(ports).collect();
        Self { rows }
    }
}

fn example(method: Method) -> Vip {
    Vip {
        address: IpAddr::from([0, 0, 0, 0]),
        interface: InterfaceName::lo(),
        method,
    }
}

/// Addresses on `lo` that can only be VIPs.
fn candidates(observed: &Observed) -> BTreeSet<(IpAddr, InterfaceName)> {
    let lo = observed.interface(&InterfaceName::lo());
    let on_lo = observed.addresses.iter().filter(|one| {
        lo.is_some_and(|lo| lo.index == one.interface)
            && one.prefix == full_prefix(one.address)
            && !one.address.is_loopback()
    });
    on_lo
        .map(|one| (one.address, InterfaceName::lo()))
        .collect()
}

fn vip_row(vip: IpAddr, interface: &InterfaceName, observed: &Observed) -> Row {
    let there = observed.has(vip, interface);
    let item = format!("{vip}/{} on {interface}", full_prefix(vip));
    row(item, word(there, "there", "absent"), "there", there)
}

fn setting_row(setting: &Setting, observed: &Observed) -> Row {
    let value = observed.settings.get(setting);
    let is = value.map_or("absent".to_owned(), i32::to_string);
    let good = value.is_some_and(|value| setting.name.satisfied_by(*value));
    row(
        setting.to_string(),
        is,
        setting.name.wanted().to_string(),
        good,
    )
}

fn device_row(device: Device, observed: &Observed) -> Row {
    let found = observed.device(device);
    let up = found.is_some_and(|found| found.up);
    let is = match found {
        None => "absent",
        Some(_) => word(up, "up", "down"),
    };
    row(device.to_string(), is, "up", up)
}

const fn word(good: bool, yes: &'static str, no: &'static str) -> &'static str {
    if good { yes } else { no }
}

fn row(item: String, is: impl Into<String>, needed: impl Into<String>, good: bool) -> Row {
    Row {
        item,
        is: is.into(),
        needed: needed.into(),
        needed_for: Vec::new(),
        verdict: if good { Verdict::Ok } else { Verdict::Missing },
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
        })
    }
}

impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_header(["item", "is", "needed", "for", "verdict"]);
        for row in &self.rows {
            let methods: Vec<String> = row.needed_for.iter().map(Method::to_string).collect();
            table.add_row([
                &row.item,
                &row.is,
                &row.needed,
                &methods.join(" "),
                &row.verdict.to_string(),
            ]);
        }
        writeln!(f, "{}", table.trim_fmt())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::network::Interface;
    use crate::network::address::InterfaceAddress;
    use crate::realserver::needs::SettingName;

    #[test]
    fn what_is_missing_is_told_with_what_needs_it() {
        let vip = IpAddr::from([192, 0, 2, 1]);
        let lo = Interface {
            index: 1,
            name: InterfaceName::lo(),
            up: true,
            mac: None,
        };
        let observed = Observed {
            interfaces: vec![lo],
            addresses: vec![InterfaceAddress::single(1, vip)],
            settings: BTreeMap::from([(Setting::of_all(SettingName::ArpIgnore), 8)]),
            ..Observed::default()
        };
        let inventory = Inventory::of(&USUAL.map(example), &candidates(&observed), &observed);
        insta::assert_snapshot!(inventory, @r#"
        item                            is      needed  for                  verdict
        192.0.2.1/32 on lo              there   there   dr tun-ipip tun-gre  ok
        net.ipv4.conf.all.arp_ignore    8       1       dr tun-ipip tun-gre  ok
        net.ipv4.conf.all.arp_announce  absent  2       dr tun-ipip tun-gre  missing
        net.ipv4.conf.all.rp_filter     absent  0       tun-ipip tun-gre     missing
        net.ipv4.conf.gre0.rp_filter    absent  0       tun-gre              missing
        net.ipv4.conf.lo.arp_ignore     absent  1       dr tun-ipip tun-gre  missing
        net.ipv4.conf.lo.arp_announce   absent  2       dr tun-ipip tun-gre  missing
        net.ipv4.conf.tunl0.rp_filter   absent  0       tun-ipip             missing
        tunl0                           absent  up      tun-ipip             missing
        gre0                            absent  up      tun-gre              missing
        "#);
    }
}
