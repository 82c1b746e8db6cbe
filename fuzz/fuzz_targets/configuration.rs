//! Whatever is in a TOML file is a configuration or an error, and a configuration survives being
//! written.
#![no_main]

use director_setup::configuration::Configuration;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(reviewed) = Configuration::read_from("fuzz.toml", text) else {
        return;
    };
    let written = reviewed.configuration.to_toml();
    let again =
        Configuration::parse("written.toml", &written).expect("what is written can be read");
    assert_eq!(again.configuration, reviewed.configuration);
});
