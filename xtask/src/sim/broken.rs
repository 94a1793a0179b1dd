//! `cargo xtask sim --broken`: the rules of `crates/simulator/broken`, each broken where it ships, in a copy of the source; the
//! simulator has to find each, and to name its invariant.
//!
//! Deliberately not here: rules that are broken by what the programs are told (`crates/simulator/tests/broken.rs`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::shell::{capture, cargo, root, say, step};

/// Seeds that are looked at before a broken rule counts as not found.
const RUNS: &str = "300";
/// Field devices, at most.
const DEVICES: &str = "5";

/// A rule that is broken on purpose.
struct Rule {
    name: String,
    /// What is broken, in words.
    what: String,
    /// The invariant that has to be named.
    invariant: String,
    changes: Vec<Change>,
}

/// What stands in a file once, and what takes its place.
struct Change {
    file: String,
    from: String,
    to: String,
}

/// Breaks those rules whose names have `only` in them, one after the other.
pub fn all(only: Option<&str>) -> Result<()> {
    let mut rules = rules()?;
    rules.retain(|rule| only.is_none_or(|only| rule.name.contains(only)));
    ensure!(
        !rules.is_empty(),
        "no rule has {} in its name",
        only.unwrap_or_default()
    );
    let copy = root().join("target/broken/source");
    copy_source(&copy)?;
    step("the copy as it is holds", || {
        let found = simulate(&copy)?;
        ensure!(found.is_none(), "{}", found.unwrap_or_default());
        Ok(())
    })?;
    let mut missed = Vec::new();
    for rule in &rules {
        let found = with_broken(rule, &copy)?;
        let named = found
            .as_deref()
            .is_some_and(|found| names(found, &rule.invariant));
        let found = found.unwrap_or_else(|| format!("nothing in {RUNS} seeds"));
        let sign = if named { "found" } else { "MISSED" };
        say(&format!("{sign:<7} {} ({}): {found}", rule.name, rule.what));
        if !named {
            missed.push(rule.name.as_str());
        }
    }
    if !missed.is_empty() {
        bail!("not found, or by another name: {}", missed.join(", "));
    }
    say(&format!(
        "{} rules broken where they ship, each found",
        rules.len()
    ));
    Ok(())
}

fn names(found: &str, invariant: &str) -> bool {
    found.contains(&format!(": {invariant} at step "))
}

fn with_broken(rule: &Rule, copy: &Path) -> Result<Option<String>> {
    let mut before: BTreeMap<PathBuf, String> = BTreeMap::new();
    for change in &rule.changes {
        let file = copy.join(&change.file);
        let text = std::fs::read_to_string(&file)?;
        std::fs::write(&file, text.replacen(&change.from, &change.to, 1))?;
        before.entry(file).or_insert(text);
    }
    let found = simulate(copy).with_context(|| rule.name.clone());
    for (file, text) in before {
        std::fs::write(file, text)?;
    }
    found
}

/// Builds the copy's simulator and gives the first thing that it finds.
fn simulate(copy: &Path) -> Result<Option<String>> {
    let target = root().join("target/broken/target");
    let mut build = cargo();
    build
        .current_dir(copy)
        .arg("build")
        .args(["--quiet", "--release", "--package"]);
    build
        .arg("veldpost-simulator")
        .arg("--target-dir")
        .arg(&target);
    // A broken rule leaves things unused.
    capture(build.env("RUSTFLAGS", "--cap-lints=warn"))?;
    let simulator = target.join("release/veldpost-simulator");
    let options = [
        "--runs",
        RUNS,
        "--devices",
        DEVICES,
        "--seed",
        "1",
        "--first",
        "yes",
    ];
    let output = Command::new(simulator)
        .args(options)
        .stdin(Stdio::null())
        .output()
        .context("the simulator cannot be started")?;
    if output.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let found = said.lines().find(|line| line.starts_with("seed "));
    let found = found.with_context(|| format!("the simulator failed without a word: {said}"))?;
    Ok(Some(found.to_owned()))
}

/// What git knows of, as it stands in the folder.
fn copy_source(copy: &Path) -> Result<()> {
    if copy.exists() {
        std::fs::remove_dir_all(copy)?;
    }
    let mut list = Command::new("git");
    list.args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root());
    for file in capture(&mut list)?.lines() {
        let (from, to) = (root().join(file), copy.join(file));
        if !from.is_file() {
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // With a time of its own: what was built of it may have been built of a broken one.
        std::fs::copy(&from, &to)?;
    }
    Ok(())
}

fn rules() -> Result<Vec<Rule>> {
    let mut rules = Vec::new();
    for file in std::fs::read_dir(root().join("crates/simulator/broken"))? {
        let file = file?.path();
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&file)?;
        rules.push(read(name.clone(), &text).with_context(|| name)?);
    }
    rules.sort_by_key(|rule| {
        let number: String = rule
            .invariant
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        (number.parse::<u8>().unwrap_or_default(), rule.name.clone())
    });
    Ok(rules)
}

/// `what it is`, `invariant I2`, and for each change `file PATH` with lines that begin with `- ` and `+ `.
fn read(name: String, text: &str) -> Result<Rule> {
    let mut lines = text.lines();
    let what = lines
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned();
    let invariant = lines
        .next()
        .and_then(|line| line.strip_prefix("invariant "));
    let invariant = invariant
        .context("the second line names no invariant")?
        .to_owned();
    let mut changes: Vec<Change> = Vec::new();
    for line in lines {
        if let Some(file) = line.strip_prefix("file ") {
            changes.push(Change {
                file: file.to_owned(),
                from: String::new(),
                to: String::new(),
            });
            continue;
        }
        let change = changes
            .last_mut()
            .context("a line stands before the first file")?;
        let (text, line) = match line.split_at_checked(2) {
            Some(("- ", line)) => (&mut change.from, line),
            Some(("+ ", line)) => (&mut change.to, line),
            _ => bail!("neither taken out nor put in: {line}"),
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    }
    for Change { file, from, .. } in &changes {
        let times = std::fs::read_to_string(root().join(file))?
            .matches(from)
            .count();
        ensure!(
            times == 1,
            "what is taken out of {file} stands there {times} times"
        );
    }
    ensure!(!changes.is_empty(), "nothing is changed");
    Ok(Rule {
        name,
        what,
        invariant,
        changes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_stands_where_it_is_to_be_broken() {
        let rules = rules().unwrap();
        assert!(rules.len() >= 15);
        for rule in rules {
            let prefix = format!("{}-", rule.invariant.to_lowercase());
            assert!(rule.name.starts_with(&prefix), "{}", rule.name);
        }
    }

    #[test]
    fn what_is_taken_out_has_to_be_there_once() {
        let rule = |from: &str| {
            let text = format!("Words.\ninvariant I1\nfile xtask/src/sim/broken.rs\n- {from}\n+ x");
            read(String::from("i1-x"), &text)
        };
        assert!(rule("/// A rule that is broken on purpose.\n- struct Rule {").is_ok());
        assert!(rule("nothing of the kind \u{0}").is_err());
        assert!(rule("use").is_err());
        assert!(read(String::new(), "Words.\ninvariant I1").is_err());
        assert!(read(String::new(), "Words.").is_err());
    }

    #[test]
    fn an_invariant_is_named_whole() {
        assert!(names("seed 3: I1 at step 9: lost", "I1"));
        assert!(!names("seed 3: I11 at step 9: lost", "I1"));
    }
}
