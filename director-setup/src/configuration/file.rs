//! From bytes to a text.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Configuration, ConfigurationError, Problem, Reviewed};

/// The longest file that is read: room for some 200 000 real servers.
pub const MAX_BYTES: u64 = 16 << 20;

impl Configuration {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or everything that is wrong with it.
    pub fn read_file(path: &Path) -> Result<Reviewed, ConfigurationError> {
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Self::read_from(&name, file),
            Err(source) => Err(ConfigurationError::Read { name, source }),
        }
    }

    /// Reads anything to its end; `name` tells people what it is.
    ///
    /// # Errors
    ///
    /// As [`Configuration::read_file`].
    pub fn read_from(name: &str, source: impl Read) -> Result<Reviewed, ConfigurationError> {
        let mut bytes = Vec::new();
        let read = source.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        let read = read.map_err(|source| ConfigurationError::Read {
            name: name.to_owned(),
            source,
        })?;
        if read as u64 > MAX_BYTES {
            return Err(ConfigurationError::TooLong {
                name: name.to_owned(),
                limit: MAX_BYTES,
            });
        }
        Self::parse(name, text(name, &bytes)?)
    }
}

fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, ConfigurationError> {
    let not_text = |place: usize, what| ConfigurationError::Meaning {
        name: name.to_owned(),
        problems: vec![Problem {
            line: bytes[..place].split(|byte| *byte == b'\n').count(),
            text: format!("this is not a text file: {what}"),
        }],
    };
    // TOML forbids NUL as well, but would complain about each one of them.
    if let Some(place) = bytes.iter().position(|byte| *byte == 0) {
        return Err(not_text(place, "it has a NUL byte"));
    }
    std::str::from_utf8(bytes).map_err(|error| not_text(error.valid_up_to(), "it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        let refused = Configuration::read_from("web.toml", bytes);
        refused.expect_err("it is wrong").to_string()
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_line() {
        insta::assert_snapshot!(
            refusal(b"# good\n\0\0\0"),
            @"web.toml:2: this is not a text file: it has a NUL byte"
        );
        insta::assert_snapshot!(
            refusal(b"# good\n# \xff"),
            @"web.toml:2: this is not a text file: it is not UTF-8"
        );
    }

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        let endless = Configuration::read_from("/dev/zero", std::io::repeat(b'#'));
        insta::assert_snapshot!(
            endless.expect_err("it is too long"),
            @"cannot read /dev/zero: it is longer than 16777216 bytes, which is no configuration"
        );
    }

    #[test]
    fn five_megabytes_of_nonsense_make_a_short_message() {
        let one_line = refusal(&vec![b'a'; 5 << 20]);
        assert!(one_line.len() < 1000, "{}", one_line.len());
        let many_lines = refusal(&b"x =\n".repeat(5 << 18));
        assert!(many_lines.len() < 10_000, "{}", many_lines.len());
    }
}
