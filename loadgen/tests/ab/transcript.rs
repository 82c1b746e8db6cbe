//! A transcript of ab: the command, what it printed on both outputs, its exit code; and the
//! numbers in it, read back.

use std::collections::BTreeMap;
use std::time::Duration;

use loadgen::ab::{Failures, Figures, Ordered, Row, Times, Tls};

/// `text` is what ab printed, from its banner on.
pub(crate) struct Transcript {
    pub(crate) arguments: Vec<String>,
    pub(crate) text: String,
    values: BTreeMap<String, String>,
    rows: BTreeMap<String, Row>,
    percentages: Vec<(u64, u64)>,
}

impl Transcript {
    /// Reads `tests/ab-golden/NAME`.
    pub(crate) fn load(name: &str) -> Self {
        Self::parse(&golden(name))
    }

    pub(crate) fn parse(file: &str) -> Self {
        let (command, rest) = file.split_once('\n').unwrap();
        let arguments = command.strip_prefix("$ ab ").unwrap().split(' ');
        let (text, _) = rest.rsplit_once("[exit ").unwrap();
        let mut transcript = Self {
            // How the shell got an empty argument was not recorded.
            arguments: arguments.map(str::to_owned).collect(),
            text: text.to_owned(),
            values: BTreeMap::new(),
            rows: BTreeMap::new(),
            percentages: Vec::new(),
        };
        for line in text.lines() {
            transcript.read(&without_tags(line), text);
        }
        transcript
    }

    fn read(&mut self, line: &str, text: &str) {
        if let Some((percentage, rest)) = line.split_once("%  ") {
            let value = rest.split_whitespace().next().unwrap().parse().unwrap();
            self.percentages
                .push((percentage.trim().parse().unwrap(), value));
        }
        let Some((label, value)) = line.split_once(':') else {
            return;
        };
        if ["Connect", "Processing", "Waiting", "Total"].contains(&label) {
            self.rows.insert(label.to_owned(), row(label, value, text));
        } else {
            let first = || value.trim().to_owned();
            self.values
                .entry(label.trim().to_owned())
                .or_insert_with(first);
        }
    }

    fn text_of(&self, label: &str) -> Option<&str> {
        self.values.get(label).map(String::as_str)
    }

    fn number(&self, label: &str) -> Option<u64> {
        self.text_of(label)?.split(' ').next()?.parse().ok()
    }

    fn float(&self, label: &str) -> Option<f64> {
        self.text_of(label)?.split(' ').next()?.parse().ok()
    }

    /// The numbers of the report, as exact as it gives them.
    pub(crate) fn figures(&self) -> Figures {
        let complete = self.number("Complete requests").unwrap();
        let text = |label| self.text_of(label).unwrap_or_default().to_owned();
        Figures {
            server_software: text("Server Software"),
            hostname: text("Server Hostname"),
            port: self.number("Server Port").unwrap().try_into().unwrap(),
            tls: self.text_of("SSL/TLS Protocol").map(|protocol| Tls {
                protocol: protocol.to_owned(),
                temporary_key: self.text_of("Server Temp Key").map(str::to_owned),
                server_name: self.text_of("TLS Server Name").map(str::to_owned),
            }),
            path: text("Document Path"),
            document_length: self.number("Document Length").unwrap_or(0),
            concurrency: self
                .number("Concurrency Level")
                .unwrap()
                .try_into()
                .unwrap(),
            elapsed: self.elapsed(complete),
            complete,
            failures: self.failures(),
            write_errors: self.number("Write errors").unwrap_or(0),
            non_2xx: self.number("Non-2xx responses").unwrap_or(0),
            keep_alive: self.number("Keep-Alive requests"),
            received: self.number("Total transferred").unwrap(),
            sent: self.number("Total body sent"),
            body_received: self.number("HTML transferred").unwrap(),
            times: self.times(complete),
        }
    }

    /// The rates give the time to more digits than its own line: the microsecond that gives them
    /// all as they are printed.
    fn elapsed(&self, complete: u64) -> Duration {
        let rate = self.float("Requests per second").unwrap();
        let transfer = self.float("Transfer rate").unwrap();
        let received = self.number("Total transferred").unwrap() as f64 / 1024.0;
        let printed = |microseconds: u64| {
            let seconds = microseconds as f64 / 1e6;
            let rates = [complete as f64 / seconds, received / seconds];
            let same_rates = rates.map(|rate| format!("{rate:.2}"))
                == [rate, transfer].map(|rate| format!("{rate:.2}"));
            same_rates
                && self.has_rates_sent(seconds)
                && self.has_times_per_request(seconds, complete as f64)
        };
        let near = microseconds(complete as f64 / rate);
        let mut candidates = (near.saturating_sub(2000)..near + 2000).filter(|time| printed(*time));
        let first = candidates.next().unwrap();
        // Any of those that are left will do: the figures cannot tell them apart but for the last
        // digit of a time per request, which the middle gives best.
        let last = candidates.next_back().unwrap_or(first);
        Duration::from_micros(first.midpoint(last))
    }

    /// Whether its rates of what was sent, if it has them, are those of so long a load.
    fn has_rates_sent(&self, seconds: f64) -> bool {
        let Some(sent) = self.number("Total body sent") else {
            return true;
        };
        let both = sent + self.number("Total transferred").unwrap();
        [(sent, "kb/s sent"), (both, "kb/s total")]
            .iter()
            .all(|(bytes, unit)| {
                let rate = format!("{:.2} {unit}", *bytes as f64 / 1024.0 / seconds);
                !self.text.contains(unit) || self.text.contains(&rate)
            })
    }

    /// Whether its two times per request, if it has them, are of so long a load.
    fn has_times_per_request(&self, seconds: f64, complete: f64) -> bool {
        let concurrency = self.number("Concurrency Level").unwrap() as f64;
        let lines = self.text.lines();
        let mut printed = lines.filter_map(|line| line.strip_prefix("Time per request:"));
        let times = [concurrency * seconds * 1000.0, seconds * 1000.0];
        times.iter().map(|time| time / complete).all(|time| {
            let number = printed.next().map(|line| line.trim().split(' ').next());
            number.is_none_or(|number| number == Some(&format!("{time:.3}")))
        })
    }

    fn failures(&self) -> Failures {
        let numbers = |text: &str| -> Vec<u64> {
            let parts = text.split(|c: char| !c.is_ascii_digit());
            parts.filter_map(|part| part.parse().ok()).collect()
        };
        match numbers(self.text_of("(Connect").unwrap_or_default())[..] {
            [connect, receive, length, exceptions] => Failures {
                connect,
                receive,
                length,
                exceptions,
            },
            [connect, length, exceptions] => Failures {
                connect,
                receive: 0,
                length,
                exceptions,
            },
            _ => Failures::default(),
        }
    }

    fn times(&self, count: u64) -> Option<Times> {
        let row = |label| {
            let mut row: Row = self.rows.get(label).copied().unwrap_or_default();
            row.sum *= count;
            row
        };
        (!self.rows.is_empty()).then(|| Times {
            count,
            connect: row("Connect"),
            processing: row("Processing"),
            waiting: row("Waiting"),
            total: row("Total"),
        })
    }

    pub(crate) fn latencies(&self) -> Percentiles {
        let count = self.number("Complete requests").unwrap();
        let rank = |percentage: u64| (count * percentage / 100).min(count - 1);
        let values = self.percentages.iter();
        Percentiles {
            count,
            by_rank: values
                .map(|(percentage, value)| (rank(*percentage), value * 1000))
                .collect(),
        }
    }
}

/// A table of percentiles: at each of its ranks what is written there, and below the first nothing.
pub(crate) struct Percentiles {
    count: u64,
    by_rank: BTreeMap<u64, u64>,
}

impl Ordered for Percentiles {
    fn count(&self) -> u64 {
        self.count
    }

    fn at(&self, rank: u64) -> Option<u64> {
        let last = self.by_rank.range(..=rank).next_back();
        Some(last.map_or(0, |(_, value)| *value))
    }
}

pub(crate) fn golden(name: &str) -> String {
    let path = format!("{}/tests/ab-golden/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// A row of ab's tables. The sum is still that of one request, in microseconds. Of the deviation
/// only a tenth is known; whether it is above or below tells the warning, or that there is none.
fn row(label: &str, value: &str, text: &str) -> Row {
    let numbers: Vec<f64> = value
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let whole = |milliseconds: f64| microseconds(milliseconds / 1000.0);
    let (min, mean, deviation, median, max) = match numbers[..] {
        [min, mean, deviation, median, max] => (min, mean, deviation, median, max),
        [min, mean, max] => (min, mean, 0.0, mean, max),
        _ => panic!("{value}"),
    };
    let what = if label == "Connect" {
        "initial connection"
    } else {
        label
    };
    let doubt = |word| {
        text.contains(&format!(
            "{word}: The median and mean for the {} time",
            what.to_lowercase()
        ))
    };
    let apart = (mean - median).abs();
    let fits = |deviation: &f64| {
        doubt("ERROR") == (apart > 2.0 * deviation)
            && doubt("WARNING") == (apart > *deviation && apart <= 2.0 * deviation)
    };
    let candidates = [0.0, 0.04, -0.04].map(|hidden| deviation + hidden);
    let deviation = candidates.into_iter().find(fits).unwrap_or(deviation);
    Row {
        min: whole(min),
        sum: whole(mean),
        deviation: deviation * 1000.0,
        median: whole(median),
        max: whole(max),
    }
}

/// To the nearest.
pub(crate) fn microseconds(seconds: f64) -> u64 {
    let nanoseconds = Duration::from_secs_f64(seconds).as_nanos();
    u64::try_from((nanoseconds + 500) / 1000).unwrap()
}

fn without_tags(line: &str) -> String {
    let mut text = String::new();
    let mut within = false;
    for character in line.chars() {
        match character {
            '<' => {
                within = true;
                text.push(' ');
            }
            '>' => within = false,
            _ if !within => text.push(character),
            _ => {}
        }
    }
    if line.contains('<') {
        text.trim().to_owned()
    } else {
        text
    }
}
