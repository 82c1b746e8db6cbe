//! The names of a service's flags.

use crate::{Scheduler, ServiceFlags};

/// What stands before the number of a bit without a name.
const NUMBERED: &str = "bit-";

/// Names that mean a flag for every scheduler.
const GENERAL: [(&str, ServiceFlags); 4] = [
    ("one-packet", ServiceFlags::ONE_PACKET),
    ("flag-1", ServiceFlags::SCHEDULER_1),
    ("flag-2", ServiceFlags::SCHEDULER_2),
    ("flag-3", ServiceFlags::SCHEDULER_3),
];

/// Names that mean a flag for one scheduler.
const PARTICULAR: [(&str, Scheduler, ServiceFlags); 4] = [
    (
        "sh-fallback",
        Scheduler::SourceHashing,
        ServiceFlags::SH_FALLBACK,
    ),
    ("sh-port", Scheduler::SourceHashing, ServiceFlags::SH_PORT),
    (
        "mh-fallback",
        Scheduler::MaglevHashing,
        ServiceFlags::MH_FALLBACK,
    ),
    ("mh-port", Scheduler::MaglevHashing, ServiceFlags::MH_PORT),
];

/// The flag of this name with this scheduler, or what is wrong with it.
pub(super) fn flag(name: &str, scheduler: &Scheduler) -> Result<ServiceFlags, String> {
    if let Some((_, flag)) = GENERAL.iter().find(|(known, _)| *known == name) {
        return Ok(*flag);
    }
    if let Some((_, of, flag)) = PARTICULAR.iter().find(|(known, ..)| *known == name) {
        return if of == scheduler {
            Ok(*flag)
        } else {
            Err(format!(
                "{name} is a flag of the scheduler {of}, not of {scheduler}"
            ))
        };
    }
    let bit = name.strip_prefix(NUMBERED).and_then(|bit| bit.parse().ok());
    let flag = bit
        .and_then(|bit| 1_u32.checked_shl(bit))
        .map(ServiceFlags::from);
    // The bits of persistence and of the kernel's hash table are no flags that can be set.
    flag.filter(|flag| *flag != ServiceFlags::NONE)
        .ok_or_else(|| {
            format!(
                "{name:?} is no flag: write one-packet, {}, flag-1, flag-2 or flag-3",
                PARTICULAR.map(|(known, ..)| known).join(", ")
            )
        })
}

/// The names of these flags with this scheduler, one for each bit.
pub(crate) fn names(flags: ServiceFlags, scheduler: &Scheduler) -> Vec<String> {
    (0..u32::BITS)
        .filter(|bit| flags.bits() & (1 << bit) != 0)
        .map(|bit| name(bit, scheduler))
        .collect()
}

fn name(bit: u32, scheduler: &Scheduler) -> String {
    let flag = ServiceFlags::from(1 << bit);
    let particular = PARTICULAR.iter().filter(|(_, of, _)| of == scheduler);
    let particular = particular.map(|(name, _, flag)| (name, flag));
    let general = GENERAL.iter().map(|(name, flag)| (name, flag));
    particular
        .chain(general)
        .find(|(_, known)| **known == flag)
        .map_or_else(
            || format!("{NUMBERED}{bit}"),
            |(name, _)| (*name).to_owned(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_has_a_name_that_means_it() {
        for scheduler in Scheduler::KNOWN {
            let all = ServiceFlags::from(u32::MAX);
            let mut read = ServiceFlags::NONE;
            for name in names(all, &scheduler) {
                read |= flag(&name, &scheduler).expect("it was written so");
            }
            assert_eq!(read, all);
        }
    }

    #[test]
    fn a_flag_has_the_name_that_its_scheduler_gives_it() {
        let flags = ServiceFlags::SH_PORT | ServiceFlags::ONE_PACKET;
        assert_eq!(
            names(flags, &Scheduler::SourceHashing),
            ["one-packet", "sh-port"]
        );
        assert_eq!(
            names(flags, &Scheduler::RoundRobin),
            ["one-packet", "flag-2"]
        );
        insta::assert_snapshot!(
            flag("sh-port", &Scheduler::MaglevHashing).unwrap_err(),
            @"sh-port is a flag of the scheduler sh, not of mh"
        );
    }

    #[test]
    fn persistence_and_the_kernels_own_bit_are_no_flags() {
        for name in ["bit-0", "bit-1", "bit-32", "bit-", "hashed"] {
            assert!(flag(name, &Scheduler::RoundRobin).is_err(), "{name}");
        }
    }
}
