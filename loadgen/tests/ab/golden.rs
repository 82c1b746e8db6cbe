//! The report equals ab's to the byte.

use loadgen::ab::heartbeat::Heartbeat;
use loadgen::ab::report::{ENDING, banner, results};
use loadgen::ab::{Command, Options, help, parse};

use crate::transcript::{Transcript, golden};

/// Every transcript of a load that came to its end.
const LOADS: [&str; 22] = [
    "averages-post.txt",
    "csv.txt",
    "failures-non2xx.txt",
    "head.txt",
    "html-failures.txt",
    "html-post.txt",
    "html-progress.txt",
    "html.txt",
    "https-no-sni.txt",
    "https.txt",
    "keepalive.txt",
    "non2xx.txt",
    "nonconf.txt",
    "plain.txt",
    "post.txt",
    "progress.txt",
    "proxy.txt",
    "quiet.txt",
    "refused-r.txt",
    "reset-r.txt",
    "varlen-l.txt",
    "varlen.txt",
];

pub(crate) fn options(arguments: &[String]) -> Options {
    match parse(arguments.iter().map(Into::into)) {
        Ok(Command::Load(options)) => *options,
        other => panic!("{arguments:?}: {other:?}"),
    }
}

/// Both outputs in the order in which ab writes them to one pipe.
fn printed(transcript: &Transcript, options: &Options) -> String {
    let figures = transcript.figures();
    let heartbeat = Heartbeat::new(options.requests.unwrap(), options.output.quiet);
    let progress = heartbeat.is_some();
    let mut text = banner(
        &options.target,
        options.connection.proxy.as_ref(),
        &options.layout,
        progress,
    );
    match heartbeat {
        Some(mut heartbeat) => {
            let lines = heartbeat.lines(figures.complete) + &heartbeat.finished(figures.complete);
            // ab's stdout is buffered, so for HTML its lines on stderr come first.
            text = if options.layout.html.is_some() {
                lines + &text
            } else {
                text + &lines
            };
        }
        None => text += ENDING,
    }
    text + &results(&figures, &transcript.latencies(), &options.layout)
}

/// The banners differ in their words, not in their number of lines.
fn without_banner(text: &str) -> String {
    let is_banner = |line: &&str| {
        [
            "This is ",
            "Copyright 1996",
            "Licensed to",
            "What it does",
            "It exits with",
        ]
        .iter()
        .any(|start| line.trim_start().starts_with(start))
    };
    let lines = text
        .lines()
        .map(|line| if is_banner(&line) { "(banner)" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_report_equals_that_of_ab_to_the_byte() {
    for name in LOADS {
        let transcript = Transcript::load(name);
        let options = options(&transcript.arguments);
        let ours = without_banner(&printed(&transcript, &options));
        assert_eq!(ours, without_banner(&transcript.text), "{name}");
    }
}

/// The time limit leaves the number of requests at 50000, so that a line comes every 5000.
#[test]
fn a_load_that_time_ended_equals_that_of_ab() {
    let transcript = Transcript::load("tlimit.txt");
    let options = options(&transcript.arguments);
    let ours = without_banner(&printed(&transcript, &options));
    assert_eq!(ours, without_banner(&transcript.text));
}

#[test]
fn errors_begin_with_the_sentence_of_ab() {
    for name in ["badn.txt", "conc.txt"] {
        let text = golden(name);
        let mut lines = text.lines();
        let arguments = lines.next().unwrap().strip_prefix("$ ab ").unwrap();
        let sentence = lines.next().unwrap().trim_start_matches("ab: ");
        let error = parse(arguments.split(' ').map(Into::into))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(sentence), "{error}");
    }
}

/// Line for line, the letters of `ab -h` and whether they take a value.
#[test]
fn the_help_lists_every_option_of_ab() {
    let help = help();
    let usage = golden("usage.txt");
    let options = usage.lines().filter_map(|line| line.strip_prefix("    -"));
    assert_eq!(options.clone().count(), 35);
    for option in options {
        let (letter, rest) = option.split_at(1);
        let takes_value = !rest.starts_with("  ");
        let ours = help
            .lines()
            .find(|line| line.starts_with(&format!("  -{letter} ")))
            .unwrap();
        assert_eq!(takes_value, !ours[4..].starts_with("  "), "{ours}");
    }
}
