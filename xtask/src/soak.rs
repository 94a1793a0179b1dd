//! `cargo xtask soak`: the same tests as `cargo xtask test`, with numbers that are too large for each change.
//!
//! Deliberately not here: tests of its own. Each part sets a number that a test reads; the contest against other
//! engines is a judge's, whose folder is given (`soak::judge`).

mod judge;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::arguments::Arguments;
use crate::build::{self, Quality};
use crate::dist::Worker;
use crate::shell::{cargo, say};
use crate::{test, tools};

/// One kind of test with its number.
struct Part {
    name: &'static str,
    /// What is counted.
    what: &'static str,
    /// Where the tests read the number.
    variable: &'static str,
    usual: u32,
    command: fn() -> Result<Command>,
}

const PARTS: [Part; 7] = [
    Part {
        name: "laws",
        what: "cases for each law of tables, records, bytes and the store",
        variable: "PROPTEST_CASES",
        usual: 5_000,
        command: laws,
    },
    Part {
        name: "tables",
        what: "made-up regions whose tables are the published ones",
        variable: "VELDPOST_SEEDS",
        usual: 2_000,
        command: tables,
    },
    Part {
        name: "sim",
        what: "seeds of a simulated region, with every invariant looked at",
        variable: "VELDPOST_SIM_RUNS",
        usual: 10_000,
        command: sim,
    },
    Part {
        name: "kills",
        what: "times SIGKILL in mid-save, with every acknowledged tap there",
        variable: "VELDPOST_KILLS",
        usual: 50,
        command: kills,
    },
    Part {
        name: "start-kills",
        what: "times SIGKILL of a browser that starts the app, with every acknowledged tap there",
        variable: "VELDPOST_START_KILLS",
        usual: 100,
        command: start_kills,
    },
    Part {
        name: "sync-kills",
        what: "times SIGKILL of a phone's browser in mid-sync, with everything received once",
        variable: "VELDPOST_SYNC_KILLS",
        usual: 50,
        command: sync_kills,
    },
    Part {
        name: "relay-kills",
        what: "times SIGKILL of the relay under 50 writers, with every acknowledged entry there",
        variable: "VELDPOST_RELAY_KILLS",
        usual: 100,
        command: relay_kills,
    },
];

/// Cases on each folder when none are asked for.
const CASES: u32 = 500;

/// `cargo xtask soak [--only NAME,…] [--laws N] [--tables N] [--sim N] [--kills N] [--start-kills N] [--sync-kills N] [--relay-kills N] [--no-build]`,
/// or `cargo xtask soak --judge DIR [--cases N] [--seed S]`
pub fn command(arguments: &[String]) -> Result<()> {
    let mut arguments = Arguments::new("soak", arguments);
    if let Some(folder) = arguments.value("--judge")? {
        let cases = above_0("cases", arguments.value("--cases")?.as_deref(), CASES)?;
        let seed = above_0("seed", arguments.value("--seed")?.as_deref(), 1)?;
        arguments.finish()?;
        return judge::contest(Path::new(&folder), cases, seed);
    }
    let only = arguments.value("--only")?;
    let no_build = arguments.flag("--no-build");
    let mut numbers = Vec::new();
    for part in &PARTS {
        let asked = arguments.value(&format!("--{}", part.name))?;
        numbers.push(number(part, asked.as_deref())?);
    }
    arguments.finish()?;
    let chosen = chosen(only.as_deref())?;
    let of_browser = ["kills", "start-kills", "sync-kills"];
    if of_browser.iter().any(|part| chosen.contains(part)) && !no_build {
        build::app(Quality::Release, Worker::Shell)?;
    }
    for (part, number) in PARTS.iter().zip(numbers) {
        if chosen.contains(&part.name) {
            soak(part, number)?;
        }
    }
    Ok(())
}

fn number(part: &Part, asked: Option<&str>) -> Result<u32> {
    above_0(part.name, asked, part.usual)
}

fn above_0(name: &str, asked: Option<&str>, usual: u32) -> Result<u32> {
    let asked = asked.map(|asked| {
        let number = asked.parse().ok().filter(|number| *number > 0);
        number.with_context(|| format!("--{name} needs a number above 0, not {asked}"))
    });
    asked.unwrap_or(Ok(usual))
}

fn chosen(only: Option<&str>) -> Result<Vec<&'static str>> {
    let names = PARTS.iter().map(|part| part.name);
    let Some(only) = only else {
        return Ok(names.collect());
    };
    let known = |name: &str| {
        let mut names = names.clone();
        names
            .find(|known| *known == name.trim())
            .with_context(|| format!("soak has no part {name}: see cargo xtask --help"))
    };
    only.split(',').map(known).collect()
}

/// Runs one part and says one line about it, or everything that it said when it failed.
fn soak(part: &Part, number: u32) -> Result<()> {
    let start = Instant::now();
    let mut command = (part.command)()?;
    command.env(part.variable, number.to_string());
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be started")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let (name, what) = (part.name, part.what);
    if !output.status.success() {
        say(&said);
        bail!("{name} failed with {}={number}", part.variable);
    }
    let tests = passed(&said);
    if tests == 0 {
        bail!("{name} ran no test: its tests have other names now");
    }
    let seconds = start.elapsed().as_secs_f32();
    say(&format!(
        "{name:<11} {number} {what}: tests passed: {tests}, in {seconds:.0} s"
    ));
    Ok(())
}

/// How many tests passed, over all the programs that said so.
fn passed(said: &str) -> u32 {
    let counts = said.lines().filter_map(|line| {
        let (_, rest) = line.split_once("test result: ok. ")?;
        rest.split_whitespace().next()?.parse::<u32>().ok()
    });
    counts.sum()
}

fn laws() -> Result<Command> {
    let mut command = cargo();
    command.args(["test", "--quiet"]);
    for test in ["table_laws", "record", "garbage", "payloads", "model"] {
        command.args(["--test", test]);
    }
    for package in ["veldpost-domain", "veldpost-envelope", "veldpost-store"] {
        command.args(["--package", package]);
    }
    Ok(command)
}

fn tables() -> Result<Command> {
    let mut command = cargo();
    command.args(["test", "--quiet", "--package", "veldpost-domain"]);
    command.args(["--features", "population"]);
    command.args(["--test", "population", "--", "every_seed"]);
    Ok(command)
}

/// Optimised: a run takes a fifth of the time.
fn sim() -> Result<Command> {
    let mut command = cargo();
    command.args([
        "test",
        "--quiet",
        "--release",
        "--package",
        "veldpost-simulator",
    ]);
    command.args(["--test", "seeds", "--", "every_seed"]);
    Ok(command)
}

fn kills() -> Result<Command> {
    killed("crash", "killed_in_mid_save")
}

fn start_kills() -> Result<Command> {
    killed("crash", "while_it_starts")
}

fn sync_kills() -> Result<Command> {
    killed("post", "killed")
}

/// One journey in which the browser is killed.
fn killed(file: &str, journey: &str) -> Result<Command> {
    tools::browser()?;
    let mut command = test::journey_command()?;
    command.args(["--quiet", "--test", file, "--", journey]);
    Ok(command)
}

fn relay_kills() -> Result<Command> {
    let mut command = cargo();
    command.args(["test", "--quiet", "--package", "veldpost-server"]);
    command.args(["--test", "server", "--", "after_each_kill"]);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_chosen_by_its_name_and_its_number_is_a_number() {
        assert_eq!(chosen(Some("kills, laws")).unwrap(), ["kills", "laws"]);
        assert_eq!(chosen(None).unwrap().len(), PARTS.len());
        assert!(chosen(Some("kill")).is_err());
        assert_eq!(number(&PARTS[3], None).unwrap(), 50);
        assert_eq!(number(&PARTS[3], Some("7")).unwrap(), 7);
        assert!(number(&PARTS[3], Some("0")).is_err());
        assert!(number(&PARTS[3], Some("many")).is_err());
    }

    #[test]
    fn tests_are_counted_over_all_programs() {
        let said = "test result: ok. 3 passed; 0 failed\n\nrunning 0 tests\n\
            test result: ok. 0 passed; 0 failed\ntest result: ok. 14 passed; 0 failed\n";
        assert_eq!(passed(said), 17);
        assert_eq!(passed("test result: FAILED. 3 passed"), 0);
    }
}
