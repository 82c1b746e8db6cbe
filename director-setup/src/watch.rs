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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_follow_each_other_until_one_cannot_be_made() {
        let mut out = Vec::new();
        let mut number = 0;
        let end = watch(Duration::from_millis(1), &mut out, |picture| {
            number += 1;
            if number > 3 {
                return Err(io::Error::from(io::ErrorKind::NotFound));
            }
            writeln!(picture, "picture {number}")
        });
        assert_eq!(
            end.map_err(|error| error.kind()),
            Err(io::ErrorKind::NotFound)
        );
        if !io::stdout().is_terminal() {
            let shown = String::from_utf8(out).expect("it is text");
            assert_eq!(shown, "picture 1\n\npicture 2\n\npicture 3\n\n");
        }
    }
}
