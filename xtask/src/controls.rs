//! Rules about the app's source that no compiler knows, each because a browser would betray a person.
//!
//! Deliberately not here: style; rustfmt and clippy have that.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::shell::root;

/// Fails with the first line that breaks a rule.
pub fn check() -> Result<()> {
    let mut files = Vec::new();
    for folder in ["app/src", "crates"] {
        rust_files(&root().join(folder), &mut files)?;
    }
    for file in files {
        let name = file
            .strip_prefix(root())
            .unwrap_or(&file)
            .display()
            .to_string();
        let source =
            std::fs::read_to_string(&file).with_context(|| format!("{name} is unreadable"))?;
        if let Some((line, why)) = problem(&name, &source) {
            bail!("{name}:{line}: {why}");
        }
    }
    Ok(())
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The first broken rule: its line and what to do.
fn problem(name: &str, source: &str) -> Option<(usize, String)> {
    let code = without_comments(source);
    let in_app = name.starts_with("app/src");
    // The one place that hands markup to the browser: what `view!` wrote when the app was compiled.
    let is_template = name == "app/src/view/template.rs";
    let first = |found: Option<(usize, &str)>, why: &str| {
        found.map(|(at, what)| (line_of(&code, at), format!("{what}: {why}")))
    };
    let app_rules = || {
        unguarded_control(&code)
            .map(|(at, tag)| (line_of(&code, at), format!("<{tag}> without autocomplete=\"off\": Chromium writes what is typed or ticked there into its session files")))
            .or_else(|| first(any(&code, &["inner_html", "set_outer_html", "insert_adjacent_html"]).filter(|_| !is_template), "text from a person would become markup"))
            .or_else(|| first(any(&code, &[" style=\"", " style={", " style=move"]), "the policy refuses inline styles: use style:name= or a class"))
            .or_else(|| first(any(&code, &["html::input(", "html::form(", "html::select(", "html::textarea("]), "write controls in view!, where this check sees them"))
            .or_else(|| first(any(&code, &["local_storage(", "session_storage("]), "nothing is kept there: it is lost in a crash and never sealed"))
    };
    let edges = ["app/src/browser", "app/src/view", "crates/store/src/"];
    let edge = edges.iter().any(|edge| name.starts_with(edge));
    let edge_rule = || {
        let public = code.lines().enumerate().find(|(_, line)| {
            let line = line.trim_start();
            line.starts_with("pub ") && line.contains("JsValue")
        });
        public.map(|(at, _)| {
            (
                at + 1,
                String::from(
                    "JsValue in public: only app::browser, app::view and the store's database may show it",
                ),
            )
        })
    };
    in_app
        .then(app_rules)
        .flatten()
        .or_else(|| (!edge).then(edge_rule).flatten())
}

/// The place and tag of a control whose attributes lack `autocomplete="off"`.
fn unguarded_control(code: &str) -> Option<(usize, &'static str)> {
    let controls = ["form", "input", "select", "textarea"];
    for tag in controls {
        let open = format!("<{tag}");
        for (at, _) in code.match_indices(&open) {
            let rest = code.get(at + open.len()..).unwrap_or_default();
            let is_tag =
                rest.starts_with(|next: char| next.is_whitespace() || next == '>' || next == '/');
            if is_tag && !attributes(rest).contains("autocomplete=\"off\"") {
                return Some((at, tag));
            }
        }
    }
    None
}

/// What stands before the next tag; a `<` inside a closure is not followed by a letter or a slash.
fn attributes(rest: &str) -> &str {
    let next_tag = rest.match_indices('<').map(|(at, _)| at).find(|at| {
        let after = rest.get(at + 1..).unwrap_or_default();
        let before = rest.get(..*at).unwrap_or_default();
        after.starts_with(|next: char| next.is_ascii_lowercase() || next == '/')
            && before.ends_with(|last: char| last.is_whitespace() || "{}(>".contains(last))
    });
    rest.get(..next_tag.unwrap_or(rest.len())).unwrap_or(rest)
}

fn any<'a>(code: &str, words: &[&'a str]) -> Option<(usize, &'a str)> {
    words
        .iter()
        .find_map(|word| code.find(word).map(|at| (at, word.trim())))
}

/// Comments become spaces, so that places and lines stay.
fn without_comments(source: &str) -> String {
    source
        .split('\n')
        .map(|line| {
            if line.trim_start().starts_with("//") {
                ""
            } else {
                line
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn line_of(code: &str, at: usize) -> usize {
    code.get(..at).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_without_autocomplete_off_is_found_with_its_line() {
        let source = "view! {\n  <p>\"x\"</p>\n  <input type=\"radio\"\n    on:change=move |_| if a > b { go() } />\n}";
        let (line, why) = problem("app/src/a.rs", source).unwrap();
        assert_eq!(line, 3);
        assert!(why.contains("<input>"), "{why}");
        let guarded = source.replace("type=", "autocomplete=\"off\" type=");
        assert_eq!(problem("app/src/a.rs", &guarded), None);
    }

    #[test]
    fn the_attribute_of_the_next_control_does_not_count_for_this_one() {
        let source = "<form on:submit=go> <input autocomplete=\"off\"/> </form>";
        assert!(problem("app/src/a.rs", source).is_some_and(|(_, why)| why.contains("<form>")));
    }

    #[test]
    fn an_attribute_after_a_closure_counts() {
        let source = "<input on:input=move |event| set(Vec::<u8>::new(), a < b, event) autocomplete=\"off\"/>";
        assert_eq!(problem("app/src/a.rs", source), None);
        assert_eq!(problem("app/src/a.rs", "<inputs/> <formality/>"), None);
    }

    #[test]
    fn markup_from_text_and_inline_styles_are_refused_in_the_app_only() {
        for source in [
            "<p inner_html=x/>",
            "<p style=\"color:red\"/>",
            "window().local_storage()",
        ] {
            assert!(problem("app/src/a.rs", source).is_some(), "{source}");
            assert_eq!(problem("crates/domain/src/a.rs", source), None, "{source}");
        }
        assert_eq!(problem("app/src/a.rs", "// never inner_html"), None);
        let template = "template.set_inner_html(markup)";
        assert_eq!(problem("app/src/view/template.rs", template), None);
        assert!(problem("app/src/view/parts.rs", template).is_some());
    }

    #[test]
    fn the_browsers_values_stay_at_the_edge() {
        let source = "pub fn read() -> JsValue {";
        assert!(problem("app/src/services/a.rs", source).is_some());
        assert!(problem("crates/journal/src/a.rs", source).is_some());
        assert_eq!(problem("app/src/browser/a.rs", source), None);
    }
}
