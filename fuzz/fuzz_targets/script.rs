//! Whatever text is a request script or an error at a place in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::script::file::ScriptFile;

fuzz_target!(|text: &str| {
    match ScriptFile::parse("fuzz.toml", text) {
        Ok(script) => {
            assert!(!script.requests().is_empty());
            for request in script.requests() {
                assert!(request.path.starts_with('/') && request.weight > 0);
            }
        }
        Err(error) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&error.line), "{error}");
            assert!(!error.problem.is_empty());
        }
    }
});
