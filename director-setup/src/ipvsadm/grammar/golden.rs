//! Every command line that the real ipvsadm 1.31 was given, with what it said of it
//! (`tests/golden/README.md`): what it refuses by itself, we refuse in the same words.

use super::*;

const FILES: [&str; 13] = [
    include_str!("../../../tests/golden/text/connections.txt"),
    include_str!("../../../tests/golden/text/daemons_and_timeouts.txt"),
    include_str!("../../../tests/golden/text/edits.txt"),
    include_str!("../../../tests/golden/text/empty.txt"),
    include_str!("../../../tests/golden/text/help.txt"),
    include_str!("../../../tests/golden/text/kernel_errors.txt"),
    include_str!("../../../tests/golden/text/kernel_order.txt"),
    include_str!("../../../tests/golden/text/listings.txt"),
    include_str!("../../../tests/golden/text/popt_errors.txt"),
    include_str!("../../../tests/golden/text/save_restore.txt"),
    include_str!("../../../tests/golden/text/single_service.txt"),
    include_str!("../../../tests/golden/text/spellings.txt"),
    include_str!("../../../tests/golden/text/usage_errors.txt"),
];

/// One run of the original, without what it read and printed.
struct Run {
    words: Vec<String>,
    said: String,
    code: u8,
}

fn runs() -> Vec<Run> {
    let mut runs = Vec::new();
    for line in FILES.iter().flat_map(|text| text.lines()) {
        if let Some(command) = line.strip_prefix("$ ipvsadm") {
            runs.push(Run {
                words: words(command),
                said: String::new(),
                code: 0,
            });
        }
        let Some(run) = runs.last_mut() else { continue };
        if let Some(said) = line.strip_prefix('!') {
            run.said += said.strip_prefix(' ').unwrap_or(said);
            run.said += "\n";
        } else if let Some(code) = line.strip_prefix("? ") {
            run.code = code.parse().unwrap_or(u8::MAX);
        }
    }
    runs
}

/// Words as a shell takes them, with single quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = command.trim();
    while !rest.is_empty() {
        let (word, behind) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').expect("the quote ends"),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    words
}

fn names() -> Names {
    let hosts = [
        ("127.0.0.1", "localhost"),
        ("192.0.2.80", "web.example"),
        ("192.0.2.81", "www"),
        ("192.0.2.82", "a-real-server-with-a-long-name.example"),
    ];
    let services = "http 80/tcp www\nhttps 443/tcp\ndomain 53/udp\nm3ua 2905/sctp\nftp 21/tcp\n";
    Names::fixed(&hosts, services)
}

/// Where we are right and the original is not.
fn differs(words: &[String]) -> bool {
    // It runs into a null pointer.
    words.windows(2).any(|pair| pair == ["-b", ","])
}

#[test]
fn what_the_original_refuses_by_itself_is_refused_in_its_words() {
    let mut refused = 0;
    for run in runs() {
        if differs(&run.words) {
            continue;
        }
        let line = run.words.join(" ");
        match parse("ipvsadm", &run.words, &mut names()) {
            Ok(Command::Restore) => {}
            Ok(_) => assert_ne!(run.code, 2, "{line}: the original says: {}", run.said),
            Err(misuse) => {
                let said = match misuse.to_string() {
                    // The only option that it names with an underscore.
                    said if said.contains("stop-daemon parameter") => {
                        "illegal start_daemon specified".to_owned()
                    }
                    said => said,
                };
                assert_eq!(
                    (misuse.code(), said.trim_end()),
                    (run.code, run.said.trim_end()),
                    "{line}"
                );
                refused += 1;
            }
        }
    }
    assert!(refused > 150, "{refused}");
}
