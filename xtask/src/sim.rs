//! `cargo xtask sim`: a region of phones, coordinators and the relay in one process, seed by seed.
//!
//! Deliberately not here: the simulation (`crates/simulator`), which is run as a program of its own, optimised.

mod broken;

use anyhow::{Context as _, Result};

use crate::arguments::Arguments;
use crate::shell::{cargo, root, run};

/// Runs of every change.
const RUNS: &str = "200";
/// Field devices, at most.
const DEVICES: &str = "8";

/// `cargo xtask sim [--runs N] [--devices M] [--seed S] [--plan FILE]`, or `cargo xtask sim --broken [--only NAME]`
pub fn command(arguments: &[String]) -> Result<()> {
    let mut arguments = Arguments::new("sim", arguments);
    if arguments.flag("--broken") {
        let only = arguments.value("--only")?;
        arguments.finish()?;
        return broken::all(only.as_deref());
    }
    let mut given = Vec::new();
    for name in ["--runs", "--devices", "--seed", "--plan"] {
        if let Some(value) = arguments.value(name)? {
            given.extend([name.to_owned(), value]);
        }
    }
    arguments.finish()?;
    simulate(&given)
}

/// The check of each change.
pub fn check() -> Result<()> {
    simulate(&["--runs", RUNS, "--devices", DEVICES, "--seed", "1"].map(str::to_owned))
}

/// A seed that fails is shrunk, and kept where `crates/simulator/tests/kept.rs` plays it again.
fn simulate(options: &[String]) -> Result<()> {
    let mut command = cargo();
    command.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "veldpost-simulator",
        "--",
    ]);
    let tests = root().join("crates/simulator/tests");
    command.arg("--keep").arg(tests.join("plans"));
    // Defects that are known and open: docs/threats.md names them.
    command.arg("--open").arg(tests.join("open"));
    run(command.args(options)).context("an invariant does not hold: see the seed above")
}
