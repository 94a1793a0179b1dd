//! `cargo xtask test`: every check there is, in the order in which it is cheapest to fail.
//!
//! Deliberately not here: the same with larger numbers (`soak`).

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::arguments::Arguments;
use crate::build::{self, Quality};
use crate::dist::Worker;
use crate::shell::{capture, cargo, root, run, say, step, target};
use crate::{controls, forms, layers, licences, sim, size, threats, tools};

const WASM: &str = "wasm32-unknown-unknown";

struct Check {
    name: &'static str,
    title: &'static str,
    work: fn() -> Result<()>,
}

const fn check(name: &'static str, title: &'static str, work: fn() -> Result<()>) -> Check {
    Check { name, title, work }
}

const CHECKS: [Check; 14] = [
    check("format", "rustfmt", format),
    check("controls", "rules about the app's source", controls::check),
    check("layers", "direction of dependencies", layers::check),
    check("licences", "licences and sources", licences::check),
    check(
        "threats",
        "the tests that docs/threats.md names",
        threats::check,
    ),
    check("lint", "clippy, warnings are errors", lint),
    check(
        "unit",
        "tests of the crates, the server and this tool",
        unit,
    ),
    check("sim", "a region in one process, 200 seeds", sim::check),
    check(
        "vectors",
        "the format's vectors, read by programs that share no code",
        vectors,
    ),
    check(
        "forms",
        "the questionnaires, also read by pyxform",
        questionnaires,
    ),
    check("store", "the store's contract in a real browser", store),
    check("app", "the app, built as it is served", app),
    check("size", "first load against its budget", || {
        size::command(&[])
    }),
    check(
        "journeys",
        "a real browser against the real server",
        journeys,
    ),
];

/// `cargo xtask test [--only NAME,…] [--list]`
pub fn command(arguments: &[String]) -> Result<()> {
    let mut arguments = Arguments::new("test", arguments);
    let only = arguments.value("--only")?;
    let list = arguments.flag("--list");
    arguments.finish()?;
    if list {
        for check in &CHECKS {
            say(&format!("{:<10} {}", check.name, check.title));
        }
        return Ok(());
    }
    let checks = chosen(only.as_deref())?;
    for check in &checks {
        step(&format!("{} ({})", check.name, check.title), check.work).with_context(|| {
            format!(
                "{} failed; once mended: cargo xtask test --only {}",
                check.name, check.name
            )
        })?;
    }
    say(&format!("checks: {} passed, 0 failed", checks.len()));
    Ok(())
}

fn chosen(only: Option<&str>) -> Result<Vec<&'static Check>> {
    let Some(only) = only else {
        return Ok(CHECKS.iter().collect());
    };
    only.split(',')
        .map(|name| {
            CHECKS
                .iter()
                .find(|check| check.name == name.trim())
                .with_context(|| format!("there is no check {name}: see cargo xtask test --list"))
        })
        .collect()
}

fn format() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"])).context("run cargo fmt --all")
}

fn lint() -> Result<()> {
    tools::wasm_target()?;
    let deny = ["--", "-D", "warnings"];
    let native = [
        "clippy",
        "--quiet",
        "--workspace",
        "--exclude",
        "veldpost-app",
        "--all-targets",
    ];
    run(cargo().args(native).args(deny))?;
    // The crates that run in a browser are read as the browser's compiler sees them.
    let app = [
        "clippy",
        "--quiet",
        "--package",
        "veldpost-app",
        "--target",
        WASM,
    ];
    run(cargo().args(app).args(deny))?;
    let store = [
        "clippy",
        "--quiet",
        "--package",
        "veldpost-store",
        "--features",
        "indexed-db",
    ];
    run(cargo()
        .args(store)
        .args(["--all-targets", "--target", WASM])
        .args(deny))?;
    for package in ["veldpost-bench", "veldpost-scan"] {
        let one = ["clippy", "--quiet", "--package", package];
        run(cargo().args(one).args(["--target", WASM]).args(deny))?;
    }
    Ok(())
}

fn unit() -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--exclude", "veldpost-app"]);
    run(command.args(["--exclude", "veldpost-journeys"]))
}

/// `docs/format.md` alone must be enough: readers in Python open what the Rust code made.
fn vectors() -> Result<()> {
    const PACKAGES: [&str; 3] = ["cbor2==6.3.0", "cryptography==50.0.2", "pynacl==1.6.2"];
    let python = tools::python("readers", "1", &PACKAGES)?;
    let folder = root().join("crates/envelope/tests/vectors");
    for reader in ["read", "read_roster", "read_letters", "read_requests"] {
        let mut read = Command::new(&python);
        read.arg(folder.join(reader).with_extension("py"));
        capture(read.env("PYTHONDONTWRITEBYTECODE", "1"))
            .with_context(|| format!("{reader}.py reads something else than Rust wrote"))?;
        say(&format!("  {reader}.py reads them all"));
    }
    Ok(())
}

fn questionnaires() -> Result<()> {
    forms::run(&[String::from("--pyxform")])
}

fn store() -> Result<()> {
    tools::wasm_target()?;
    tools::browser()?;
    let runner = tools::wasm_bindgen()?.join("wasm-bindgen-test-runner");
    let mut command = cargo();
    command.args([
        "test",
        "--package",
        "veldpost-store",
        "--features",
        "indexed-db",
    ]);
    command.args(["--target", WASM, "--test", "indexed_db"]);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    command.env("CHROMEDRIVER", tools::on_path("chromedriver")?);
    run(&mut command)
}

fn app() -> Result<()> {
    build::app(Quality::Release, Worker::Shell).map(|_| ())
}

fn journeys() -> Result<()> {
    tools::browser()?;
    tools::strace()?;
    tools::faketime()?;
    // One run tells of all that fail: a cold one takes half an hour.
    run(journey_command()?.arg("--no-fail-fast"))
}

/// `cargo test` for the journeys, with the things under test in its environment. The app must be built.
pub fn journey_command() -> Result<Command> {
    let dist = build::dist_folder();
    if !dist.join("build.json").exists() {
        bail!("the journeys need the built app: run cargo xtask test --only app,journeys");
    }
    let server = build::server(Quality::Dev)?;
    // It lies beside the server's.
    build::demo()?;
    let mut command = cargo();
    command.args(["test", "--package", "veldpost-journeys"]);
    command
        .env("VELDPOST_APP", dist)
        .env("VELDPOST_SERVER", server);
    command
        .env("VELDPOST_AXE", tools::axe()?)
        .env("VELDPOST_FORMS", root().join("forms"));
    Ok(command)
}

/// `cargo xtask ci`: what `.ci/run` calls. The same checks, in a fresh clone, nothing assumed.
pub fn ci(arguments: &[String]) -> Result<()> {
    Arguments::new("ci", arguments).finish()?;
    say(&format!("building in {}", target().display()));
    let mut rustc = Command::new("rustc");
    run(rustc.current_dir(root()).arg("--version"))?;
    command(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_chosen_by_its_name_and_an_unknown_one_is_refused() {
        let names: Vec<_> = chosen(Some("unit, size"))
            .unwrap()
            .iter()
            .map(|check| check.name)
            .collect();
        assert_eq!(names, ["unit", "size"]);
        assert!(chosen(Some("unti")).is_err());
        assert_eq!(chosen(None).unwrap().len(), CHECKS.len());
    }
}
