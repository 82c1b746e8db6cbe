//! The grammar of the command line: getopt's, and long options besides.
//!
//! As in ab: letters may be bundled, a value may be attached or the next argument (whatever it
//! begins with), options end at the first argument that is none, or at `--`.

use super::UsageError;
use super::table::{self, Halt, Spec};

/// Hands each option and its value to `visit` in the order in which they are typed, and returns
/// the arguments after the options.
pub(super) fn scan(
    args: &[String],
    mut visit: impl FnMut(&'static Spec, &str) -> Result<(), Halt>,
) -> Result<&[String], Halt> {
    let mut rest = args;
    while let Some((argument, after)) = rest.split_first() {
        if argument == "--" {
            return Ok(after);
        }
        rest = if let Some(long) = argument.strip_prefix("--") {
            scan_long(long, after, &mut visit)?
        } else if let Some(letters) = argument.strip_prefix('-').filter(|text| !text.is_empty()) {
            scan_letters(letters, after, &mut visit)?
        } else {
            return Ok(rest);
        };
    }
    Ok(rest)
}

type Visit<'a> = &'a mut dyn FnMut(&'static Spec, &str) -> Result<(), Halt>;

fn scan_long<'a>(long: &str, after: &'a [String], visit: Visit<'_>) -> Result<&'a [String], Halt> {
    let (name, attached) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (long, None),
    };
    let spec = table::by_name(name).ok_or_else(|| UsageError::Name {
        given: name.to_owned(),
        nearest: table::nearest(name),
    })?;
    match (spec.value, attached) {
        (None, Some(_)) => Err(UsageError::UnwantedValue(spec.name).into()),
        (None, None) => visit(spec, "").map(|()| after),
        (Some(_), Some(value)) => visit(spec, value).map(|()| after),
        (Some(_), None) => next_value(spec, after, visit),
    }
}

fn scan_letters<'a>(
    letters: &str,
    after: &'a [String],
    visit: Visit<'_>,
) -> Result<&'a [String], Halt> {
    let mut letters = letters.chars();
    while let Some(letter) = letters.next() {
        let spec = table::by_letter(letter).ok_or(UsageError::Letter(letter))?;
        if spec.value.is_none() {
            visit(spec, "")?;
            continue;
        }
        return match letters.as_str() {
            "" => next_value(spec, after, visit),
            value => visit(spec, value).map(|()| after),
        };
    }
    Ok(after)
}

fn next_value<'a>(
    spec: &'static Spec,
    after: &'a [String],
    visit: Visit<'_>,
) -> Result<&'a [String], Halt> {
    let missing = || UsageError::MissingValue(spec.name.to_owned());
    let (value, after) = after.split_first().ok_or_else(missing)?;
    visit(spec, value)?;
    Ok(after)
}
