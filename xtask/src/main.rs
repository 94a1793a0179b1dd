//! Every habit of this repository as one command: `cargo xtask --help`.
//!
//! Deliberately not here: anything that the app or the server needs at run time.

mod arguments;
mod bench;
mod build;
mod controls;
mod dist;
mod forms;
mod icons;
mod layers;
mod lean;
mod licences;
mod run;
mod scan;
mod shell;
mod sim;
mod size;
mod soak;
mod split;
mod tables;
mod test;
mod threats;
mod tools;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask COMMAND

  run [--demo] [--lan] [--port N] [--data DIR] [--founding WHO] [--dev]
        install what is missing, build, start the server and print the address
          --demo   the app opens on a made-up region, with three devices in three states
          --lan    https with a certificate made here, for phones on the same network
          --founding  who may begin a region: open (usual on this machine), closed, or a code (usual with --lan: printed)
          --dev    build in seconds instead of minutes; the app is large
  build [--dev] [--kill-switch]
        build the app into target/app/dist
  test [--only NAME,NAME] [--list]
        every check: format, rules, lint, tests, the app in a real browser
  ci    what continuous integration runs: the same, in a fresh clone
  sim [--runs N] [--devices M] [--seed S] [--plan FILE]
        a region in one process, N seeds from S on, with at most M phones; a seed that fails is shrunk and kept
          --plan   play one kept plan and say what happens in it
  sim --broken [--only NAME]
        break rules where they ship, in a copy, one after the other: each has to be found, by the invariant that it breaks
  soak [--only NAME,NAME] [--laws N] [--tables N] [--sim N] [--kills N] [--start-kills N] [--sync-kills N] [--relay-kills N] [--no-build]
        the tests that take a number, with numbers too large for each change; one line a part
  soak --judge DIR [--cases N] [--seed S]
        the form engine beside ODK's two, by the judge of a folder, on every questionnaire and form folder; one line
        a folder, and a failure below 100 %
  size [--json]
        what the first load costs in bytes, against the budget, and what comes afterwards
  bench --peers DIR [--relay | --post] [--runs N] [--n N] [--no-build] [--report]
        speed beside the peers of a folder, in one interleaved run; --report prints the last one
          --relay  the relay beside the peers' plain server, without a browser
          --post   the post in a browser: upload, a coordinator's pull, unlock to tables
  forms [--check] [--xlsx OUT] [--pyxform] [FOLDER]…
        check the questionnaires; join their sheets into a workbook; let pyxform read it
  tables --demo | --records FILE
        the region's tables from records, as CSV
  icons draw public/icons anew
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("--help", arguments),
    };
    match command {
        "bench" => bench::command(rest),
        "run" => run::command(rest),
        "build" => build::command(rest),
        "forms" => forms::run(rest),
        "icons" => icons::command(rest),
        "sim" => sim::command(rest),
        "size" => size::command(rest),
        "soak" => soak::command(rest),
        "tables" => tables::run(rest),
        "test" => test::command(rest),
        "ci" => test::ci(rest),
        "--help" | "-h" | "help" => {
            shell::say(HELP.trim_end());
            Ok(())
        }
        unknown => bail!("there is no command {unknown}: see cargo xtask --help"),
    }
}
