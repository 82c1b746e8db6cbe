//! `realserver` against the running kernel.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use director_setup::network::address::{self, InterfaceAddress};
use director_setup::network::rtnetlink::Socket;
use director_setup::realserver::show::Verdict;
use director_setup::realserver::{Done, Purpose, RealServerError, Vip, apply, show, undo};

use crate::namespace::{Namespace, find};

const SETTINGS: [&str; 3] = ["arp_ignore", "arp_announce", "rp_filter"];

fn vips(texts: &[&str], method: &str, interface: &str) -> Vec<Vip> {
    let vip = |text: &&str| Vip {
        address: text.parse().unwrap(),
        interface: interface.parse().unwrap(),
        method: method.parse().unwrap(),
    };
    texts.iter().map(vip).collect()
}

/// The addresses and settings of this thread's namespace.
fn look() -> (Vec<InterfaceAddress>, Vec<String>) {
    let settings = ["all", "lo"].into_iter().flat_map(|interface| {
        let path = format!("/proc/sys/net/ipv4/conf/{interface}");
        SETTINGS.map(|name| fs::read_to_string(Path::new(&path).join(name)).unwrap())
    });
    let mut addresses = address::list(&mut Socket::open().unwrap()).unwrap();
    addresses.sort_by_key(|one| one.address);
    (addresses, settings.collect())
}

/// Runs `test` in a new namespace with the path of a state file that is not there yet.
fn in_namespace(test: impl FnOnce(&Path) + Send + 'static) {
    let Some(namespace) = Namespace::create() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("run/state.toml");
    namespace.run(move || test(&state));
}

fn carry_out(vips: &[Vip], state: &Path) -> Result<Done, RealServerError> {
    apply(vips, state, Purpose::CarryOut)
}

#[test]
fn undo_restores_what_was_there_before_apply() {
    in_namespace(|state| {
        fs::write("/proc/sys/net/ipv4/conf/lo/arp_announce", "1").unwrap();
        let before = look();
        let vips = vips(&["192.0.2.1", "2001:db8::1"], "dr", "lo");

        assert_eq!(apply(&vips, state, Purpose::Show).unwrap().steps.len(), 6);
        assert_eq!(look(), before, "a dry run changes nothing");
        assert!(!state.exists());

        assert_eq!(carry_out(&vips, state).unwrap().steps.len(), 6);
        let inventory = show(&[], state).unwrap();
        assert!(
            inventory.rows.iter().all(|row| row.verdict == Verdict::Ok),
            "{inventory}"
        );
        assert_eq!(carry_out(&vips, state).unwrap().steps, []);

        let first = [vips[0].address];
        let one = undo(Some(&first), state, Purpose::CarryOut).unwrap();
        // The settings were for the IPv4 VIP alone.
        assert_eq!(one.steps.len(), 5, "{one:?}");
        undo(None, state, Purpose::CarryOut).unwrap();
        assert_eq!(look(), before);
        assert!(!state.exists());
        assert_eq!(undo(None, state, Purpose::CarryOut).unwrap().steps, []);
    });
}

#[test]
fn settings_that_two_vips_share_stay_until_the_last_goes() {
    in_namespace(|state| {
        let before = look();
        carry_out(&vips(&["192.0.2.1"], "dr", "lo"), state).unwrap();
        carry_out(&vips(&["192.0.2.2"], "dr", "lo"), state).unwrap();
        let first: [IpAddr; 1] = [[192, 0, 2, 1].into()];
        let one = undo(Some(&first), state, Purpose::CarryOut).unwrap();
        assert_eq!(one.steps.len(), 1, "{one:?}");
        assert_eq!(undo(None, state, Purpose::CarryOut).unwrap().steps.len(), 5);
        assert_eq!(look(), before);
    });
}

#[test]
fn a_failure_midway_leaves_everything_as_it_was() {
    in_namespace(|state| {
        fs::write("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "1").unwrap();
        let before = look();
        let vips = vips(&["192.0.2.1", "2001:db8::1"], "dr", "lo");
        match carry_out(&vips, state) {
            Err(error @ RealServerError::RolledBack { .. }) => {
                assert!(error.to_string().contains("disable_ipv6=0"), "{error}");
                assert_eq!(look(), before);
                assert!(!state.exists());
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_state_file_of_another_namespace_is_not_touched() {
    let (Some(one), Some(other)) = (Namespace::create(), Namespace::create()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.toml");
    let path = state.clone();
    one.run(move || carry_out(&vips(&["192.0.2.1"], "dr", "lo"), &path).unwrap());
    let path = state.clone();
    let refused = other.run(move || undo(None, &path, Purpose::CarryOut).unwrap_err());
    assert!(
        matches!(refused, RealServerError::OtherNamespace(_)),
        "{refused}"
    );
    one.run(move || undo(None, &state, Purpose::CarryOut).unwrap());
}

#[test]
fn a_tunnel_is_prepared_or_the_missing_module_is_named() {
    in_namespace(|state| {
        let before = look();
        match carry_out(&vips(&["192.0.2.1"], "tun-ipip", "lo"), state) {
            Ok(_) => {
                assert!(find("tunl0").up);
                undo(None, state, Purpose::CarryOut).unwrap();
            }
            Err(error) => {
                assert!(error.is_unavailable(), "{error}");
                assert!(error.to_string().contains("modprobe ipip"), "{error}");
                assert!(!state.exists());
            }
        }
        assert_eq!(look(), before);
    });
}
