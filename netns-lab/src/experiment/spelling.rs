//! Words: the nearest known one, and how a word is shown in a message.

/// The longest part of a word that a message repeats.
const LONGEST_SHOWN: usize = 60;

/// The known word that was probably meant.
pub(super) fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length > LONGEST_SHOWN {
        return None;
    }
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word, known), known))
        .filter(|(distance, known)| *distance <= length.max(known.len()).div_ceil(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// "did you mean `wlc`? ", or nothing.
pub(super) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    closest(word, known).map_or_else(String::new, |meant| format!("did you mean `{meant}`? "))
}

/// The word in backticks: shortened, and with nothing in it that could confuse a terminal.
pub(super) fn quoted(word: &str) -> String {
    let ellipsis = if word.chars().nth(LONGEST_SHOWN).is_some() {
        "…"
    } else {
        ""
    };
    let shown: String = word.chars().take(LONGEST_SHOWN).collect();
    format!("`{}{ellipsis}`", printable(&shown))
}

/// The text with everything escaped that would not show as itself.
pub(super) fn printable(text: &str) -> String {
    let escape = |character: char| match character {
        '\'' | '"' | '\\' => character.to_string(),
        other => other.escape_debug().to_string(),
    };
    text.chars().map(escape).collect()
}

/// "`a`, `b` and `c`".
pub(super) fn listed<'k>(words: impl IntoIterator<Item = &'k str>) -> String {
    let mut quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.pop() {
        None => String::new(),
        Some(last) if quoted.is_empty() => last,
        Some(last) => format!("{} and {last}", quoted.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_word_and_a_stranger_finds_none() {
        let known = ["rr", "wrr", "wlc"];
        assert_eq!(closest("wlcc", known), Some("wlc"));
        assert_eq!(closest("WRR", known), Some("wrr"));
        assert_eq!(closest("fastest", known), None);
        assert_eq!(closest(&"w".repeat(10_000), known), None);
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(quoted("a\u{1b}[31m\n\"b\""), "`a\\u{1b}[31m\\n\"b\"`");
        assert_eq!(quoted("\u{202e}x"), "`\\u{202e}x`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
    }

    #[test]
    fn a_list_ends_with_and() {
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(["a"]), "`a`");
    }
}
