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

/// A name that means no flag of a service with this scheduler.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlagError {
    /// It is the flag of another scheduler.
    #[error("{name} is a flag of the scheduler {of}, not of {scheduler}")]
    OfAnotherScheduler {
        /// The name.
        name: String,
        /// Whose flag it is.
        of: Scheduler,
        /// The scheduler that was asked about.
        scheduler: Scheduler,
    },
    /// It means nothing.
    #[error(
        "{name:?} is no flag: write one-packet, {}, flag-1, flag-2 or flag-3",
        PARTICULAR.map(|(known, ..)| known).join(", ")
    )]
    Unknown {
        /// The name.
        name: String,
    },
}

impl ServiceFlags {
    /// The flag that this name means with this scheduler: as `ipvsadm -b` takes it, or
    /// `one-packet`, or `bit-` and the number of a bit without a name.
    pub fn named(name: &str, scheduler: &Scheduler) -> Result<Self, FlagError> {
        if let Some((_, flag)) = GENERAL.iter().find(|(known, _)| *known == name) {
            return Ok(*flag);
        }
        if let Some((_, of, flag)) = PARTICULAR.iter().find(|(known, ..)| *known == name) {
            return if of == scheduler {
                Ok(*flag)
            } else {
                Err(FlagError::OfAnotherScheduler {
                    name: name.to_owned(),
                    of: of.clone(),
                    scheduler: scheduler.clone(),
                })
            };
        }
        let bit = name.strip_prefix(NUMBERED).and_then(|bit| bit.parse().ok());
        let flag = bit.and_then(|bit| 1_u32.checked_shl(bit)).map(Self::from);
        // The bits of persistence and of the kernel's hash table are no flags that can be set.
        flag.filter(|flag| *flag != Self::NONE)
            .ok_or_else(|| FlagError::Unknown {
                name: name.to_owned(),
            })
    }

    /// The names of these flags with this scheduler, one for each bit, from the lowest on.
    pub fn names(self, scheduler: &Scheduler) -> Vec<String> {
        (0..u32::BITS)
            .filter(|bit| self.bits() & (1 << bit) != 0)
            .map(|bit| name(bit, scheduler))
            .collect()
    }
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
            for name in all.names(&scheduler) {
                read |= ServiceFlags::named(&name, &scheduler).expect("it was written so");
            }
            assert_eq!(read, all);
        }
    }

    #[test]
    fn a_flag_has_the_name_that_its_scheduler_gives_it() {
        let flags = ServiceFlags::SH_PORT | ServiceFlags::ONE_PACKET;
        assert_eq!(
            flags.names(&Scheduler::SourceHashing),
            ["one-packet", "sh-port"]
        );
        assert_eq!(
            flags.names(&Scheduler::RoundRobin),
            ["one-packet", "flag-2"]
        );
        insta::assert_snapshot!(
            ServiceFlags::named("sh-port", &Scheduler::MaglevHashing).unwrap_err(),
            @"sh-port is a flag of the scheduler sh, not of mh"
        );
    }

    #[test]
    fn persistence_and_the_kernels_own_bit_are_no_flags() {
        for name in ["bit-0", "bit-1", "bit-32", "bit-", "hashed"] {
            assert!(
                ServiceFlags::named(name, &Scheduler::RoundRobin).is_err(),
                "{name}"
            );
        }
    }
}
