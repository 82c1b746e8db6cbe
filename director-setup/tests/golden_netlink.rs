//! What the real ipvsadm 1.31 and the real kernel said to each other, as `golden/README.md` tells,
//! read and written by the codec.
//!
//! The command lines beside the bytes are read by our own grammar, so that the tests join three
//! things: the words, the values and the bytes.
#![cfg(target_endian = "little")]

use std::collections::HashMap;
use std::net::SocketAddr;

use director_setup::abi::{Command, CommandAttribute};
use director_setup::codec::message::{Content, Message, messages, nested};
use director_setup::codec::{change, daemon, destination, info, service, timeouts};
use director_setup::ipvsadm::read_saved;
use director_setup::{
    Change, Errno, RealServer, Service, ServiceKey, SyncDaemon, Timeouts, UnknownAttributes,
};

const NETLINK_HEADER: usize = 16;
const GENERIC_HEADER: usize = 4;

/// `IPVS_DEST_ATTR_ADDR` and `IPVS_DEST_ATTR_ADDR_FAMILY`, and `AF_INET` in the latter.
const ADDRESS: u16 = 1;
const FAMILY: u16 = 11;
const IPV4: [u8; 2] = [2, 0];

const FILES: [(&str, &str); 8] = [
    (
        "dump",
        include_str!("golden/netlink/dump_of_every_service.txt"),
    ),
    ("start", include_str!("golden/netlink/start.txt")),
    ("services", include_str!("golden/netlink/services.txt")),
    (
        "real_servers",
        include_str!("golden/netlink/real_servers.txt"),
    ),
    ("refusals", include_str!("golden/netlink/refusals.txt")),
    ("restore", include_str!("golden/netlink/restore.txt")),
    ("long_lists", include_str!("golden/netlink/long_lists.txt")),
    (
        "timeouts_and_daemons",
        include_str!("golden/netlink/timeouts_and_daemons.txt"),
    ),
];

/// One run of ipvsadm.
#[derive(Debug, Default)]
struct Run {
    /// Whether it has a table of its own, without what was before.
    fresh: bool,
    command: String,
    input: String,
    /// Requests to IPVS with the answers to each, all as whole messages.
    exchanges: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
}

impl Run {
    /// What the command line, or the lines of its input, ask for; nothing if it is a list.
    fn changes(&self) -> Vec<Change> {
        let text = match self.command.as_str() {
            "-R" => &self.input,
            command => command,
        };
        match read_saved(text.as_bytes()) {
            Ok(changes) => changes.into_iter().map(|(_, change)| change).collect(),
            Err(error) if error.to_string().ends_with("only adds, edits and deletes") => vec![],
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut fresh = true;
    let mut control = false;
    for line in text.lines() {
        if line.starts_with("===") {
            fresh = true;
        } else if let Some(command) = line.strip_prefix("$ ipvsadm ") {
            let command = command.to_owned();
            runs.push(Run {
                fresh,
                command,
                ..Run::default()
            });
            fresh = false;
        } else if let Some(run) = runs.last_mut() {
            match line.split_at_checked(2) {
                Some(("< ", input)) => {
                    run.input += input;
                    run.input.push('\n');
                }
                Some((arrow @ ("->" | "<-" | "<+"), rest)) => {
                    take(run, arrow, rest.trim(), &mut control);
                }
                _ => {}
            }
        }
    }
    runs
}

/// Takes a line of a message: its title, or some of its bytes.
fn take(run: &mut Run, arrow: &str, text: &str, control: &mut bool) {
    if text.starts_with('#') {
        *control = text.contains("nlctrl") || (*control && text.contains("acknowledgement"));
        match arrow {
            _ if *control => {}
            "->" => run.exchanges.push((Vec::new(), Vec::new())),
            _ => run
                .exchanges
                .last_mut()
                .expect("a question was first")
                .1
                .push(Vec::new()),
        }
        return;
    }
    if *control {
        return;
    }
    let (request, answers) = run.exchanges.last_mut().expect("a title was first");
    let message = match arrow {
        "->" => request,
        _ => answers.last_mut().expect("a title was first"),
    };
    message.extend(hexadecimal(text));
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| {
        let text: String = pair.iter().collect();
        u8::from_str_radix(&text, 16).expect("it is hexadecimal")
    };
    digits.chunks(2).map(byte).collect()
}

fn all_runs() -> impl Iterator<Item = (&'static str, Run)> {
    FILES
        .into_iter()
        .flat_map(|(name, text)| runs(text).into_iter().map(move |run| (name, run)))
}

fn only(bytes: &[u8]) -> Message<'_> {
    let mut found = messages(bytes);
    let message = found.next().expect("there is one").expect("it can be read");
    assert!(found.next().is_none(), "there is but one");
    message
}

/// The attributes below the headers of a request or an answer, and its command byte.
fn body(message: &[u8]) -> (u8, &[u8]) {
    let command = message[NETLINK_HEADER];
    (command, &message[NETLINK_HEADER + GENERIC_HEADER..])
}

/// The attributes of a nest by their numbers, without the flags of netlink.
fn by_number(mut nest: &[u8]) -> HashMap<u16, Vec<u8>> {
    let mut found = HashMap::new();
    while let [l0, l1, k0, k1, ..] = *nest {
        let length = usize::from(u16::from_le_bytes([l0, l1]));
        let number = u16::from_le_bytes([k0, k1]) & 0x3fff;
        found.insert(number, nest[4..length].to_vec());
        nest = &nest[length.next_multiple_of(4).min(nest.len())..];
    }
    found
}

fn number(kind: CommandAttribute) -> u16 {
    kind.into()
}

#[test]
fn there_is_something_to_compare() {
    let requests = all_runs()
        .map(|(_, run)| run.exchanges.len())
        .sum::<usize>();
    assert!(requests > 250, "{requests}");
    let changes = all_runs()
        .map(|(_, run)| run.changes().len())
        .sum::<usize>();
    assert!(changes > 150, "{changes}");
}

#[test]
fn our_requests_say_what_the_originals_say() {
    for (file, run) in all_runs() {
        let changes = run.changes();
        if changes.is_empty() {
            continue;
        }
        assert_eq!(
            changes.len(),
            run.exchanges.len(),
            "{file}: {}",
            run.command
        );
        for (change, (theirs, _)) in changes.iter().zip(&run.exchanges) {
            let ours = change::encode(change).expect("it has bytes").encode(28, 1);
            let (command, ours) = body(&ours);
            let (their_command, theirs) = body(theirs);
            assert_eq!(command, their_command, "{file}: {change}");
            same_words(file, change, &by_number(ours), &by_number(theirs));
        }
    }
}

/// Of a service whose real servers are meant the original says everything, we but its key.
fn same_words(
    file: &str,
    change: &Change,
    ours: &HashMap<u16, Vec<u8>>,
    theirs: &HashMap<u16, Vec<u8>>,
) {
    for kind in [
        CommandAttribute::Service,
        CommandAttribute::Dest,
        CommandAttribute::Daemon,
    ] {
        let nest = |words: &HashMap<u16, Vec<u8>>| {
            words
                .get(&number(kind))
                .map(|nest| by_number(nest))
                .unwrap_or_default()
        };
        let (ours, mut theirs) = (nest(ours), nest(theirs));
        if kind == CommandAttribute::Dest && theirs.get(&FAMILY) == Some(&IPV4.to_vec()) {
            // Behind an IPv4 address the original leaves what is left of the service's.
            theirs.entry(ADDRESS).and_modify(|union| union[4..].fill(0));
        }
        assert_eq!(ours.is_empty(), theirs.is_empty(), "{file}: {change}");
        for (number, payload) in &ours {
            assert_eq!(
                Some(payload),
                theirs.get(number),
                "{file}: {change}: {kind:?} {number}"
            );
        }
        let settings = matches!(
            change,
            Change::AddService { .. } | Change::EditService { .. } | Change::StartDaemon { .. }
        ) || (kind == CommandAttribute::Dest
            && matches!(change, Change::AddServer { .. } | Change::EditServer { .. }));
        if settings {
            assert_eq!(ours.len(), theirs.len(), "{file}: {change}: {kind:?}");
        }
    }
    for kind in [
        CommandAttribute::TimeoutTcp,
        CommandAttribute::TimeoutTcpFin,
        CommandAttribute::TimeoutUdp,
    ] {
        let number = number(kind);
        assert_eq!(ours.get(&number), theirs.get(&number), "{file}: {change}");
    }
}

/// What the kernel has to have after the changes that it carried out.
#[derive(Default)]
struct Table {
    services: HashMap<ServiceKey, Service>,
    servers: HashMap<(ServiceKey, SocketAddr), RealServer>,
    daemons: Vec<SyncDaemon>,
    timeouts: Option<Timeouts>,
}

impl Table {
    fn apply(&mut self, change: Change) {
        match change {
            Change::AddService { service } | Change::EditService { service } => {
                self.services.insert(service.key, service);
            }
            Change::DeleteService { key } => {
                self.services.remove(&key);
                self.servers.retain(|(of, _), _| *of != key);
            }
            Change::AddServer { key, server } | Change::EditServer { key, server } => {
                self.servers.insert((key, server.address), server);
            }
            Change::DeleteServer { key, address } => {
                self.servers.remove(&(key, address));
            }
            Change::Flush => {
                self.services.clear();
                self.servers.clear();
            }
            Change::StartDaemon { daemon } => self.daemons.push(daemon),
            Change::StopDaemon { role } => self.daemons.retain(|one| one.role != role),
            Change::SetTimeouts { timeouts } => self.set(timeouts),
            _ => {}
        }
    }

    fn set(&mut self, new: Timeouts) {
        let old = self.timeouts.unwrap_or(Timeouts {
            tcp: 900,
            tcp_fin: 120,
            udp: 300,
        });
        let keep = |new, old| if new == 0 { old } else { new };
        self.timeouts = Some(Timeouts {
            tcp: keep(new.tcp, old.tcp),
            tcp_fin: keep(new.tcp_fin, old.tcp_fin),
            udp: keep(new.udp, old.udp),
        });
    }
}

#[test]
fn the_kernels_answers_are_what_was_asked_of_it() {
    let mut table = Table::default();
    let mut seen = HashMap::new();
    for (file, run) in all_runs() {
        if run.fresh {
            table = Table::default();
        }
        let mut changes = run.changes().into_iter();
        for (request, answers) in &run.exchanges {
            let change = changes.next();
            for answer in answers {
                match only(answer).content {
                    Content::End => {
                        if let (Some(change), 1) = (&change, answers.len()) {
                            table.apply(change.clone());
                        }
                    }
                    Content::Refused(_) | Content::Noop => {}
                    Content::Answer {
                        command,
                        attributes,
                    } => {
                        *seen.entry(command).or_insert(0) += 1;
                        let place = format!("{file}: {}", run.command);
                        check_answer(&table, request, command, attributes, &place);
                    }
                }
            }
        }
    }
    for (command, least) in [
        (Command::NewService, 50),
        (Command::NewDest, 80),
        (Command::NewDaemon, 4),
        (Command::SetConfig, 2),
        (Command::SetInfo, 1),
    ] {
        let found = seen.get(&u8::from(command)).copied().unwrap_or_default();
        assert!(found >= least, "{command:?}: {found}");
    }
}

fn check_answer(table: &Table, request: &[u8], command: u8, attributes: &[u8], place: &str) {
    let nest = |kind| nested(attributes, kind).expect("it has a nest");
    match Command::from(command) {
        Command::NewService => {
            let entry = service::decode_entry(nest(CommandAttribute::Service)).expect(place);
            let wanted = table.services.get(&entry.service.key);
            assert_eq!(wanted, Some(&entry.service), "{place}");
        }
        Command::NewDest => {
            let (_, asked) = body(request);
            let asked = nested(asked, CommandAttribute::Service).expect("it names its service");
            let family = u16::from_le_bytes(by_number(asked)[&1][..].try_into().expect("16 bits"));
            let (key, _) = table
                .servers
                .keys()
                .find(|(key, _)| asked_for(key, asked))
                .expect("the service has servers");
            assert_eq!(
                family == 10,
                key.family() == director_setup::AddressFamily::Ipv6
            );
            let nest = nest(CommandAttribute::Dest);
            let entry = destination::decode_entry(nest, key.family()).expect(place);
            let wanted = table.servers.get(&(*key, entry.server.address));
            assert_eq!(wanted, Some(&entry.server), "{place}");
            assert_eq!(entry.server.unknown, UnknownAttributes::NONE, "{place}");
        }
        Command::NewDaemon => {
            let found = daemon::decode(nest(CommandAttribute::Daemon)).expect(place);
            let wanted = table.daemons.iter().find(|one| one.role == found.role);
            let wanted = wanted.expect("it was started");
            assert_eq!(wanted.interface, found.interface, "{place}");
            assert_eq!(wanted.sync_id, found.sync_id, "{place}");
            let or = |wanted: Option<u16>, default| Some(wanted.unwrap_or(default));
            assert_eq!(found.port, or(wanted.port, 8848), "{place}");
            assert_eq!(found.ttl, Some(wanted.ttl.unwrap_or(1)), "{place}");
            let group = wanted.group.unwrap_or([224, 0, 0, 81].into());
            // What fits an MTU of 1500 besides the headers.
            let longest = if group.is_ipv6() { 1452 } else { 1472 };
            assert_eq!(found.max_length, or(wanted.max_length, longest), "{place}");
            assert_eq!(found.group, Some(group), "{place}");
        }
        Command::SetConfig => {
            let found = timeouts::decode(attributes).expect(place);
            let mut wanted = Table {
                timeouts: table.timeouts,
                ..Table::default()
            };
            wanted.set(Timeouts {
                tcp: 0,
                tcp_fin: 0,
                udp: 0,
            });
            assert_eq!(Some(found), wanted.timeouts, "{place}");
        }
        Command::SetInfo => {
            let found = info::decode(attributes).expect(place);
            assert_eq!(found.version.to_string(), "1.2.1");
            assert_eq!(found.connection_table_size, 4096);
        }
        other => panic!("{place}: {other:?}"),
    }
}

/// Whether a service's nest in a request is about the service with this key.
fn asked_for(key: &ServiceKey, nest: &[u8]) -> bool {
    let ours = change::encode(&Change::DeleteService { key: *key }).expect("a key has bytes");
    let ours = ours.encode(28, 1);
    let ours = nested(body(&ours).1, CommandAttribute::Service).expect("it has one");
    let theirs = by_number(nest);
    by_number(ours)
        .iter()
        .all(|(number, payload)| theirs.get(number) == Some(payload))
}

#[test]
fn refusals_are_read_as_their_errno() {
    let text = include_str!("golden/netlink/refusals.txt");
    let mut titles = text
        .lines()
        .filter_map(|line| line.strip_prefix("<- # error "));
    let mut found = 0;
    for run in runs(text) {
        for (_, answers) in &run.exchanges {
            for answer in answers {
                if let Content::Refused(errno) = only(answer).content {
                    let title = titles.next().expect("each has a title");
                    let name = title.split(',').next().unwrap_or_default();
                    assert_eq!(format!("{:?}", Errno::from_raw(errno)), name);
                    found += 1;
                }
            }
        }
    }
    assert!(found > 15, "{found}");
    assert_eq!(titles.next(), None);
}
