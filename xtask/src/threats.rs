//! `docs/threats.md` against the tests: what it names as shown is shown by a test of that name.
//!
//! Deliberately not here: whether that test shows it. Reviewers read the two beside one another.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::shell::root;

/// The column of a table that names tests.
const COLUMN: &str = "Shown by";
/// Begins the cell of a row that no test shows; a reason follows.
const NOT_SHOWN: &str = "not shown:";

/// Fails with the first row that names no test, or one that is not there.
pub fn check() -> Result<()> {
    let document = std::fs::read_to_string(root().join("docs/threats.md"))
        .context("docs/threats.md is missing: restore it with git")?;
    let mut tests = BTreeSet::new();
    for folder in ["app", "crates", "server", "tests", "xtask"] {
        collect(&root().join(folder), false, &mut tests)?;
    }
    match problem(&document, &tests) {
        Some(problem) => bail!("docs/threats.md: {problem}"),
        None => Ok(()),
    }
}

/// Tests of a folder: whole files below a folder `tests`, and what follows `#[cfg(test)]` elsewhere.
fn collect(folder: &Path, of_tests: bool, tests: &mut BTreeSet<String>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if name != "target" {
                collect(&path, of_tests || name == "tests", tests)?;
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = std::fs::read_to_string(&path)
                .with_context(|| format!("{} is unreadable", path.display()))?;
            let part = match of_tests {
                true => source.as_str(),
                false => source
                    .split_once("#[cfg(test)]")
                    .map_or("", |(_, part)| part),
            };
            tests.extend(names(part));
        }
    }
    Ok(())
}

/// Functions behind an attribute that makes them tests.
fn names(source: &str) -> Vec<String> {
    let (mut is_test, mut names) = (false, Vec::new());
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("#[") {
            let attribute = line.split(['(', ']']).next().unwrap_or_default();
            is_test |= attribute.ends_with("test");
        } else if let Some((_, rest)) = line.split_once("fn ") {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            if core::mem::take(&mut is_test) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// The first row of a table with that column that says nothing there, or names a test that is not among these.
fn problem(document: &str, tests: &BTreeSet<String>) -> Option<String> {
    let (mut in_table, mut rows) = (false, 0);
    for line in document.lines() {
        let Some(cells) = line.strip_prefix('|').and_then(|it| it.strip_suffix('|')) else {
            in_table = false;
            continue;
        };
        let (first, last) = (cells.split('|').next()?.trim(), cells.rsplit('|').next()?);
        let last = last.trim();
        if last == COLUMN {
            in_table = true;
        } else if in_table && !first.starts_with("---") {
            rows += 1;
            let named: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
            if named.is_empty() && !last.starts_with(NOT_SHOWN) {
                return Some(format!(
                    "the row \"{first}\" names no test: name one, or write \"{NOT_SHOWN}\" and why"
                ));
            }
            if let Some(name) = named.into_iter().find(|name| !tests.contains(*name)) {
                return Some(format!(
                    "the row \"{first}\" names {name}, and there is no test of that name"
                ));
            }
        }
    }
    (rows == 0).then(|| format!("no table has a column \"{COLUMN}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn helper() {}\n#[test]\n#[ignore = \"slow\"]\nfn one_is_found() {}\n    #[tokio::test]\n    async fn two() {}\nfn other() {}";

    fn found(row: &str) -> Option<String> {
        let document = format!("| It tries | {COLUMN} |\n|---|---|\n{row}\n\n| a | b |\n");
        problem(&document, &names(SOURCE).into_iter().collect())
    }

    #[test]
    fn a_test_that_a_row_names_must_be_there() {
        assert_eq!(names(SOURCE), ["one_is_found", "two"]);
        assert_eq!(found("| to lie | `one_is_found`, `two` |"), None);
        let said = found("| to lie | `one_is_found`, `three` |").unwrap();
        assert!(said.contains("to lie") && said.contains("three"), "{said}");
        assert!(found("| to lie | `helper` |").is_some());
    }

    #[test]
    fn a_row_names_a_test_or_says_that_it_is_not_shown() {
        assert!(found("| to lie | |").is_some());
        assert!(found("| to lie | as anybody can see |").is_some());
        assert_eq!(found("| to lie | not shown: nobody can |"), None);
        assert!(problem("No table.", &BTreeSet::new()).is_some());
    }
}
