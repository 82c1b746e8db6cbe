//! What the kernel refuses, and in which words that is passed on.

use director_setup::{
    AddressFamily, Client, Errno, Error, Forwarding, RealServer, Thresholds, Tunnel, TunnelChecksum,
};
use netns_lab::namespace::HostNetwork;

use super::{Case, named_cases, on_director, server, servers, web};

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        a_service_cannot_be_added_twice,
        a_missing_service_is_esrch_whatever_is_wanted_of_it,
        a_missing_service_has_no_real_servers_without_an_error,
        a_real_server_cannot_be_added_twice,
        a_missing_real_server_is_enoent_and_named,
        a_lower_threshold_above_the_upper_one_is_erange_and_explained,
        an_address_that_is_not_unicast_is_einval,
        a_gue_tunnel_without_a_port_is_einval,
        only_a_tunnel_may_lead_to_the_other_address_family,
        servers_up_to_the_first_refused_one_are_added,
    ]
}

/// The kernel refused with this errno, and the text has all of these parts.
fn assert_refused(result: Result<(), Error>, errno: Errno, parts: &[&str]) {
    let error = result.expect_err("the kernel refuses");
    assert_eq!(error.errno(), Some(errno), "{error}");
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

fn with_web<T>(host: HostNetwork, work: impl FnOnce(&mut Client) -> T) -> T {
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        work(ipvs)
    })
}

fn first() -> RealServer {
    server(AddressFamily::Ipv4, 1, Forwarding::Nat)
}

fn a_service_cannot_be_added_twice(host: HostNetwork) {
    with_web(host, |ipvs| {
        let said = [
            "cannot add service tcp 192.168.0.1:80",
            "File exists (EEXIST)",
        ];
        assert_refused(ipvs.add_service(&web()), Errno::EEXIST, &said);
    });
}

fn a_missing_service_is_esrch_whatever_is_wanted_of_it(host: HostNetwork) {
    on_director(host, |ipvs| {
        let (key, server) = (web().key, first());
        let refusals = [
            (
                ipvs.edit_service(&web()),
                "edit service tcp 192.168.0.1:80:",
            ),
            (
                ipvs.delete_service(&key),
                "delete service tcp 192.168.0.1:80:",
            ),
            (
                ipvs.add_server(&key, &server),
                "add real server 10.1.0.1:80 to tcp 192.168.0.1:80:",
            ),
            (
                ipvs.edit_server(&key, &server),
                "edit real server 10.1.0.1:80 of tcp 192.168.0.1:80:",
            ),
            (
                ipvs.delete_server(&key, server.address),
                "delete real server 10.1.0.1:80 from tcp 192.168.0.1:80:",
            ),
        ];
        for (refusal, operation) in refusals {
            let said = [operation, "(ESRCH)", "there is no such service"];
            assert_refused(refusal, Errno::ESRCH, &said);
        }
    });
}

fn a_missing_service_has_no_real_servers_without_an_error(host: HostNetwork) {
    on_director(host, |ipvs| {
        assert_eq!(ipvs.servers(&web().key).unwrap(), []);
    });
}

fn a_real_server_cannot_be_added_twice(host: HostNetwork) {
    with_web(host, |ipvs| {
        let key = web().key;
        ipvs.add_server(&key, &first()).unwrap();
        let said = [
            "cannot add real server 10.1.0.1:80 to tcp 192.168.0.1:80",
            "(EEXIST)",
        ];
        assert_refused(ipvs.add_server(&key, &first()), Errno::EEXIST, &said);
    });
}

fn a_missing_real_server_is_enoent_and_named(host: HostNetwork) {
    with_web(host, |ipvs| {
        let (key, server) = (web().key, first());
        let absent = "the service has no such real server";
        let said = ["edit real server 10.1.0.1:80", "(ENOENT)", absent];
        assert_refused(ipvs.edit_server(&key, &server), Errno::ENOENT, &said);
        let said = ["delete real server 10.1.0.1:80", "(ENOENT)", absent];
        let refusal = ipvs.delete_server(&key, server.address);
        assert_refused(refusal, Errno::ENOENT, &said);
    });
}

fn a_lower_threshold_above_the_upper_one_is_erange_and_explained(host: HostNetwork) {
    let crossed = first().with_thresholds(Thresholds { upper: 1, lower: 2 });
    with_web(host, |ipvs| {
        let key = web().key;
        let said = ["add real server 10.1.0.1:80", "(ERANGE)", "lower threshold"];
        assert_refused(ipvs.add_server(&key, &crossed), Errno::ERANGE, &said);
        assert_eq!(servers(ipvs, &key), []);
    });
}

fn an_address_that_is_not_unicast_is_einval(host: HostNetwork) {
    let mut multicast = first();
    multicast.address.set_ip([224, 0, 0, 1].into());
    with_web(host, |ipvs| {
        let refusal = ipvs.add_server(&web().key, &multicast);
        let said = ["add real server 224.0.0.1:80", "(EINVAL)"];
        assert_refused(refusal, Errno::EINVAL, &said);
    });
}

fn a_gue_tunnel_without_a_port_is_einval(host: HostNetwork) {
    let mut nowhere = first().with_tunnel(Tunnel::Gue {
        port: 0,
        checksum: TunnelChecksum::None,
    });
    nowhere.forwarding = Forwarding::Tun;
    with_web(host, |ipvs| {
        let refusal = ipvs.add_server(&web().key, &nowhere);
        assert_refused(refusal, Errno::EINVAL, &["add real server 10.1.0.1:80"]);
    });
}

fn only_a_tunnel_may_lead_to_the_other_address_family(host: HostNetwork) {
    with_web(host, |ipvs| {
        for forwarding in [Forwarding::Nat, Forwarding::Dr] {
            let other = server(AddressFamily::Ipv6, 1, forwarding);
            let refusal = ipvs.add_server(&web().key, &other);
            let said = ["add real server [2001:db8::101]:80", "(EINVAL)"];
            assert_refused(refusal, Errno::EINVAL, &said);
        }
    });
}

fn servers_up_to_the_first_refused_one_are_added(host: HostNetwork) {
    let [one, two] = [1, 2].map(|number| server(AddressFamily::Ipv4, number, Forwarding::Nat));
    with_web(host, |ipvs| {
        let key = web().key;
        let refusal = ipvs.add_servers(&key, &[one.clone(), one.clone(), two]);
        assert_refused(refusal, Errno::EEXIST, &["10.1.0.1:80"]);
        assert_eq!(servers(ipvs, &key), [one]);
    });
}
