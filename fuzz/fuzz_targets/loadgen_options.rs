//! Whatever is typed is a load, help or a usage error; a load's headers and request line carry no
//! line end of the user's, and its target survives being written.
#![no_main]

use std::ffi::OsString;

use libfuzzer_sys::fuzz_target;
use loadgen::Url;
use loadgen::ab::{Command, parse};

fuzz_target!(|text: &str| {
    let Ok(Command::Load(options)) = parse(text.split('\0').map(OsString::from)) else {
        return;
    };
    let written = options.target.to_string();
    assert_eq!(Url::parse(&written).as_ref(), Ok(&options.target));
    assert!(options.requests.is_none_or(|n| n > 0 && u64::from(options.concurrency) <= n));
    assert!((1..=options.concurrency).contains(&options.threads));
    assert!(!options.timeout.is_zero());
    assert!(options.connection.sources.addresses().len() <= 65_536);
    let line_end = |text: &str| text.contains(['\r', '\n']);
    assert!(!line_end(&options.target.path) && !line_end(&options.method));
    for field in options.header_fields(Some(1)) {
        assert!(!line_end(&field.name) && !line_end(&field.value), "{field:?}");
    }
    for assertion in &options.assertions {
        assert_eq!(assertion.to_string().parse().as_ref(), Ok(assertion));
    }
});
