//! Nothing that anybody writes makes the reader, the judge or the messages panic.

use proptest::prelude::*;

use super::super::{Clients, Colour, ExperimentFile, ExperimentFlags, builtin};
use crate::topology::client_addresses;

/// What begins a command to a terminal.
const ESCAPE: char = '\u{1b}';

/// Reads, judges and shows a text; what is good must obey the promises of `Experiment`.
fn survive(text: &str) -> Result<(), TestCaseError> {
    match ExperimentFile::read("fuzz.toml", text).parse() {
        Ok(experiment) => {
            let network = &experiment.network;
            prop_assert!(network.outer.contains(experiment.service.vip.ip()));
            prop_assert!(network.outer.contains(&network.client));
            prop_assert!(network.inner.contains(&network.director));
            for server in &experiment.servers {
                prop_assert!(network.inner.contains(server.address.ip()));
            }
            prop_assert!(u64::from(experiment.load.concurrency) <= experiment.load.requests);
            if let Clients::Exactly(number) = experiment.load.clients {
                prop_assert_eq!(client_addresses(&experiment).len(), number as usize);
            }
            for server in &experiment.servers {
                prop_assert!(server.thresholds.lower <= server.thresholds.upper);
            }
        }
        Err(problems) => {
            prop_assert!(problems.iter().next().is_some());
            prop_assert!(!problems.render(Colour::Never).contains(ESCAPE));
            prop_assert!(!problems.render(Colour::Always).is_empty());
        }
    }
    Ok(())
}

/// Pieces of text that mean something in an experiment, and some that mean trouble.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "",
            "\"",
            "'",
            "=",
            "[",
            "]",
            "[[",
            "]]",
            "\n",
            "\r",
            "#",
            "{",
            "}",
            ",",
            ".",
            "-",
            "\"\"\"",
            "\\u0000",
            "0",
            "-1",
            "99999999999999999999999999999999999999999",
            "nan",
            "1e400",
            "0x",
            "name",
            "vip",
            "server",
            "[service]",
            "[[server]]",
            "dr",
            "nat",
            "\"0.0.0.0/0\"",
            "255.255.255.255",
            "192.168.0.1",
            "/32",
            "/8",
            ":0",
            "\u{feff}",
            "\u{202e}",
            "ü",
            "日本",
            "\t",
            "1979-05-27",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ]
}

/// A built-in experiment with some ranges of it replaced by pieces.
fn mutated() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, piece()), 1..6);
    (prop::sample::select(builtin::all()), edits).prop_map(|(builtin, edits)| {
        let mut text: Vec<char> = builtin.text.chars().collect();
        for (at, removed, piece) in edits {
            let start = at.index(text.len() + 1);
            let end = text.len().min(start + removed);
            text.splice(start..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_survived(text in any::<String>()) {
        survive(&text)?;
    }

    #[test]
    fn arbitrary_pieces_are_survived(pieces in prop::collection::vec(piece(), 0..40)) {
        survive(&pieces.concat())?;
    }

    #[test]
    fn mutated_experiments_are_survived(text in mutated()) {
        survive(&text)?;
    }

    #[test]
    fn arbitrary_flags_are_survived(
        words in prop::collection::vec(prop::option::of(piece()), 4),
        names in prop::collection::vec(piece(), 0..3),
    ) {
        let [mode, weights, requests, timeout] = words.try_into().expect("there are four");
        let flags = ExperimentFlags {
            mode, weights, requests, timeout, silent: names, ..ExperimentFlags::default()
        };
        if let Err(problems) = ExperimentFile::from(&flags).parse() {
            prop_assert!(!problems.to_string().contains(ESCAPE));
        }
        for builtin in builtin::all() {
            let _ = builtin.file().override_with(&flags).parse().map_err(|e| e.to_string());
        }
    }
}
