//! Showing something again and again, like `watch -n`.

use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Duration;

/// Cursor to the first corner, and what follows it erased (ECMA-48).
const HOME_AND_ERASE: &str = "\x1b[H\x1b[J";

/// Lets `render` write to `out` every `interval`, until it or the output fails.
///
/// On a terminal each picture replaces the one before; elsewhere they follow each other with an
/// empty line between them.
pub(crate) fn watch<W: Write, E: From<io::Error>>(
    interval: Duration,
    out: &mut W,
    mut render: impl FnMut(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let (before, between) = if io::stdout().is_terminal() {
        (HOME_AND_ERASE, "")
    } else {
        ("", "\n")
    };
    let mut picture = Vec::new();
    loop {
        // A picture is made as a whole before it is shown, so that it does not flicker.
        picture.clear();
        render(&mut picture)?;
        out.write_all(before.as_bytes())?;
        out.write_all(&picture)?;
        out.flush()?;
        thread::sleep(interval);
        out.write_all(between.as_bytes())?;
    }
}
