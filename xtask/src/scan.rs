//! The module that reads codes: compiled by itself, as it is loaded by itself.
//!
//! Deliberately not here: making it small and naming it by its content, which are as for any other module (`dist`).

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::build::{Quality, compile_for_browser};
use crate::shell::{cargo, run, target};

/// What it is called in the stage, and in `public/scan-worker.js`, before it is named by its content.
const MODULE: &str = "scan.wasm";
const TARGET: &str = "wasm32-unknown-unknown";

/// Compiles it as the app is compiled, and puts it into the stage.
pub fn apply(stage: &Path, profile: &str, quality: Quality) -> Result<()> {
    let mut command = cargo();
    compile_for_browser(&mut command, quality);
    command.args(["build", "--quiet", "--package", "veldpost-scan", "--lib"]);
    run(command.args(["--target", TARGET, "--profile", profile]))
        .context("the reader of codes was not built: mend what the compiler names above")?;
    let folder = if profile == "dev" { "debug" } else { profile };
    let linked = target()
        .join(TARGET)
        .join(folder)
        .join("veldpost_scan.wasm");
    std::fs::copy(&linked, stage.join(MODULE))
        .with_context(|| format!("{} is not there: build again", linked.display()))?;
    Ok(())
}
