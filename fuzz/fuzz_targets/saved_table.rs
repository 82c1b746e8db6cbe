//! Whatever is piped into `-R` is a list of changes that the kernel can be asked for, or an error.
#![no_main]

use director_setup::codec::change;
use director_setup::ipvsadm::read_saved;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(changes) = read_saved(text) else {
        return;
    };
    for (_, wanted) in changes {
        change::encode(&wanted).expect("the grammar lets nothing through that has no bytes");
    }
});
