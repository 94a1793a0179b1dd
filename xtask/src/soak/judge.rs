//! `cargo xtask soak --judge DIR`: the questionnaires and the project's own form folders, held against ODK's two
//! engines by a judge of a folder that is given.
//!
//! Deliberately not here: the judge and the engines (their own folder), and verdicts that were kept for tests
//! without them (`crates/forms/tests/agreed`).

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::shell::{answers, capture, cargo, root, run, say, step, target};
use crate::{bench, dist, forms, tools};

/// Folders of forms that exercise each rule on which engines may differ.
const OWN: &str = "crates/forms/tests/forms";

/// What a contest needs.
struct Places {
    judge: PathBuf,
    out: PathBuf,
    python: PathBuf,
    contestant: PathBuf,
}

/// Plays `cases` cases of `seed` on each folder; one line a folder, and a failure below 100 % on any.
pub fn contest(given: &Path, cases: u32, seed: u32) -> Result<()> {
    let places = prepare(given, seed)?;
    let mut folders = forms::every_folder(&root().join("forms"))?;
    folders.extend(forms::every_folder(&root().join(OWN))?);
    let mut below = Vec::new();
    for folder in &folders {
        let name = forms::name(folder);
        let (is_whole, said) = play(&places, folder, cases, seed)?;
        say(&format!(
            "{name:<14} {cases} cases, seed {seed}: {}",
            verdict(&said)
        ));
        if !is_whole {
            say(&said);
            below.push(name);
        }
    }
    if !below.is_empty() {
        bail!("below 100 %: {}", below.join(", "));
    }
    let number = folders.len();
    say(&format!(
        "{number} folders agree with both engines on every fact"
    ));
    Ok(())
}

/// The judge in a place of its own, with what it needs installed there, and the contestant built.
fn prepare(given: &Path, seed: u32) -> Result<Places> {
    if !given.join("score.mjs").is_file() {
        bail!(
            "{} holds no score.mjs: give the judge's folder",
            given.display()
        );
    }
    if !answers("javac") {
        bail!("one of the two engines needs Java: install a JDK, 17 or newer");
    }
    let judge = target().join("judge");
    step("judge", || {
        bench::copy(given, &judge)?;
        if !judge.join("node_modules").is_dir() {
            let mut npm = Command::new("npm");
            npm.current_dir(&judge)
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
            capture(&mut npm).context("the judge's libraries could not be installed")?;
        }
        let list = judge.join("requirements.txt");
        let wanted = std::fs::read(&list).context("the judge has no requirements.txt")?;
        let version: String = dist::hex(&wanted).chars().take(12).collect();
        let list = list.to_str().context("the path is no text")?;
        let python = tools::python("judge", &version, &["-r", list])?;
        let build = ["build", "--quiet", "--package", "veldpost-forms"];
        run(cargo().args(build).args(["--bin", "veldpost-forms"]))?;
        Ok(Places {
            // Two seeds may be played at once.
            out: judge.join(format!("out/seed-{seed}")),
            contestant: target().join("debug/veldpost-forms"),
            judge,
            python,
        })
    })
}

/// Whether every fact agrees, and all that the judge said.
fn play(places: &Places, folder: &Path, cases: u32, seed: u32) -> Result<(bool, String)> {
    let mut judge = Command::new("node");
    judge
        .current_dir(&places.judge)
        .env("PYTHON", &places.python)
        .env("JUDGE_OUT", &places.out)
        .args(["score.mjs", "--n", &cases.to_string()])
        .args(["--seed", &seed.to_string(), "--form"])
        .arg(folder)
        .arg("--")
        .arg(&places.contestant);
    let output = judge
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("node cannot be started: install Node.js 20 or newer")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.contains("No verdicts from JavaRosa") {
        bail!("{said}\nonly one of the two engines judged");
    }
    // The status and not the score in words, which is rounded.
    Ok((output.status.success(), said))
}

/// The judge's own words for the score and what it rests on.
fn verdict(said: &str) -> String {
    let of = |start: &str| said.lines().find(|line| line.starts_with(start));
    let lines = [of("score "), of("visible "), of("references disagree")];
    let lines: Vec<&str> = lines.into_iter().flatten().collect();
    match lines.as_slice() {
        [] => String::from("the judge gave no score"),
        lines => lines.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "=== dates\ncontestant took 0.10 s for 500 cases\n\
        cases 500, exactly equal 499 (99.80 %), missing 0, contestant errors 0\n\
        visible 100.000 % of 4000; values 99.980 % of 5000; invalid none\nscore 99.990 %\n";

    #[test]
    fn the_line_of_a_folder_says_its_score_and_what_it_rests_on() {
        let line =
            "score 99.990 %; visible 100.000 % of 4000; values 99.980 % of 5000; invalid none";
        assert_eq!(verdict(SAID), line);
        assert_eq!(verdict("node: not found"), "the judge gave no score");
    }
}
