//! Weights that the tables of hashing schedulers cannot hold.

use super::super::snapshot::ConfiguredService;
use super::super::{Finding, Object, Severity, Snapshot, commands};
use crate::{RealServer, Scheduler, Service, ServiceFlags, Weight};

/// `IP_VS_SH_TAB_SIZE` in `net/netfilter/ipvs/ip_vs_sh.c` (Linux 6.12).
const SH_BUCKETS: u64 = 256;
/// The prime that `IP_VS_MH_TAB_INDEX` 12 gives, the default of `net/netfilter/ipvs/Kconfig`.
const MH_BUCKETS: usize = 4093;
/// The most turns in a round that `ip_vs_mh_shift_weight` leaves a server
/// (`net/netfilter/ipvs/ip_vs_mh.c`, Linux 6.12).
const MH_TURNS: u32 = 63;

pub(super) fn find(snapshot: &Snapshot) -> Vec<Finding> {
    let services = snapshot.services.iter();
    services
        .flat_map(|service| match service.service.scheduler {
            Scheduler::SourceHashing => source_hashing(service),
            Scheduler::MaglevHashing => maglev(service),
            Scheduler::DestinationHashing => destination_hashing(service),
            _ => Vec::new(),
        })
        .collect()
}

fn object(service: &ConfiguredService) -> Object {
    let service = service.service.key;
    Object::Service { service }
}

/// The buckets that a real server asks for; of weight 0 it still takes one.
fn buckets(server: &RealServer) -> u64 {
    u64::from(server.weight.get().max(1))
}

fn source_hashing(service: &ConfiguredService) -> Vec<Finding> {
    let asked: u64 = service.servers.iter().map(buckets).sum();
    let mut findings = Vec::new();
    if asked > SH_BUCKETS {
        findings.push(too_many_buckets(service, asked));
    }
    findings.extend(refused_clients(service, ServiceFlags::SH_FALLBACK));
    findings
}

/// The table is filled once around the list, each server with as many buckets as its weight
/// (`ip_vs_sh_reassign`).
fn too_many_buckets(service: &ConfiguredService, asked: u64) -> Finding {
    let mut before = 0;
    let mut starved = Vec::new();
    for server in &service.servers {
        if before >= SH_BUCKETS && server.weight > Weight::ZERO {
            starved.push(server.address.to_string());
        }
        before += buckets(server);
    }
    let (severity, consequence) = if starved.is_empty() {
        (
            Severity::Warning,
            "the last of the list gets fewer than its share".to_owned(),
        )
    } else {
        (
            Severity::Error,
            format!("{} gets no client at all", starved.join(", ")),
        )
    };
    let explanation = format!(
        "The weights sum up to {asked}, and sh has {SH_BUCKETS} buckets that it deals out in the \
         order of the list: {consequence}."
    );
    Finding::new(
        "sh-weights-exceed-table",
        severity,
        object(service),
        explanation,
    )
    .mended_by(fit_table(service))
}

/// Lesser weights; if there are more real servers than buckets, a greater table.
fn fit_table(service: &ConfiguredService) -> String {
    if service.servers.len() as u64 > SH_BUCKETS {
        // The flags of both schedulers are the same bits with the same meaning.
        return commands::edit(&Service {
            scheduler: Scheduler::MaglevHashing,
            ..service.service.clone()
        });
    }
    let key = service.service.key;
    let commands: Vec<String> = fitting(&service.servers)
        .iter()
        .map(|server| commands::edit_server(&key, server))
        .collect();
    commands.join(" && ")
}

/// The servers with weights in nearly the same ratio whose sum fits the table.
fn fitting(servers: &[RealServer]) -> Vec<RealServer> {
    let sum: u64 = servers.iter().map(buckets).sum();
    let common = servers
        .iter()
        .map(|one| one.weight.get())
        .fold(0, greatest_common_divisor)
        .max(1);
    let reduced = |one: &RealServer| u64::from((one.weight.get() / common).max(1));
    let fits_reduced = servers.iter().map(reduced).sum::<u64>() <= SH_BUCKETS;
    let room = SH_BUCKETS.saturating_sub(servers.len() as u64).max(1);
    let scaled = |weight: u32| -> u32 {
        if weight == 0 {
            return 0;
        }
        if fits_reduced {
            return weight / common;
        }
        let scaled = u64::from(weight) * room / sum;
        u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
    };
    let fit = |server: &RealServer| {
        let weight = Weight::try_from(scaled(server.weight.get())).unwrap_or(Weight::ONE);
        server.clone().with_weight(weight)
    };
    servers.iter().map(fit).collect()
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

fn maglev(service: &ConfiguredService) -> Vec<Finding> {
    let mut findings = Vec::new();
    if service.servers.len() > MH_BUCKETS {
        let explanation = format!(
            "{} real servers do not fit into mh's table of {MH_BUCKETS} (CONFIG_IP_VS_MH_TAB_INDEX \
             12): some get no client.",
            service.servers.len()
        );
        let name = "mh-servers-exceed-table";
        findings.push(Finding::new(
            name,
            Severity::Error,
            object(service),
            explanation,
        ));
    }
    let weights = service.working_weights();
    let common = weights
        .iter()
        .copied()
        .fold(0, greatest_common_divisor)
        .max(1);
    let greatest = weights.iter().max().copied().unwrap_or(0) / common;
    if greatest > MH_TURNS {
        findings.push(clamped(service, common, greatest));
    }
    findings.extend(refused_clients(service, ServiceFlags::MH_FALLBACK));
    findings
}

fn clamped(service: &ConfiguredService, common: u32, greatest: u32) -> Finding {
    let shift = (u32::BITS - greatest.leading_zeros()).saturating_sub(6);
    let turns = |weight: &u32| ((weight / common) >> shift).max(1);
    let weights = service.working_weights();
    let turns: Vec<String> = weights
        .iter()
        .map(|weight| turns(weight).to_string())
        .collect();
    let weights: Vec<String> = weights.iter().map(u32::to_string).collect();
    let explanation = format!(
        "mh knows ratios up to {MH_TURNS}:1. It counts the weights {} as {}.",
        weights.join(", "),
        turns.join(", ")
    );
    Finding::new(
        "mh-ratio-clamped",
        Severity::Warning,
        object(service),
        explanation,
    )
}

fn destination_hashing(service: &ConfiguredService) -> Vec<Finding> {
    let mut findings = Vec::new();
    if service.vip().is_some() && service.servers.len() > 1 {
        let explanation = "dh chooses by the destination address, which is always the VIP here: \
            one real server gets everything. It is meant for marked traffic to many addresses.";
        let finding = Finding::new(
            "dh-on-one-vip",
            Severity::Warning,
            object(service),
            explanation,
        );
        let instead = Scheduler::SourceHashing;
        let command = commands::with_scheduler(&service.service, &instead);
        findings.push(finding.mended_by(command));
    }
    findings.extend(refused_clients(service, ServiceFlags::NONE));
    findings
}

/// Without a fallback flag the clients whose hash leads to such a server have no other. dh has no
/// such flag at all.
fn refused_clients(service: &ConfiguredService, fallback: ServiceFlags) -> Option<Finding> {
    let has_flag = fallback != ServiceFlags::NONE;
    if has_flag && service.service.flags.contains(fallback) {
        return None;
    }
    if service.working_weights().is_empty() {
        return None;
    }
    let quiesced = service
        .servers
        .iter()
        .find(|one| one.weight == Weight::ZERO)?;
    let scheduler = &service.service.scheduler;
    let explanation = format!(
        "{} has weight 0 and keeps its place in {scheduler}'s table: the clients that hash to it \
         are refused instead of going to another real server.",
        quiesced.address
    );
    let name = "hashed-to-quiesced-server";
    let finding = Finding::new(name, Severity::Warning, object(service), explanation);
    let key = service.service.key;
    if !has_flag {
        return Some(finding.mended_by(commands::delete_server(&key, quiesced)));
    }
    let mut mended = service.service.clone();
    mended.flags |= fallback;
    Some(finding.mended_by(commands::edit(&mended)))
}

#[cfg(test)]
mod tests;
