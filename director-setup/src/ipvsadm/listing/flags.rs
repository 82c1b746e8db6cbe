//! The flags of a service's scheduler.

use crate::{Scheduler, Service, ServiceFlags};

/// Each flag with its name for `-b`.
type Named = (ServiceFlags, &'static str);

const SOURCE_HASHING: &[Named] = &[
    (ServiceFlags::SH_FALLBACK, "sh-fallback"),
    (ServiceFlags::SH_PORT, "sh-port"),
];
const MAGLEV_HASHING: &[Named] = &[
    (ServiceFlags::MH_FALLBACK, "mh-fallback"),
    (ServiceFlags::MH_PORT, "mh-port"),
];
const NUMBERED: &[Named] = &[
    (ServiceFlags::SCHEDULER_1, "flag-1"),
    (ServiceFlags::SCHEDULER_2, "flag-2"),
    (ServiceFlags::SCHEDULER_3, "flag-3"),
];

/// Appends `before`, the service's scheduler flags as `-b` takes them and `after`; of a service
/// without any it appends nothing.
///
/// A third flag of source or Maglev hashing has no name. If it is the only one, nothing stands
/// between `before` and `after`.
pub(in crate::ipvsadm) fn write_flags(
    text: &mut Vec<u8>,
    service: &Service,
    before: &str,
    after: &str,
) {
    let is_set = |(flag, _): &&Named| service.flags.contains(*flag);
    if !NUMBERED.iter().any(|flag| is_set(&flag)) {
        return;
    }
    let known = match service.scheduler {
        Scheduler::SourceHashing => SOURCE_HASHING,
        Scheduler::MaglevHashing => MAGLEV_HASHING,
        _ => NUMBERED,
    };
    text.extend(before.bytes());
    for (number, (_, name)) in known.iter().filter(is_set).enumerate() {
        if number > 0 {
            text.push(b',');
        }
        text.extend(name.bytes());
    }
    text.extend(after.bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ServiceKey;

    fn flags(scheduler: &str, flags: u32) -> String {
        let key = ServiceKey::tcp(([192, 0, 2, 1], 80).into());
        let service =
            Service::new(key, Scheduler::from(scheduler)).with_flags(ServiceFlags::from(flags));
        let mut text = Vec::new();
        write_flags(&mut text, &service, "(", ")");
        String::from_utf8(text).expect("words")
    }

    #[test]
    fn hashing_schedulers_name_their_flags_and_others_number_them() {
        assert_eq!(flags("sh", 0x18), "(sh-fallback,sh-port)");
        assert_eq!(flags("mh", 0x10), "(mh-port)");
        assert_eq!(flags("rr", 0x38), "(flag-1,flag-2,flag-3)");
        assert_eq!(flags("fo", 0x20), "(flag-3)");
    }

    #[test]
    fn other_flags_are_not_the_schedulers() {
        assert_eq!(flags("rr", 0x04), "");
    }

    #[test]
    fn a_flag_without_a_name_leaves_an_empty_list() {
        assert_eq!(flags("sh", 0x20), "()");
    }
}
