//! How the tables of the hashing schedulers are shared out.

use director_setup::{Scheduler, ServiceFlags};

use super::servers::RealServers;
use super::settings::ModelSettings;
use super::{Slot, destination_hashing, maglev, source_hashing};
use crate::Share;

/// Which part of all keys leads to which real server, if keys are as good as random.
#[derive(Debug, Clone, PartialEq)]
pub struct TableShares {
    /// By slot.
    pub servers: Vec<Share>,
    /// The part whose clients are refused: its servers have weight 0, or are full, and no flag
    /// asks for a fallback.
    pub refused: Share,
}

/// The shares of the lookup table that `settings`' scheduler builds over these servers; `None` if
/// it has none, or there is no server in it.
///
/// With `mh-fallback` the keys of a server that may take nothing are taken to spread like the rest.
pub fn table_shares(settings: &ModelSettings, servers: &RealServers) -> Option<TableShares> {
    let owners: Vec<Option<Slot>> = match settings.scheduler {
        Scheduler::DestinationHashing => destination_hashing::owners(servers),
        Scheduler::SourceHashing => source_hashing::owners(servers, settings.flags),
        Scheduler::MaglevHashing => maglev::owners(servers, settings.maglev_table),
        _ => return None,
    };
    let mut entries = vec![0u64; servers.list().len()];
    let mut refused = 0u64;
    for owner in &owners {
        match owner {
            Some(slot) => entries[*slot] += 1,
            None => refused += 1,
        }
    }
    let spreads = settings.scheduler == Scheduler::MaglevHashing
        && settings.flags.contains(ServiceFlags::MH_FALLBACK)
        && entries.iter().any(|&one| one > 0);
    if spreads {
        refused = 0;
    }
    let whole = entries.iter().sum::<u64>() + refused;
    let shares = entries.iter().map(|&one| Share::of(one, whole));
    Some(TableShares {
        servers: shares.collect::<Option<_>>()?,
        refused: Share::of(refused, whole)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::Bench;
    use super::super::{KernelVersion, ModelSettings};
    use super::*;

    fn shares(scheduler: &str, numbers: &[u16], flags: ServiceFlags) -> TableShares {
        let bench = Bench::of(scheduler, numbers);
        let settings = ModelSettings::new(scheduler.into(), KernelVersion::REFERENCE);
        table_shares(&settings.with_flags(flags), &bench.servers).unwrap()
    }

    #[test]
    fn sh_shares_out_its_buckets_and_not_its_weights() {
        let table = shares("sh", &[4, 3, 2], ServiceFlags::NONE);
        let buckets = [112, 86, 58].map(|buckets| Share::of(buckets, 256).unwrap());
        assert_eq!(table.servers, buckets);
        assert_eq!(table.refused, Share::ZERO);
    }

    #[test]
    fn a_server_of_weight_0_is_refused_without_fallback_and_replaced_with_it() {
        for (scheduler, flag) in [
            ("sh", ServiceFlags::SH_FALLBACK),
            ("mh", ServiceFlags::MH_FALLBACK),
        ] {
            let mut bench = Bench::of(scheduler, &[1, 1]);
            bench.edit(1, 0);
            let settings = ModelSettings::new(scheduler.into(), KernelVersion::REFERENCE);
            let table = table_shares(&settings, &bench.servers).unwrap();
            assert!((table.refused.get() - 0.5).abs() < 0.01, "{table:?}");
            let table = table_shares(&settings.with_flags(flag), &bench.servers).unwrap();
            assert_eq!(table.refused, Share::ZERO);
            assert!(table.servers[0].get() >= 1.0);
        }
    }

    #[test]
    fn only_hashing_schedulers_with_servers_have_a_table() {
        let settings = |name: &str| ModelSettings::new(name.into(), KernelVersion::REFERENCE);
        let servers = Bench::of("rr", &[1]).servers;
        assert_eq!(table_shares(&settings("wlc"), &servers), None);
        for scheduler in ["dh", "sh", "mh"] {
            let none = Bench::of("rr", &[]).servers;
            assert_eq!(table_shares(&settings(scheduler), &none), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_served_and_what_is_refused_make_up_the_whole(
            scheduler in prop::sample::select(vec!["dh", "sh", "mh"]),
            numbers in prop::collection::vec(0u16..300, 1..8),
            flagged in any::<bool>(),
        ) {
            prop_assume!(scheduler != "mh" || numbers.iter().any(|&one| one > 0));
            // The flags of sh and mh are the same bits.
            let flags = if flagged { ServiceFlags::MH_FALLBACK } else { ServiceFlags::NONE };
            let table = shares(scheduler, &numbers, flags);
            let served: f64 = table.servers.iter().map(|share| share.get()).sum();
            prop_assert!((served + table.refused.get() - 1.0).abs() < 1e-9);
            for (share, number) in table.servers.iter().zip(numbers) {
                prop_assert!(number > 0 || *share == Share::ZERO);
            }
        }
    }
}
