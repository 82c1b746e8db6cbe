//! Plans as texts: what is done to which host.

use std::collections::BTreeMap;

use super::*;
use crate::network::address::InterfaceAddress;
use crate::network::{Interface, InterfaceName};
use crate::realserver::Method;
use crate::realserver::needs::{Setting, SettingName};

fn vip(last: u8, method: &str) -> Vip {
    Vip {
        address: [192, 0, 2, last].into(),
        interface: InterfaceName::lo(),
        method: method.parse::<Method>().unwrap(),
    }
}

fn interface(index: u32, name: &str) -> Interface {
    Interface {
        index,
        name: name.parse().unwrap(),
        up: index == 1,
        mac: None,
    }
}

fn setting(interface: &str, name: SettingName) -> Setting {
    let interface = interface.parse().unwrap();
    Setting { interface, name }
}

/// A host as it is after installation: `rp_filter` 2 as some distributions have it.
fn fresh() -> Observed {
    let mut settings = BTreeMap::new();
    for interface in ["all", "lo", "default"] {
        settings.insert(setting(interface, SettingName::ArpIgnore), 0);
        settings.insert(setting(interface, SettingName::ArpAnnounce), 0);
        settings.insert(setting(interface, SettingName::RpFilter), 2);
    }
    Observed {
        interfaces: vec![interface(1, "lo")],
        settings,
        ..Observed::default()
    }
}

/// The host after a plan.
fn after(plan: &Plan, observed: &Observed) -> Observed {
    let mut now = observed.clone();
    for step in &plan.steps {
        match step {
            Step::AddDevice { device } => now.interfaces.push(interface(9, device.as_str())),
            Step::DeleteDevice { device } => now
                .interfaces
                .retain(|one| one.name.as_str() != device.as_str()),
            Step::DeviceUp { device } | Step::DeviceDown { device } => {
                let up = matches!(step, Step::DeviceUp { .. });
                for one in &mut now.interfaces {
                    one.up = if one.name.as_str() == device.as_str() {
                        up
                    } else {
                        one.up
                    };
                }
            }
            Step::OpenPort { port } => drop(now.ports.insert(*port)),
            Step::ClosePort { port } => drop(now.ports.remove(port)),
            Step::Set { setting, to, .. } => drop(now.settings.insert(setting.clone(), *to)),
            Step::AddAddress { address, .. } => {
                now.addresses.push(InterfaceAddress::single(1, *address));
            }
            Step::RemoveAddress { address, .. } => {
                now.addresses.retain(|one| one.address != *address);
            }
        }
    }
    now
}

fn shown(plan: &Plan) -> String {
    let lines: Vec<String> = plan.steps.iter().map(Step::to_string).collect();
    lines.join("\n")
}

#[test]
fn direct_routing_is_silenced_before_the_vip_comes() {
    let plan = apply(&[vip(1, "dr")], &State::default(), &fresh());
    insta::assert_snapshot!(shown(&plan), @r#"
    set net.ipv4.conf.all.arp_ignore from 0 to 1
    set net.ipv4.conf.all.arp_announce from 0 to 2
    set net.ipv4.conf.lo.arp_ignore from 0 to 1
    set net.ipv4.conf.lo.arp_announce from 0 to 2
    add 192.0.2.1/32 to lo
    "#);
}

#[test]
fn a_gue_tunnel_needs_its_port_its_device_and_no_filter() {
    let plan = apply(&[vip(1, "tun-gue:6080")], &State::default(), &fresh());
    insta::assert_snapshot!(shown(&plan), @r#"
    add device tunl0 (module ipip)
    open UDP port 6080 for GUE
    set net.ipv4.conf.all.arp_ignore from 0 to 1
    set net.ipv4.conf.all.arp_announce from 0 to 2
    set net.ipv4.conf.all.rp_filter from 2 to 0
    set net.ipv4.conf.lo.arp_ignore from 0 to 1
    set net.ipv4.conf.lo.arp_announce from 0 to 2
    set net.ipv4.conf.tunl0.rp_filter to 0
    set tunl0 up
    add 192.0.2.1/32 to lo
    "#);
    let back = undo(None, &plan.state, &after(&plan, &fresh()));
    insta::assert_snapshot!(shown(&back), @r#"
    remove 192.0.2.1/32 from lo
    set tunl0 down
    set net.ipv4.conf.all.arp_ignore from 1 to 0
    set net.ipv4.conf.all.arp_announce from 2 to 0
    set net.ipv4.conf.all.rp_filter from 0 to 2
    set net.ipv4.conf.lo.arp_ignore from 1 to 0
    set net.ipv4.conf.lo.arp_announce from 2 to 0
    set net.ipv4.conf.tunl0.rp_filter from 0 to 2
    close UDP port 6080 of GUE
    delete device tunl0
    "#);
    assert!(back.state.is_empty());
}

#[test]
fn an_ipv6_vip_needs_no_setting() {
    let v6 = Vip {
        address: "2001:db8::1".parse().unwrap(),
        ..vip(1, "dr")
    };
    let plan = apply(&[v6], &State::default(), &fresh());
    assert_eq!(shown(&plan), "add 2001:db8::1/128 to lo");
}

#[test]
fn a_second_apply_does_nothing_and_keeps_the_originals() {
    let vips = [vip(1, "dr"), vip(2, "tun-ipip")];
    let first = apply(&vips, &State::default(), &fresh());
    let second = apply(&vips, &first.state, &after(&first, &fresh()));
    assert_eq!(second.steps, []);
    assert_eq!(second.state, first.state);
}

#[test]
fn the_settings_come_back_when_the_last_vip_goes() {
    let first = apply(&[vip(1, "dr")], &State::default(), &fresh());
    let now = after(&first, &fresh());
    let second = apply(&[vip(2, "tun-ipip")], &first.state, &now);
    let now = after(&second, &now);

    let one_gone = undo(Some(&[[192, 0, 2, 2].into()]), &second.state, &now);
    insta::assert_snapshot!(shown(&one_gone), @r#"
    remove 192.0.2.2/32 from lo
    set tunl0 down
    set net.ipv4.conf.all.rp_filter from 0 to 2
    set net.ipv4.conf.tunl0.rp_filter from 0 to 2
    delete device tunl0
    "#);
    let now = after(&one_gone, &now);
    assert_eq!(one_gone.state, first.state);

    let all_gone = undo(None, &one_gone.state, &now);
    insta::assert_snapshot!(shown(&all_gone), @r#"
    remove 192.0.2.1/32 from lo
    set net.ipv4.conf.all.arp_ignore from 1 to 0
    set net.ipv4.conf.all.arp_announce from 2 to 0
    set net.ipv4.conf.lo.arp_ignore from 1 to 0
    set net.ipv4.conf.lo.arp_announce from 2 to 0
    "#);
    assert!(all_gone.state.is_empty());
    assert_eq!(after(&all_gone, &now).addresses, fresh().addresses);
}

#[test]
fn what_was_there_before_stays_after_undo() {
    let mut observed = fresh();
    observed
        .settings
        .insert(setting("all", SettingName::ArpIgnore), 2);
    observed
        .addresses
        .push(InterfaceAddress::single(1, [192, 0, 2, 1].into()));
    let plan = apply(&[vip(1, "dr")], &State::default(), &observed);
    assert!(
        !shown(&plan).contains("conf.all.arp_ignore"),
        "{}",
        shown(&plan)
    );
    assert!(!shown(&plan).contains("192.0.2.1"), "{}", shown(&plan));

    let now = after(&plan, &observed);
    let again = apply(&[vip(1, "dr")], &plan.state, &now);
    let back = undo(None, &again.state, &now);
    assert_eq!(after(&back, &now), observed);
}

#[test]
fn an_apply_that_was_interrupted_is_undone_as_far_as_it_came() {
    let plan = apply(&[vip(1, "dr")], &State::default(), &fresh());
    let half = Plan {
        steps: plan.steps[..2].to_vec(),
        state: plan.state.clone(),
    };
    let now = after(&half, &fresh());
    let back = undo(None, &plan.state, &now);
    assert_eq!(back.steps.len(), 2);
    assert_eq!(after(&back, &now), fresh());
}

#[test]
fn a_vip_that_moves_to_another_interface_leaves_the_old_one() {
    let mut observed = fresh();
    observed.interfaces.push(interface(2, "dummy0"));
    let first = apply(&[vip(1, "dr")], &State::default(), &observed);
    let moved = Vip {
        interface: "dummy0".parse().unwrap(),
        ..vip(1, "dr")
    };
    let plan = apply(&[moved], &first.state, &after(&first, &observed));
    assert!(shown(&plan).contains("remove 192.0.2.1/32 from lo\nadd 192.0.2.1/32 to dummy0"));
}

#[test]
fn a_setting_that_drifted_is_set_again_and_its_first_original_kept() {
    let first = apply(&[vip(1, "dr")], &State::default(), &fresh());
    let mut now = after(&first, &fresh());
    now.settings
        .insert(setting("lo", SettingName::ArpAnnounce), 1);
    let again = apply(&[vip(1, "dr")], &first.state, &now);
    assert_eq!(
        shown(&again),
        "set net.ipv4.conf.lo.arp_announce from 1 to 2"
    );
    assert_eq!(again.state.settings, first.state.settings);
}
