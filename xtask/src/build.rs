//! Building the app: the tools it needs, Trunk, the two modules, and what makes the result fit to be served.
//!
//! Deliberately not here: the server, which Cargo builds by itself.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::arguments::Arguments;
use crate::dist::{self, Worker};
use crate::shell::{capture, cargo, root, run, say, step, target};
use crate::{forms, scan, split, tools};

/// How the app is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// Small and fast in the browser; takes minutes the first time.
    Release,
    /// Quick to build, large.
    Dev,
}

/// `cargo xtask build [--dev] [--kill-switch]`
pub fn command(arguments: &[String]) -> Result<()> {
    let mut arguments = Arguments::new("build", arguments);
    let quality = if arguments.flag("--dev") {
        Quality::Dev
    } else {
        Quality::Release
    };
    let worker = if arguments.flag("--kill-switch") {
        Worker::KillSwitch
    } else {
        Worker::Shell
    };
    arguments.finish()?;
    let dist = app(quality, worker)?;
    say(&format!("The app is in {}", dist.display()));
    Ok(())
}

/// The folder that the app is built into.
pub fn dist_folder() -> PathBuf {
    target().join("app/dist")
}

/// Builds the app and gives its folder.
pub fn app(quality: Quality, worker: Worker) -> Result<PathBuf> {
    step("tools", || {
        tools::wasm_target()?;
        tools::trunk()?;
        tools::wasm_bindgen()?;
        if quality == Quality::Release {
            tools::rust_source()?;
            tools::terser()?;
            tools::wasm_opt()?;
        }
        Ok(())
    })?;
    let stage = target().join("app/stage");
    let profile = if quality == Quality::Release {
        "wasm-release"
    } else {
        "dev"
    };
    step("app (WebAssembly)", || {
        // Trunk runs Cargo offline, as it must never fetch a tool, so the crates are fetched before it.
        let mut fetch = cargo();
        compile_for_browser(&mut fetch, quality);
        capture(fetch.args(["fetch", "--target", "wasm32-unknown-unknown"]))
            .context("the crates could not be fetched: check the network and run again")?;
        let _ = std::fs::remove_dir_all(&stage);
        let mut trunk = Command::new(tools::trunk()?.join("trunk"));
        trunk
            .current_dir(root())
            .env("PATH", tools::path_with(&[tools::wasm_bindgen()?])?);
        // Trunk takes the usual NO_COLOR=1 for a wrong option and stops.
        trunk.env_remove("NO_COLOR");
        compile_for_browser(&mut trunk, quality);
        trunk.args([
            "build",
            "--offline",
            "--skip-version-check",
            "--no-sri=true",
            "--log",
            "warn",
        ]);
        run(trunk
            .args(["--cargo-profile", profile, "--dist"])
            .arg(&stage))
        .context("the app was not built: mend what the compiler names above")
    })?;
    step("app (two modules)", || {
        split::apply(&stage, profile, quality)
    })?;
    step("reader of codes", || scan::apply(&stage, profile, quality))?;
    step("questionnaires", || forms::compile(&stage.join("forms")))?;
    let dist = dist_folder();
    step(
        "app (one stylesheet, wasm-opt, names, worker, compression)",
        || dist::assemble(&stage, &dist, quality, worker),
    )?;
    Ok(dist)
}

/// How whatever is served to browsers is compiled.
///
/// For a release the standard library is compiled anew with the app: for size, without the words of panics, and only what the
/// app needs of it (`docs/decisions/0017`). The compiler calls those switches unstable, so it is told that this is meant.
pub fn compile_for_browser(command: &mut Command, quality: Quality) {
    let mut flags = remapped_paths();
    if quality == Quality::Release {
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
            .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size");
        flags.extend(
            [
                "-Zunstable-options",
                "-Cpanic=immediate-abort",
                "-Zlocation-detail=none",
                "-Zfmt-debug=none",
            ]
            .map(str::to_owned),
        );
    }
    command.env(
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        flags.join(" "),
    );
}

/// The module names no folder of the machine that built it, so that two machines build the same bytes.
fn remapped_paths() -> Vec<String> {
    let mut flags = Vec::new();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let folders = [
        (cargo_home.or(home.map(|home| home.join(".cargo"))), "cargo"),
        (Some(root()), "veldpost"),
    ];
    for (folder, name) in folders {
        // Flags are separated by spaces, so a folder with one in its name keeps it.
        let folder = folder.map(|folder| folder.display().to_string());
        if let Some(folder) = folder.filter(|folder| !folder.contains(' ')) {
            flags.push(format!("--remap-path-prefix={folder}={name}"));
        }
    }
    flags
}

/// Builds who plays the demonstration's region and gives its binary.
pub fn demo() -> Result<PathBuf> {
    step("demonstration", || {
        run(cargo().args(["build", "--quiet", "-p", "veldpost-demo"]))
            .context("the demonstration was not built: mend what the compiler names above")
    })?;
    let name = format!("veldpost-demo{}", std::env::consts::EXE_SUFFIX);
    Ok(target().join("debug").join(name))
}

/// Builds the server and gives its binary. Quickly, or (for what is measured) as it is operated.
pub fn server(quality: Quality) -> Result<PathBuf> {
    let (folder, profile) = match quality {
        Quality::Dev => ("debug", "dev"),
        Quality::Release => ("release", "release"),
    };
    step("server", || {
        let build = ["build", "--quiet", "-p", "veldpost-server", "--profile"];
        run(cargo().args(build).arg(profile))
            .context("the server was not built: mend what the compiler names above")
    })?;
    let name = format!("veldpost-server{}", std::env::consts::EXE_SUFFIX);
    Ok(target().join(folder).join(name))
}
