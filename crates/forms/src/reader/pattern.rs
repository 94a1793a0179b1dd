//! Patterns of `regex()`, compiled at build time into tables that the app only walks through.
//!
//! Not here: matching (see `evaluate`). The whole text must match, as in JavaRosa; anchors change nothing.

use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;

/// Larger tables than this are refused: they would weigh on every first load.
const LARGEST: usize = 64 << 10;

/// The table of a pattern, or why it cannot be had.
pub(super) fn compile(pattern: &str) -> Result<Vec<u8>, String> {
    let pattern = format!(r"\A(?:{})\z", translate(pattern));
    let dfa = dense::Builder::new()
        .syntax(syntax::Config::new().nest_limit(50))
        .thompson(thompson::Config::new().nfa_size_limit(Some(1 << 20)))
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Anchored)
                .dfa_size_limit(Some(4 << 20))
                .determinize_size_limit(Some(16 << 20))
                .minimize(true),
        )
        .build(&pattern)
        .map_err(|error| {
            let mut reason = error.to_string();
            let mut source = core::error::Error::source(&error);
            while let Some(deeper) = source {
                reason = deeper.to_string();
                source = deeper.source();
            }
            format!("this pattern cannot be used: {reason}")
        })?;
    let table = dfa
        .to_sparse()
        .map_err(|_| "this pattern is too large".to_owned())?;
    let bytes = table.to_bytes_little_endian();
    if bytes.len() > LARGEST {
        return Err(format!(
            "this pattern needs {} bytes, more than {LARGEST}",
            bytes.len()
        ));
    }
    Ok(bytes)
}

/// The classes of Java and JavaScript, which know only ASCII digits, letters and spaces.
fn translate(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    let mut class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let (set, negated) = match chars.next() {
                    Some('d') => ("0-9", false),
                    Some('D') => ("0-9", true),
                    Some('w') => ("A-Za-z0-9_", false),
                    Some('W') => ("A-Za-z0-9_", true),
                    Some('s') => (r" \t\n\r\x0B\x0C", false),
                    Some('S') => (r" \t\n\r\x0B\x0C", true),
                    Some('b') if !class => {
                        out.push_str(r"(?-u:\b)");
                        continue;
                    }
                    Some(other) => {
                        out.push('\\');
                        out.push(other);
                        continue;
                    }
                    None => {
                        out.push('\\');
                        continue;
                    }
                };
                match (class, negated) {
                    (true, false) => out.push_str(set),
                    (_, true) => out.push_str(&format!("[^{set}]")),
                    (false, false) => out.push_str(&format!("[{set}]")),
                }
            }
            '[' if !class => {
                class = true;
                out.push('[');
            }
            ']' if class => {
                class = false;
                out.push(']');
            }
            '[' | '&' | '~' if class => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::compile;
    use regex_automata::{Anchored, Input, dfa::Automaton, dfa::sparse::DFA};

    fn matches(pattern: &str, text: &str) -> bool {
        let bytes = compile(pattern).unwrap();
        let (dfa, _) = DFA::from_bytes(&bytes).unwrap();
        let input = Input::new(text.as_bytes()).anchored(Anchored::Yes);
        dfa.try_search_fwd(&input).unwrap().is_some()
    }

    #[test]
    fn the_whole_text_must_match() {
        for (pattern, text, expected) in [
            ("^[0-9]{4}[A-Z]{2}$", "7511AB", true),
            ("^[0-9]{4}[A-Z]{2}$", "7511AB\n7511AB", false),
            ("[0-9]+", "a1", false),
            (r"\d{2}-\d{2}", "12-34", true),
            (
                r"^[\w.+-]+@[\w-]+\.[a-z]{2,}$",
                "jan.de-vries@enschede.nl",
                true,
            ),
            (r"^\d+$", "١٢", false),
            ("^.{1,3}$", "Zoë", true),
            ("^(ja|nee)?$", "", true),
            (r"^[^\s]+$", "a b", false),
            (r"^\S+\s\S+$", "a b", true),
            ("^[[]$", "[", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern}");
        }
    }

    #[test]
    fn looking_around_is_refused_with_a_reason() {
        let reason = compile("^(?=.*[0-9]).+$").unwrap_err();
        assert!(reason.contains("look-around"), "{reason}");
    }
}
