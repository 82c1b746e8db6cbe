//! The heads that the lean engine reads: whatever arrives is read without a panic, and the same
//! however it is cut into reads.

#![no_main]

use backend::behaviour::Behaviour;
use backend::lean::{Head, Reading};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_head(bytes);
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(behaviour) = text.parse::<Behaviour>()
    {
        assert_eq!(behaviour.to_string().parse(), Ok(behaviour));
    }
});

fn check_head(bytes: &[u8]) {
    let Reading::Plain(head) = Head::read(bytes) else {
        return;
    };
    assert!(head.target.starts_with('/'));
    assert!(bytes[..head.length].ends_with(b"\n"));
    // What follows a head does not change it, and no part of it is a head already.
    assert_eq!(Head::read(&bytes[..head.length]), Reading::Plain(head));
    for end in 0..head.length {
        assert_eq!(Head::read(&bytes[..end]), Reading::Partial, "{end}");
    }
}
