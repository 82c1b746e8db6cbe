//! Many changes in one go.

use director_setup::{
    AddressFamily, Change, Client, Errno, Error, Forwarding, RealServer, Scheduler, Service,
    ServiceKey, Timeouts, Weight,
};
use netns_lab::namespace::HostNetwork;

use super::{Case, named_cases, on_director, only_service, server, servers, web};

/// More than a few datagrams' worth.
const MANY: u16 = 1000;

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        nothing_in_one_go_is_nothing,
        a_thousand_changes_in_one_go_arrive_in_order,
        of_a_thousand_edits_in_one_go_the_last_one_counts,
        changes_of_every_kind_can_go_together,
        refusals_come_back_with_their_places_and_stop_nothing,
        each_refusal_names_its_own_change,
        five_hundred_refusals_all_come_back,
        what_cannot_be_said_to_the_kernel_is_refused_at_its_place,
        nothing_but_what_cannot_be_said_is_refused_without_a_word_to_the_kernel,
        many_changes_in_one_go_can_follow_each_other,
    ]
}

fn numbered(number: u16) -> RealServer {
    server(AddressFamily::Ipv4, number, Forwarding::Nat).with_weight(number.into())
}

fn add_service() -> Change {
    Change::AddService { service: web() }
}

fn add(number: u16) -> Change {
    Change::AddServer {
        key: web().key,
        server: numbered(number),
    }
}

/// Deletes a service that is not there.
fn delete_missing(port: u16) -> Change {
    Change::DeleteService {
        key: ServiceKey::tcp(([192, 168, 0, 9], port).into()),
    }
}

/// A service whose scheduler has a longer name than the kernel's message has room for.
fn unsayable() -> Change {
    Change::AddService {
        service: Service::new(web().key, Scheduler::from("sixteen-letters!")),
    }
}

/// Carries out changes; says the place of each refusal, and its reason if it is the kernel's.
fn refused(ipvs: &mut Client, changes: &[Change]) -> Vec<(usize, Option<Errno>)> {
    let refusals = ipvs.carry_out_all(changes).unwrap();
    let reason = |(place, error): (usize, Error)| (place, error.errno());
    refusals.into_iter().map(reason).collect()
}

fn nothing_in_one_go_is_nothing(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        assert_eq!(refused(ipvs, &[]), []);
        assert_eq!(only_service(ipvs), web());
    });
}

fn a_thousand_changes_in_one_go_arrive_in_order(host: HostNetwork) {
    let mut changes = vec![add_service()];
    changes.extend((1..MANY).map(add));
    let newest_first: Vec<_> = (1..MANY).rev().map(numbered).collect();
    on_director(host, |ipvs| {
        assert_eq!(refused(ipvs, &changes), []);
        assert_eq!(servers(ipvs, &web().key), newest_first);
    });
}

fn of_a_thousand_edits_in_one_go_the_last_one_counts(host: HostNetwork) {
    let weighted = |weight: u16| numbered(1).with_weight(weight.into());
    let edits: Vec<_> = (1..=MANY)
        .map(|weight| Change::EditServer {
            key: web().key,
            server: weighted(weight),
        })
        .collect();
    on_director(host, |ipvs| {
        assert_eq!(refused(ipvs, &[add_service(), add(1)]), []);
        assert_eq!(refused(ipvs, &edits), []);
        assert_eq!(servers(ipvs, &web().key), [weighted(MANY)]);
    });
}

fn changes_of_every_kind_can_go_together(host: HostNetwork) {
    let key = web().key;
    let edited = Service::new(key, Scheduler::RoundRobin).persistent(60);
    let quiet = numbered(2).with_weight(Weight::ZERO);
    on_director(host, |ipvs| {
        let timeouts = Timeouts {
            tcp: 100,
            tcp_fin: 50,
            udp: 30,
        };
        let changes = [
            add_service(),
            add(1),
            Change::Flush,
            add_service(),
            add(1),
            add(2),
            Change::EditService {
                service: edited.clone(),
            },
            Change::EditServer {
                key,
                server: quiet.clone(),
            },
            Change::DeleteServer {
                key,
                address: numbered(1).address,
            },
            Change::Zero { key: Some(key) },
            Change::Zero { key: None },
            Change::SetTimeouts { timeouts },
        ];
        assert_eq!(refused(ipvs, &changes), []);
        assert_eq!(only_service(ipvs), edited);
        assert_eq!(servers(ipvs, &key), [quiet]);
        assert_eq!(ipvs.timeouts().unwrap(), timeouts);
    });
}

fn refusals_come_back_with_their_places_and_stop_nothing(host: HostNetwork) {
    // Next to each other, at the begin, at the end, and where one datagram ends and the next begins.
    let places = [0, 1, 63, 126, 127, 128, 129, 255, 256, 399];
    let mut changes = vec![];
    let mut expected = vec![];
    for (place, number) in (0..400).zip(1..) {
        match places.iter().position(|refused| *refused == place) {
            None => changes.push(add(number)),
            Some(kind) => {
                let mut multicast = numbered(number);
                multicast.address.set_ip([224, 0, 0, 1].into());
                let key = web().key;
                let (change, errno) = [
                    (add_service(), Errno::EEXIST),
                    (delete_missing(number), Errno::ESRCH),
                    (
                        Change::DeleteServer {
                            key,
                            address: numbered(number).address,
                        },
                        Errno::ENOENT,
                    ),
                    (
                        Change::AddServer {
                            key,
                            server: multicast,
                        },
                        Errno::EINVAL,
                    ),
                ][kind % 4]
                    .clone();
                changes.push(change);
                expected.push((usize::from(place), Some(errno)));
            }
        }
    }
    let carried_out: Vec<_> = (0..400_u16)
        .rev()
        .filter(|place| !places.contains(place))
        .map(|place| numbered(place + 1))
        .collect();
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        assert_eq!(refused(ipvs, &changes), expected);
        assert_eq!(servers(ipvs, &web().key), carried_out);
    });
}

fn each_refusal_names_its_own_change(host: HostNetwork) {
    let changes: Vec<_> = (1..=300).map(delete_missing).collect();
    on_director(host, |ipvs| {
        let refusals = ipvs.carry_out_all(&changes).unwrap();
        let said: Vec<_> = refusals
            .iter()
            .map(|(_, error)| error.to_string())
            .collect();
        let expected: Vec<_> = (1..=300)
            .map(|port| {
                format!(
                    "cannot delete service tcp 192.168.0.9:{port}: No such process (ESRCH); \
                     there is no such service"
                )
            })
            .collect();
        assert_eq!(said, expected);
    });
}

fn five_hundred_refusals_all_come_back(host: HostNetwork) {
    // Long requests, because a refusal quotes its request.
    let changes = vec![add(1); 500];
    let expected: Vec<_> = (0..500).map(|place| (place, Some(Errno::EEXIST))).collect();
    on_director(host, |ipvs| {
        assert_eq!(refused(ipvs, &[add_service(), add(1)]), []);
        assert_eq!(refused(ipvs, &changes), expected);
        assert_eq!(servers(ipvs, &web().key), [numbered(1)]);
        ipvs.add_server(&web().key, &numbered(2)).unwrap();
        ipvs.add_server(&web().key, &numbered(2)).unwrap_err();
        assert_eq!(servers(ipvs, &web().key), [numbered(2), numbered(1)]);
    });
}

fn what_cannot_be_said_to_the_kernel_is_refused_at_its_place(host: HostNetwork) {
    let mut changes = vec![add_service()];
    changes.extend((1..300).map(add));
    // The first and the last of a datagram, and one before a refusal of the kernel.
    for place in [0, 127, 128, 200, 300] {
        changes.insert(place, unsayable());
    }
    changes.insert(201, add_service());
    on_director(host, |ipvs| {
        let places = [0, 127, 128, 200, 201, 301];
        let expected = places.map(|place| (place, (place == 201).then_some(Errno::EEXIST)));
        let refusals = ipvs.carry_out_all(&changes).unwrap();
        for (place, error) in refusals.iter().filter(|(place, _)| *place != 201) {
            assert!(matches!(error, Error::Request { .. }), "{place}: {error:?}");
            let text = error.to_string();
            let said = "cannot add service tcp 192.168.0.1:80: \"sixteen-letters!\" cannot be the";
            assert!(text.starts_with(said), "{text}");
        }
        let found: Vec<_> = refusals
            .iter()
            .map(|(place, error)| (*place, error.errno()))
            .collect();
        assert_eq!(found, expected);
        let carried_out: Vec<_> = (1..300).rev().map(numbered).collect();
        assert_eq!(servers(ipvs, &web().key), carried_out);
    });
}

fn nothing_but_what_cannot_be_said_is_refused_without_a_word_to_the_kernel(host: HostNetwork) {
    let expected: Vec<_> = (0..200).map(|place| (place, None)).collect();
    on_director(host, |ipvs| {
        assert_eq!(refused(ipvs, &vec![unsayable(); 200]), expected);
        assert_eq!(ipvs.services().unwrap(), []);
    });
}

fn many_changes_in_one_go_can_follow_each_other(host: HostNetwork) {
    let mut adds = vec![add_service()];
    adds.extend((1..200).map(add));
    on_director(host, |ipvs| {
        for _ in 0..3 {
            assert_eq!(refused(ipvs, &adds), []);
            let again: Vec<_> = (0..200).map(|place| (place, Some(Errno::EEXIST))).collect();
            assert_eq!(refused(ipvs, &adds), again);
            assert_eq!(servers(ipvs, &web().key).len(), 199);
            assert_eq!(refused(ipvs, &[Change::Flush]), []);
        }
        assert_eq!(ipvs.services().unwrap(), []);
    });
}
