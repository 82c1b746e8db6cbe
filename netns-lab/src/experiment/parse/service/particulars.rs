//! What a service may be told beyond its scheduler: flags and persistence.

use std::net::Ipv4Addr;

use director_setup::configuration::FlagError;
use director_setup::{AddressFamily, Netmask, Persistence, Scheduler, ServiceFlags};

use super::super::super::file::ServiceFile;
use super::super::super::problem::Problem;
use super::super::super::spelling::{did_you_mean, listed, quoted};
use super::super::super::written::{Scalar, Written};

/// Flags and persistence of a service.
pub(super) struct Particulars {
    pub(super) flags: ServiceFlags,
    pub(super) persistence: Option<Persistence>,
}

/// The flags that belong to a scheduler, whichever it is.
const OF_SCHEDULERS: [ServiceFlags; 3] = [
    ServiceFlags::SCHEDULER_1,
    ServiceFlags::SCHEDULER_2,
    ServiceFlags::SCHEDULER_3,
];

/// Without a known scheduler its flags are not judged.
pub(super) fn particulars(
    file: &ServiceFile,
    scheduler: Option<&Scheduler>,
    problems: &mut Vec<Problem>,
) -> Option<Particulars> {
    let flags = scheduler.and_then(|scheduler| flags(&file.flags, scheduler, problems));
    let netmask = netmask(file, problems);
    let timeout = file.persistent.as_ref().map(|it| it.seconds(problems));
    let (flags, netmask) = (flags?, netmask?);
    let persistence = match timeout {
        None => None,
        Some(timeout) => Some(Persistence {
            timeout_seconds: timeout?,
            netmask,
        }),
    };
    Some(Particulars { flags, persistence })
}

fn flags(
    written: &[Written<Scalar>],
    scheduler: &Scheduler,
    problems: &mut Vec<Problem>,
) -> Option<ServiceFlags> {
    let judged: Vec<_> = written
        .iter()
        .map(|name| flag(name, scheduler, problems))
        .collect();
    let all = judged.into_iter().collect::<Option<Vec<_>>>()?;
    Some(
        all.into_iter()
            .fold(ServiceFlags::NONE, |all, one| all | one),
    )
}

fn flag(
    written: &Written<Scalar>,
    scheduler: &Scheduler,
    problems: &mut Vec<Problem>,
) -> Option<ServiceFlags> {
    let name = written.text(problems)?;
    let (fault, remedy) = match ServiceFlags::named(name.value, scheduler) {
        Ok(flag) if OF_SCHEDULERS.contains(&flag) => return Some(flag),
        Ok(ServiceFlags::ONE_PACKET) => (
            "one-packet is of effect with UDP only, and the lab speaks TCP".to_owned(),
            "leave it out: every TCP connection is scheduled once".to_owned(),
        ),
        Err(error @ FlagError::OfAnotherScheduler { .. }) => {
            (error.to_string(), possible(scheduler))
        }
        Ok(_) | Err(_) => not_a_flag(name.value, scheduler),
    };
    problems.push(Problem::at(&name.place, fault).remedy(remedy));
    None
}

fn not_a_flag(name: &str, scheduler: &Scheduler) -> (String, String) {
    let known = own_flags(scheduler);
    let meant = did_you_mean(name, known.iter().map(String::as_str));
    let fault = format!(
        "{} is not a flag of the scheduler {scheduler}",
        quoted(name)
    );
    (fault, format!("{meant}{}", possible(scheduler)))
}

fn possible(scheduler: &Scheduler) -> String {
    let known = own_flags(scheduler);
    if known.is_empty() {
        format!("leave it out: {scheduler} has no flags; sh and mh have some")
    } else {
        let known = known.iter().map(String::as_str);
        format!("the flags of {scheduler} are {}", listed(known))
    }
}

/// The names that only this scheduler gives to flags.
fn own_flags(scheduler: &Scheduler) -> Vec<String> {
    let all = OF_SCHEDULERS.into_iter().flat_map(|it| it.names(scheduler));
    all.filter(|name| !name.starts_with("flag-")).collect()
}

/// The part of a client's address that persistence looks at: all of it if nothing is written.
fn netmask(file: &ServiceFile, problems: &mut Vec<Problem>) -> Option<Netmask> {
    let Some(written) = &file.netmask else {
        return Some(Netmask::single_client(AddressFamily::Ipv4));
    };
    let text = written.text(problems)?;
    let (fault, remedy) = match text.value.parse::<Ipv4Addr>() {
        Ok(mask) if file.persistent.is_some() => return Some(Netmask::Ipv4(mask)),
        Ok(_) => (
            "a netmask says which clients persistence takes for one, and there is no persistence"
                .to_owned(),
            "add `persistent`, such as `persistent = 300`, or leave the netmask out",
        ),
        Err(_) => (
            format!("{} is not an IPv4 netmask", quoted(text.value)),
            "write four numbers from 0 to 255, such as 255.255.255.0",
        ),
    };
    problems.push(Problem::at(&text.place, fault).remedy(remedy));
    None
}
