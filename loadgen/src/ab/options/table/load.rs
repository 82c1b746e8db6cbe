//! How much load, how fast, and when it ends.

use super::{Spec, ab, long};
use crate::ab::options::UsageError;
use crate::ab::options::values::{duration, number, rate, whole};

/// What ab takes for -n when there is a -t.
const REQUESTS_IN_TIME: u64 = 50_000;

pub(super) const AB: &[Spec] = &[
    ab(
        'n',
        "n",
        Some("REQUESTS"),
        "Number of requests in all [1]",
        |draft, text| {
            let requests = whole(text)
                .ok()
                .and_then(|number| u64::try_from(number).ok());
            draft.requests = Some(requests.filter(|n| *n > 0).ok_or(UsageError::Requests)?);
            Ok(())
        },
    ),
    ab(
        'c',
        "c",
        Some("CONCURRENCY"),
        "Number of requests under way at a time [1; with --rate up to 64]",
        |draft, text| {
            let concurrency = whole(text)
                .ok()
                .and_then(|number| u32::try_from(number).ok());
            let in_range = concurrency.filter(|c| (1..=200_000).contains(c));
            draft.concurrency =
                Some(in_range.ok_or_else(|| UsageError::Concurrency(text.to_owned()))?);
            Ok(())
        },
    ),
    ab(
        't',
        "t",
        Some("SECONDS"),
        "Start no request after this time. It sets -n 50000, which a later -n changes again",
        |draft, text| {
            draft.time_limit = Some(duration(text)?);
            draft.requests = Some(REQUESTS_IN_TIME);
            Ok(())
        },
    ),
    ab(
        's',
        "s",
        Some("SECONDS"),
        "The longest that one request may take [30], or that the echo of a datagram is waited for [1]",
        |draft, text| {
            draft.timeout = Some(duration(text)?);
            Ok(())
        },
    ),
    ab(
        'r',
        "r",
        None,
        "Do not end the load at a receive error. Without it as with it, every failure is counted by its class and the load goes on; see --give-up-after",
        |_, _| Ok(()),
    ),
];

pub(super) const BEYOND: &[Spec] = &[
    long(
        "duration",
        Some("TIME"),
        "Start no request after this time, such as 10s or 2m; unlike -t it does not limit the number of requests",
        |draft, text| {
            draft.duration = Some(duration(text)?);
            Ok(())
        },
    ),
    long(
        "rate",
        Some("PER-SECOND"),
        "Open loop: start requests at this rate whatever becomes of the earlier ones, and count each latency from the instant at which it was due",
        |draft, text| {
            draft.rate = Some(rate(text)?);
            Ok(())
        },
    ),
    long(
        "poisson",
        None,
        "With --rate: exponential gaps between the requests instead of equal ones",
        |draft, _| {
            draft.poisson = true;
            Ok(())
        },
    ),
    long(
        "connections-per-second",
        Some("PER-SECOND"),
        "Open no more connections than this",
        |draft, text| {
            draft.connections_per_second = Some(rate(text)?);
            Ok(())
        },
    ),
    long(
        "think-time",
        Some("TIME"),
        "Wait between a response and the next request of the same worker",
        |draft, text| {
            draft.think_time = Some(duration(text)?);
            Ok(())
        },
    ),
    long(
        "warm-up",
        Some("TIME"),
        "Send load for this time before anything is counted",
        |draft, text| {
            draft.warm_up = Some(duration(text)?);
            Ok(())
        },
    ),
    long(
        "threads",
        Some("THREADS"),
        "Threads that share the concurrency [1]",
        |draft, text| {
            draft.threads = number(text, 1..=1024)?;
            Ok(())
        },
    ),
    long(
        "give-up-after",
        Some("FAILURES"),
        "End the load when this many requests have failed",
        |draft, text| {
            draft.give_up_after = Some(number(text, 1..=u64::MAX)?);
            Ok(())
        },
    ),
    long(
        "seed",
        Some("NUMBER"),
        "Seed of the random gaps and of the weights of a script [1]",
        |draft, text| {
            draft.seed = number(text, 0..=u64::MAX)?;
            Ok(())
        },
    ),
];
