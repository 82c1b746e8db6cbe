//! Whatever text is a request script or an error at a place in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::script::file::ScriptFile;

fuzz_target!(|text: &str| {
    match ScriptFile::parse("fuzz.toml", text) {
        Ok(script) => {
            assert!(script.total_weight() >= script.requests().len() as u64);
            for ticket in [0, 1, script.total_weight() - 1, u64::MAX] {
                assert!(script.requests()[script.at(ticket)].path.starts_with('/'));
            }
        }
        Err(error) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&error.line), "{error}");
            assert!(!error.problem.is_empty());
        }
    }
});
