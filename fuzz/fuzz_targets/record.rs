//! Whatever is in a file of records is records or an error, and every view shows records.
#![no_main]

use analysis::record::parse_records;
use analysis::view::{Colour, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(records) = parse_records(text) else {
        return;
    };
    for format in Format::ALL {
        for colour in [Colour::Plain, Colour::Ansi] {
            let shown = format.view(colour).render(&records);
            let shown = shown.expect("whatever was read can be shown");
            if format == Format::Json {
                let again = parse_records(&shown).expect("what is written can be read");
                assert_eq!(again, records);
            }
        }
    }
});
