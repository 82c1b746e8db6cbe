//! Whatever text is an assertion or an error, and an assertion survives being written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::gate::Assertion;

fuzz_target!(|text: &str| {
    let Ok(assertion) = text.parse::<Assertion>() else {
        return;
    };
    let written = assertion.to_string();
    assert_eq!(written.parse().as_ref(), Ok(&assertion), "{written}");
});
