//! Whatever is in a trace is compared with the model or is an error, and a trace survives being
//! written.
#![no_main]

use analysis::trace::{Trace, conform};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(trace) = text.parse::<Trace>() else {
        return;
    };
    let written = trace.to_string();
    let again: Trace = written.parse().expect("what is written can be read");
    assert_eq!(again.to_string(), written);
    if let Ok(conformance) = conform(&trace) {
        assert!(conformance.picks.agreed <= conformance.picks.compared);
        let full = conformance.picks.agreed == conformance.picks.compared
            && conformance.counts.agreed == conformance.counts.compared;
        assert_eq!(full, conformance.first_disagreement.is_none());
    }
});
