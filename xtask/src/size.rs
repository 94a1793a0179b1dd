//! What the first visit costs, in bytes, held against the budget.
//!
//! Deliberately not here: speed, which is measured in a browser.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::build;
use crate::shell::say;

/// 200 KiB: every HTML, JavaScript, WebAssembly and CSS file of the build, in brotli.
const BUDGET: u64 = 200 * 1024;

/// What the first load costs today and may not exceed: the budget is not reached yet. It only goes
/// down; `docs/decisions/0011-a-ceiling-until-the-budget-is-met.md` says what it takes.
const CEILING: u64 = 488 * 1024;

struct Sized {
    path: String,
    raw: u64,
    brotli: u64,
}

/// `cargo xtask size [--json]`
pub fn command(arguments: &[String]) -> Result<()> {
    let mut arguments = Arguments::new("size", arguments);
    let as_json = arguments.flag("--json");
    arguments.finish()?;
    let files = measured(&build::dist_folder())?;
    let (raw, brotli) = files.iter().fold((0, 0), |(raw, brotli), file| {
        (raw + file.raw, brotli + file.brotli)
    });
    if as_json {
        let list: Vec<Value> = files
            .iter()
            .map(|file| json!({"path": file.path, "raw": file.raw, "brotli": file.brotli}))
            .collect();
        let total = json!({"files": list, "raw": raw, "brotli": brotli, "budget": BUDGET,
            "within": brotli <= BUDGET, "ceiling": CEILING});
        say(&serde_json::to_string_pretty(&total)?);
    } else {
        say(&format!(
            "{:<40} {:>10} {:>10}",
            "first load", "raw", "brotli"
        ));
        for file in &files {
            say(&format!(
                "{:<40} {:>10} {:>10}",
                file.path, file.raw, file.brotli
            ));
        }
        say(&format!("{:<40} {raw:>10} {brotli:>10}", "total"));
        say(&format!(
            "{:<40} {:>10} {BUDGET:>10}",
            "budget (200 KiB)", ""
        ));
    }
    if brotli > BUDGET && !as_json {
        say(&format!(
            "{:<40} {:>10} {:>10}",
            "over budget by",
            "",
            brotli - BUDGET
        ));
    }
    if brotli > CEILING {
        bail!(
            "the first load is {} bytes above its ceiling of {CEILING}: see what grew, above",
            brotli - CEILING
        );
    }
    Ok(())
}

fn measured(dist: &Path) -> Result<Vec<Sized>> {
    let list = std::fs::read(dist.join("build.json"))
        .context("there is no built app to measure: run cargo xtask build")?;
    let list: Value = serde_json::from_slice(&list)?;
    let mut files = Vec::new();
    for path in list["files"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|file| file["path"].as_str())
    {
        if [".html", ".js", ".wasm", ".css"]
            .iter()
            .any(|ending| path.ends_with(ending))
        {
            let bytes = |ending: &str| {
                Some(
                    std::fs::metadata(dist.join(format!("{path}{ending}")))
                        .ok()?
                        .len(),
                )
            };
            let raw =
                bytes("").with_context(|| format!("{path} is gone: run cargo xtask build"))?;
            let brotli = bytes(".br").unwrap_or(raw);
            files.push(Sized {
                path: path.to_owned(),
                raw,
                brotli,
            });
        }
    }
    files.sort_by_key(|file| std::cmp::Reverse(file.brotli));
    Ok(files)
}
