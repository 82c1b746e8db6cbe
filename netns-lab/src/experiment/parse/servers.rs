//! `[[server]]`: the real servers.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use director_setup::{Forwarding, Thresholds, Weight};

use super::super::file::ServerFile;
use super::super::problem::Problem;
use super::super::spelling::quoted;
use super::super::written::{Field, Place, Scalar, Written};
use super::super::{Answers, Server};
use super::scalar::usable;
use super::service::{self, port_is_not_0};

/// The longest name of a real server, in characters.
const LONGEST_NAME: usize = 32;
/// A Linux bridge has 1024 ports (`BR_MAX_PORTS`), and the director needs one of them.
const MOST_SERVERS: usize = 1000;
/// Where an address without a port is judged as long as the service has none either.
const ANY_PORT: u16 = 80;
/// The names of the other hosts of every lab.
const TAKEN_NAMES: [&str; 2] = ["client", "director"];

/// A real server as far as it could be understood.
pub(super) struct Draft {
    pub(super) name: Option<Written<String>>,
    pub(super) address: Option<Written<SocketAddrV4>>,
    pub(super) weight: Option<Written<Weight>>,
    pub(super) thresholds: Option<Thresholds>,
    pub(super) answers: Option<Answers>,
}

impl Draft {
    pub(super) fn finish(self) -> Option<Server> {
        Some(Server {
            name: self.name?.value,
            address: self.address?.value,
            weight: self.weight?.value,
            thresholds: self.thresholds?,
            answers: self.answers?,
        })
    }
}

pub(super) fn servers(
    files: &[ServerFile],
    service: &service::Draft,
    problems: &mut Vec<Problem>,
) -> Vec<Draft> {
    how_many(files, problems);
    let drafts: Vec<Draft> = files
        .iter()
        .enumerate()
        .map(|(index, file)| server(file, index, service, problems))
        .collect();
    not_all_weights_0(&drafts, problems);
    names_are_unique(&drafts, problems);
    addresses_are_unique(&drafts, problems);
    drafts
}

fn how_many(files: &[ServerFile], problems: &mut Vec<Problem>) {
    match files.get(MOST_SERVERS) {
        _ if files.is_empty() => {
            let fault = Problem::at(&Place::Whole, "there is no real server");
            problems.push(fault.remedy(
                "add a table `[[server]]` with a line such as `address = \"192.168.1.2\"`",
            ));
        }
        Some(first_too_many) => {
            let fault = format!("{} real servers are too many", files.len());
            let remedy = format!("use at most {MOST_SERVERS}: a Linux bridge has 1024 ports");
            problems.push(Problem::at(&first_too_many.place, fault).remedy(remedy));
        }
        None => {}
    }
}

fn server(
    file: &ServerFile,
    index: usize,
    service: &service::Draft,
    problems: &mut Vec<Problem>,
) -> Draft {
    let weight = match &file.weight {
        None => Some(Written::new(Weight::ONE, file.place.clone())),
        Some(written) => written
            .integer::<u16>(0..=u32::from(u16::MAX), problems)
            .map(|weight| written.with(Weight::from(weight))),
    };
    let answers = file
        .answers
        .as_ref()
        .map_or(Some(Answers::Normally), |written| {
            let words = [
                ("normally", Answers::Normally),
                ("never", Answers::Never),
                ("refuses", Answers::Refuses),
            ];
            written.one_of(&words, problems)
        });
    Draft {
        name: server_name(file, index, problems),
        address: address(file, service, problems),
        weight,
        thresholds: thresholds(file, problems),
        answers,
    }
}

/// The kernel refuses a lower threshold above the upper one with `ERANGE`.
fn thresholds(file: &ServerFile, problems: &mut Vec<Problem>) -> Option<Thresholds> {
    let mut threshold = |field: &Field| {
        let written = field.as_ref();
        written.map_or(Some(0), |it| it.integer(0..=u32::MAX, problems))
    };
    let upper = threshold(&file.upper_threshold);
    let lower = threshold(&file.lower_threshold);
    let (upper, lower) = (upper?, lower?);
    if let Some(written) = file.lower_threshold.as_ref().filter(|_| lower > upper) {
        let fault = format!("a lower threshold of {lower} is above the upper one of {upper}");
        let remedy = "write an `upper-threshold` that is at least as high, or leave this one out: \
                      then a full server gets connections again below three quarters of the upper";
        problems.push(Problem::at(&written.place, fault).remedy(remedy));
        return None;
    }
    Some(Thresholds { upper, lower })
}

fn server_name(
    file: &ServerFile,
    index: usize,
    problems: &mut Vec<Problem>,
) -> Option<Written<String>> {
    let Some(written) = &file.name else {
        return Some(Written::new(
            file.name_or_default(index),
            file.place.clone(),
        ));
    };
    let text = written.text(problems)?;
    if TAKEN_NAMES.contains(&text.value) {
        let fault = format!(
            "{} is the name of another host of the lab",
            quoted(text.value)
        );
        let remedy = format!(
            "call the real server something else, such as `rs{}`",
            index + 1
        );
        problems.push(Problem::at(&text.place, fault).remedy(remedy));
        return None;
    }
    super::name(&text, LONGEST_NAME, problems).map(|name| written.with(name))
}

fn address(
    file: &ServerFile,
    service: &service::Draft,
    problems: &mut Vec<Problem>,
) -> Option<Written<SocketAddrV4>> {
    let Some(written) = &file.address else {
        let missing = Problem::at(&file.place, "the real server has no `address`");
        problems.push(missing.remedy("add a line such as `address = \"192.168.1.2\"`"));
        return None;
    };
    let vip_port = service.vip.as_ref().map(|vip| vip.value.port());
    let endpoint = endpoint(written, vip_port.unwrap_or(ANY_PORT), problems)?;
    let address = usable(endpoint.with(*endpoint.value.ip()), problems);
    let port = port_is_not_0(&endpoint, problems);
    if let (Some(Forwarding::Dr), Some(vip_port)) = (service.forwarding, vip_port) {
        port_is_the_services(port.as_ref()?, vip_port, problems)?;
    }
    address.and(port)
}

/// An address with or without a port.
fn endpoint(
    written: &Written<Scalar>,
    default_port: u16,
    problems: &mut Vec<Problem>,
) -> Option<Written<SocketAddrV4>> {
    let text = written.text(problems)?;
    let address = text.value.parse::<Ipv4Addr>();
    let endpoint = address.map(|ip| SocketAddrV4::new(ip, default_port));
    if let Ok(endpoint) = endpoint.or_else(|_| text.value.parse()) {
        return Some(written.with(endpoint));
    }
    let fault = format!("{} is not an IPv4 address", quoted(text.value));
    let remedy = "write an IPv4 address, with a port or without: 192.168.1.2 or 192.168.1.2:8080";
    problems.push(Problem::at(&text.place, fault).remedy(remedy));
    None
}

fn port_is_the_services(
    endpoint: &Written<SocketAddrV4>,
    vip_port: u16,
    problems: &mut Vec<Problem>,
) -> Option<()> {
    let port = endpoint.value.port();
    if port == vip_port {
        return Some(());
    }
    let fault = format!(
        "port {port} is not the service's port {vip_port}: direct routing cannot translate ports"
    );
    let remedy = format!("leave the port out, write {vip_port}, or use forwarding `nat`");
    problems.push(Problem::at(&endpoint.place, fault).remedy(remedy));
    None
}

fn not_all_weights_0(drafts: &[Draft], problems: &mut Vec<Problem>) {
    let weights: Option<Vec<_>> = drafts.iter().map(|draft| draft.weight.as_ref()).collect();
    let Some([first, others @ ..]) = weights.as_deref() else {
        return;
    };
    let is_0 = |weight: &&Written<Weight>| weight.value == Weight::ZERO;
    if is_0(first) && others.iter().all(is_0) {
        let fault = "every weight is 0: no real server would get a connection";
        let remedy = "give at least one real server a weight of 1 or more";
        problems.push(Problem::at(&first.place, fault).remedy(remedy));
    }
}

fn names_are_unique(drafts: &[Draft], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for name in drafts.iter().filter_map(|draft| draft.name.as_ref()) {
        if let Some(first) = seen.get(name.value.as_str()) {
            let fault = format!("two real servers are called `{}`", name.value);
            let problem = Problem::at(&name.place, fault)
                .related(first, "the first one")
                .remedy("give each a `name` of its own; without one they are rs1, rs2, …");
            problems.push(problem);
        } else {
            seen.insert(&name.value, &name.place);
        }
    }
}

/// Each real server is a host of its own: an address cannot be shared, whatever the port.
fn addresses_are_unique(drafts: &[Draft], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<Ipv4Addr, &Place> = BTreeMap::new();
    for written in drafts.iter().filter_map(|draft| draft.address.as_ref()) {
        let address = *written.value.ip();
        if let Some(first) = seen.get(&address) {
            let problem = Problem::at(&written.place, format!("two real servers are at {address}"))
                .related(first, "the first one")
                .remedy("give each real server an address of its own");
            problems.push(problem);
        } else {
            seen.insert(address, &written.place);
        }
    }
}
