use std::net::Ipv4Addr;

use director_setup::{Netmask, Scheduler, Thresholds, Weight};

use super::*;
use crate::model::KernelVersion;

const RS: [SocketAddr; 3] = [server(1), server(2), server(3)];

const fn server(n: u8) -> SocketAddr {
    SocketAddr::V4(std::net::SocketAddrV4::new(
        Ipv4Addr::new(192, 168, 1, n),
        80,
    ))
}

fn director(scheduler: &str, kernel: &str, persistence: Option<Persistence>) -> Director {
    let kernel = KernelVersion::of_release(kernel);
    let settings = DirectorSettings {
        model: ModelSettings::new(Scheduler::from(scheduler), kernel),
        persistence,
    };
    Director::new(&settings).unwrap()
}

fn with_servers(mut director: Director, numbers: &[u16]) -> Director {
    for (&server, &number) in RS.iter().zip(numbers) {
        director.add(server, Weight::from(number).into()).unwrap();
    }
    director
}

fn arrival(seconds: u64, client: u8) -> Arrival {
    Arrival {
        at: Duration::from_secs(seconds),
        client: SocketAddr::from(([10, 0, 0, client], 40_000)),
        destination: Ipv4Addr::new(192, 168, 0, 1).into(),
    }
}

fn persistent(timeout_seconds: u32, mask: [u8; 4]) -> Persistence {
    Persistence {
        timeout_seconds,
        netmask: Netmask::Ipv4(mask.into()),
    }
}

/// Which server, as an index into [`RS`].
fn schedule(director: &mut Director, seconds: u64, client: u8) -> Option<(usize, Connection)> {
    let connection = director.schedule(&arrival(seconds, client))?;
    let address = director.servers().get(connection.server()).address;
    let index = RS.iter().position(|&one| one == address).unwrap();
    Some((index, connection))
}

#[test]
fn a_client_stays_with_its_server_until_its_template_expires() {
    let mut director = with_servers(
        director("rr", "6.1.176", Some(persistent(60, [255; 4]))),
        &[1, 1],
    );
    let mut at = |seconds, client| {
        let (server, connection) = schedule(&mut director, seconds, client).unwrap();
        director.release(connection, Duration::from_secs(seconds));
        server
    };
    assert_eq!([at(0, 1), at(1, 2), at(2, 1), at(3, 2)], [1, 0, 1, 0]);
    // Renewed at 3 s: another 60 s.
    assert_eq!([at(62, 2), at(62, 3)], [0, 1]);
    assert_eq!(at(63, 1), 0, "forgotten since 62 s: scheduled anew");
}

#[test]
fn clients_of_one_network_count_as_one() {
    let persistence = Some(persistent(60, [255, 255, 255, 0]));
    let mut director = with_servers(director("rr", "6.1.176", persistence), &[1, 1]);
    let servers = [1, 2, 3].map(|client| schedule(&mut director, 0, client).unwrap().0);
    assert_eq!(servers, [1, 1, 1]);
}

#[test]
fn a_template_outlives_its_time_while_connections_need_it() {
    let mut director = with_servers(
        director("rr", "6.1.176", Some(persistent(10, [255; 4]))),
        &[1, 1],
    );
    let (first, open) = schedule(&mut director, 0, 1).unwrap();
    let (again, second) = schedule(&mut director, 65, 1).unwrap();
    assert_eq!(first, again, "kept by the open connection at 10 s");
    for connection in [open, second] {
        director.release(connection, Duration::from_secs(66));
    }
    // From then on it is renewed by 60 s, not by 10.
    assert_eq!(schedule(&mut director, 120, 1).unwrap().0, first);
}

#[test]
fn persistence_overrules_weight_0_but_not_a_removal() {
    let mut director = with_servers(
        director("rr", "6.1.176", Some(persistent(60, [255; 4]))),
        &[1, 1],
    );
    let (server, _open) = schedule(&mut director, 0, 1).unwrap();
    director.edit(RS[server], Weight::ZERO.into()).unwrap();
    assert_eq!(schedule(&mut director, 1, 1).unwrap().0, server);
    director.remove(RS[server]).unwrap();
    assert_ne!(schedule(&mut director, 2, 1).unwrap().0, server);
}

#[test]
fn a_removed_server_comes_back_with_its_connections() {
    let mut director = with_servers(director("wlc", "6.1.176", None), &[1, 1]);
    let (server, mut open) = schedule(&mut director, 0, 1).unwrap();
    assert_eq!(server, 1);
    director.set_activity(&mut open, Activity::Active);
    director.remove(RS[1]).unwrap();
    director.add(RS[1], Weight::ONE.into()).unwrap();
    assert_eq!(
        schedule(&mut director, 0, 2).unwrap().0,
        0,
        "the other has less"
    );
}

/// An upper threshold of 4: full with four, and free again below three.
#[test]
fn thresholds_keep_a_full_server_from_new_connections() {
    for kernel in ["6.1.176", "6.1.183"] {
        let mut director = director("fo", kernel, None);
        let thresholds = Thresholds { upper: 4, lower: 0 };
        director.add(RS[0], Weight::ONE.into()).unwrap();
        let weight = Weight::from(9);
        let full = ServerSettings { weight, thresholds };
        director.add(RS[1], full).unwrap();
        let mut open = Vec::new();
        let mut servers = Vec::new();
        for client in 0..6 {
            let (server, connection) = schedule(&mut director, 0, client).unwrap();
            servers.push(server);
            open.push(connection);
        }
        assert_eq!(servers, [1, 1, 1, 1, 0, 0], "{kernel}");
        director.release(open.remove(0), Duration::ZERO);
        assert_eq!(
            schedule(&mut director, 0, 7).unwrap().0,
            0,
            "{kernel}: three"
        );
        director.release(open.remove(0), Duration::ZERO);
        assert_eq!(schedule(&mut director, 0, 8).unwrap().0, 1, "{kernel}: two");
    }
}

/// Raising the upper threshold of a full server: older kernels forget that it is full, whatever
/// the new threshold; later ones compare.
#[test]
fn an_edit_of_the_thresholds_is_looked_at_by_later_kernels_only() {
    for (kernel, expected) in [("6.1.176", 1), ("6.1.183", 0)] {
        let mut director = director("fo", kernel, None);
        director.add(RS[0], Weight::ONE.into()).unwrap();
        let full = |upper| ServerSettings {
            weight: Weight::from(9),
            thresholds: Thresholds {
                upper,
                lower: upper - 1,
            },
        };
        director.add(RS[1], full(6)).unwrap();
        let open: Vec<_> = (0..5).map(|n| schedule(&mut director, 0, n)).collect();
        assert_eq!(open.len(), 5);
        director.edit(RS[1], full(4)).unwrap();
        director.edit(RS[1], full(5)).unwrap();
        assert_eq!(
            schedule(&mut director, 0, 9).unwrap().0,
            expected,
            "{kernel}"
        );
    }
}

#[test]
fn impossible_changes_are_refused() {
    let mut director = with_servers(director("rr", "6.1.176", None), &[1]);
    let one = ServerSettings::from(Weight::ONE);
    assert_eq!(director.add(RS[0], one), Err(ListError::Exists(RS[0])));
    assert_eq!(director.edit(RS[1], one), Err(ListError::Unknown(RS[1])));
    assert_eq!(director.remove(RS[1]), Err(ListError::Unknown(RS[1])));
    let thresholds = Thresholds { upper: 1, lower: 2 };
    let settings = ServerSettings { thresholds, ..one };
    assert!(matches!(
        director.add(RS[1], settings),
        Err(ListError::Thresholds {
            lower: 2,
            upper: 1,
            ..
        })
    ));
    assert!(
        Director::new(&ModelSettings::new("own".into(), KernelVersion::REFERENCE).into()).is_err()
    );
}

/// Every third connection is closed at the next arrival, so that loads differ.
fn picks(
    scheduler: &Scheduler,
    schedule: impl Fn(&mut Director, u8) -> Connection,
) -> Vec<ServerId> {
    let mut director = with_servers(director(scheduler.name(), "6.1.176", None), &[40, 20, 10]);
    let mut open = Vec::new();
    let picks = (0..90).map(|n| {
        let connection = schedule(&mut director, n);
        open.push(connection);
        if n % 3 == 0 {
            director.release(open.remove(open.len() / 2), Duration::from_secs(n.into()));
        }
        connection.server()
    });
    picks.collect()
}

#[test]
fn a_connection_that_is_active_at_once_is_scheduled_like_one_that_becomes_so() {
    for scheduler in Scheduler::KNOWN {
        let at_once = picks(&scheduler, |director, n| {
            let arrival = arrival(n.into(), n);
            director.schedule_as(&arrival, Activity::Active).unwrap()
        });
        let afterwards = picks(&scheduler, |director, n| {
            let mut connection = director.schedule(&arrival(n.into(), n)).unwrap();
            director.set_activity(&mut connection, Activity::Active);
            connection
        });
        assert_eq!(at_once, afterwards, "{scheduler}");
    }
}
