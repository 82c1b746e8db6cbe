//! The tables of the schedulers that hash.

use director_setup::Scheduler;

use super::maglev::populate;
use super::source_hashing::{BUCKETS, deal_out};
use super::{ModelSettings, RealServers, ServerId, destination_hashing};

/// The lookup table of dh, sh or mh over these servers, by entry; each entry stands for an equal
/// part of all keys. It is empty where no server has a place; `None`: the scheduler has no table.
///
/// mh's is the one of servers that were added one after the other: those that find no entry left
/// have no place in it.
pub fn lookup_table(settings: &ModelSettings, servers: &RealServers) -> Option<Vec<ServerId>> {
    let list = servers.list();
    let ids = |slots: Vec<usize>| slots.iter().map(|&slot| list[slot].id).collect();
    Some(match settings.scheduler {
        Scheduler::DestinationHashing => {
            let slots =
                (0..BUCKETS).map_while(|bucket| destination_hashing::slot(bucket, list.len()));
            ids(slots.collect())
        }
        Scheduler::SourceHashing => ids(deal_out(servers)),
        Scheduler::MaglevHashing => {
            let size = settings.maglev_table;
            populate(&list[..list.len().min(size.entries() as usize)], size)
        }
        _ => return None,
    })
}
