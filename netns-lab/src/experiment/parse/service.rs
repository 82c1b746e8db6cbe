//! `[service]`: the virtual service.

mod particulars;

use std::net::{Ipv4Addr, SocketAddrV4};

use director_setup::{Forwarding, Scheduler};

use super::super::Service;
use super::super::file::ServiceFile;
use super::super::problem::Problem;
use super::super::spelling::{did_you_mean, listed, quoted};
use super::super::written::{Field, Place, Scalar, Written};
use super::scalar::usable;
use particulars::Particulars;

/// The service as far as it could be understood.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) vip: Option<Written<SocketAddrV4>>,
    pub(super) scheduler: Option<Scheduler>,
    pub(super) forwarding: Option<Forwarding>,
    particulars: Option<Particulars>,
}

impl Draft {
    pub(super) fn finish(self) -> Option<Service> {
        let Particulars { flags, persistence } = self.particulars?;
        Some(Service {
            vip: self.vip?.value,
            scheduler: self.scheduler?,
            flags,
            persistence,
            forwarding: self.forwarding?,
        })
    }
}

pub(super) fn service(file: Option<&ServiceFile>, problems: &mut Vec<Problem>) -> Draft {
    let Some(file) = file else {
        let missing = Problem::at(&Place::Whole, "there is no table `[service]`");
        problems.push(
            missing.remedy(
                "add `[service]` with the keys `vip`, `scheduler` and `forwarding` below it",
            ),
        );
        return Draft::default();
    };
    let vip = required(&file.vip, "vip = \"192.168.0.1:80\"", file, problems);
    let scheduler = required(&file.scheduler, "scheduler = \"wlc\"", file, problems);
    let forwarding = required(&file.forwarding, "forwarding = \"nat\"", file, problems);
    let vip = vip.and_then(|written| virtual_address(written, problems));
    let scheduler = scheduler.and_then(|written| known_scheduler(written, problems));
    let particulars = particulars::particulars(file, scheduler.as_ref(), problems);
    Draft {
        vip,
        scheduler,
        particulars,
        forwarding: forwarding.and_then(|written| known_forwarding(written, problems)),
    }
}

/// The value, or the problem that the line is missing.
fn required<'f>(
    field: &'f Field,
    example: &str,
    file: &ServiceFile,
    problems: &mut Vec<Problem>,
) -> Option<&'f Written<Scalar>> {
    if field.is_none() {
        let key = example.split(' ').next().unwrap_or_default();
        let missing = Problem::at(&file.place, format!("the service has no `{key}`"));
        problems.push(missing.remedy(format!("add a line such as `{example}`")));
    }
    field.as_ref()
}

fn virtual_address(
    written: &Written<Scalar>,
    problems: &mut Vec<Problem>,
) -> Option<Written<SocketAddrV4>> {
    let text = written.text(problems)?;
    let Ok(vip) = text.value.parse::<SocketAddrV4>() else {
        let (fault, remedy) = unlike_an_endpoint(text.value);
        problems.push(Problem::at(&text.place, fault).remedy(remedy));
        return None;
    };
    let address = usable(written.with(*vip.ip()), problems);
    let port = port_is_not_0(&written.with(vip), problems);
    address.and(port)
}

/// Why a text is no IPv4 address with a port, and what to write instead.
fn unlike_an_endpoint(text: &str) -> (String, String) {
    let example = "write an IPv4 address and a port, such as 192.168.0.1:80".to_owned();
    let shown = quoted(text);
    if text.parse::<Ipv4Addr>().is_ok() {
        (format!("{shown} has no port"), format!("write {text}:80"))
    } else if text.matches(':').count() > 1 {
        let fault = format!("{shown} looks like IPv6, which the lab does not speak");
        (fault, example)
    } else {
        let fault = format!("{shown} is not an IPv4 address and a port");
        (fault, example)
    }
}

/// The endpoint, unless its port is 0, which IPVS keeps for persistent services of all ports.
pub(super) fn port_is_not_0(
    endpoint: &Written<SocketAddrV4>,
    problems: &mut Vec<Problem>,
) -> Option<Written<SocketAddrV4>> {
    if endpoint.value.port() != 0 {
        return Some(endpoint.clone());
    }
    let fault = "port 0 is not a port that a client can connect to";
    let remedy = format!(
        "write a port from 1 to 65535, such as {}:80",
        endpoint.value.ip()
    );
    problems.push(Problem::at(&endpoint.place, fault).remedy(remedy));
    None
}

fn known_scheduler(written: &Written<Scalar>, problems: &mut Vec<Problem>) -> Option<Scheduler> {
    let text = written.text(problems)?;
    let scheduler = Scheduler::from(text.value);
    if Scheduler::KNOWN.contains(&scheduler) {
        return Some(scheduler);
    }
    let known = || Scheduler::KNOWN.iter().map(Scheduler::name);
    let fault = format!("IPVS has no scheduler {}", quoted(text.value));
    let remedy = format!(
        "{}the schedulers are {}",
        did_you_mean(text.value, known()),
        listed(known())
    );
    problems.push(Problem::at(&text.place, fault).remedy(remedy));
    None
}

fn known_forwarding(written: &Written<Scalar>, problems: &mut Vec<Problem>) -> Option<Forwarding> {
    if written.as_text() == Some("tun") {
        let fault = "forwarding by `tun`, IP tunnelling, is not there yet";
        let remedy = "use `nat` or `dr`";
        problems.push(Problem::at(&written.place, fault).remedy(remedy));
        return None;
    }
    written.one_of(
        &[("nat", Forwarding::Nat), ("dr", Forwarding::Dr)],
        problems,
    )
}
