//! ab's files, from the numbers of files that ab wrote.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use loadgen::ab::files::{Sample, percentiles, requests};
use loadgen::ab::{Microseconds, Ordered};

use crate::transcript::{golden, microseconds};

fn written(content: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    content(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The values of `out.csv`, which are of 1000 requests, at the ranks that ab took.
struct Table(Vec<u64>);

impl Ordered for Table {
    fn count(&self) -> u64 {
        1000
    }

    fn at(&self, rank: u64) -> Option<u64> {
        self.0.get(usize::try_from(rank / 10).unwrap()).copied()
    }

    fn longest(&self) -> Option<u64> {
        self.0.last().copied()
    }
}

#[test]
fn the_csv_equals_that_of_ab_to_the_byte() {
    let expected = golden("out.csv");
    let values = expected.lines().skip(1).map(|line| {
        let milliseconds: f64 = line.split(',').nth(1).unwrap().parse().unwrap();
        microseconds(milliseconds / 1000.0)
    });
    let table = Table(values.collect());
    assert_eq!(written(|out| percentiles(out, &table)), expected);
}

#[test]
fn the_csv_of_few_requests_ends_with_the_longest() {
    let times = [100, 200, 300];
    let text = written(|out| percentiles(out, &Microseconds(&times)));
    assert_eq!(text.lines().count(), 102);
    assert!(
        text.contains("\n1,0.100\n") && text.contains("\n50,0.300\n"),
        "{text}"
    );
    assert!(text.ends_with("\n99,0.300\n100,0.300\n"), "{text}");
    assert_eq!(written(|out| percentiles(out, &Microseconds(&[]))), "");
}

#[test]
fn the_tsv_equals_that_of_ab_to_the_byte() {
    let expected = golden("out.tsv");
    let mut samples: Vec<_> = expected.lines().skip(1).map(sample).collect();
    assert_eq!(
        written(|out| requests(out, &mut samples, &TimeZone::UTC)),
        expected
    );
}

/// Microseconds that round to the milliseconds of a line. Requests whose totals round to the same
/// have the same total, so that they stay in the file's order.
fn sample(line: &str) -> Sample {
    let numbers: Vec<u64> = line
        .split('\t')
        .skip(1)
        .map(|number| number.parse().unwrap())
        .collect();
    let [seconds, connect, processing, total, waiting] = numbers[..] else {
        panic!("{line}");
    };
    let microseconds = (total * 1000).saturating_sub(100);
    let connected = match total - connect - processing {
        0 if processing == 0 => microseconds,
        0 => connect * 1000,
        _ => connect * 1000 + 450,
    };
    Sample {
        start: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
        connect: Duration::from_micros(connected),
        waiting: Duration::from_millis(waiting),
        total: Duration::from_micros(microseconds),
    }
}

#[test]
fn requests_are_sorted_by_their_totals_in_local_time() {
    let sample = |total| Sample {
        start: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_348_302),
        connect: Duration::from_micros(1499),
        waiting: Duration::from_micros(1500),
        total: Duration::from_micros(total),
    };
    let mut samples = [sample(4000), sample(2500)];
    let zone = TimeZone::fixed(jiff::tz::offset(2));
    assert_eq!(
        written(|out| requests(out, &mut samples, &zone)),
        "starttime\tseconds\tctime\tdtime\tttime\twait\n\
         Sun Nov 22 13:51:42 2026\t1795348302\t1\t1\t3\t2\n\
         Sun Nov 22 13:51:42 2026\t1795348302\t1\t3\t4\t2\n"
    );
    assert_eq!(written(|out| requests(out, &mut [], &zone)), "");
}
