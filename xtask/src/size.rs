//! What the first load costs, in bytes, held against the budget; and, apart from it, what comes afterwards.
//!
//! The *first load* is all that `index.html` loads before a person can count or fill in: the page with its inline
//! scripts, the stylesheet, linked scripts, the glue and the main module. Not in it, each because nobody waits
//! for it: the second module (`app/src/later.rs`), the reader of codes (`scan-….wasm`, `scan-worker.js`), `service-worker.js`,
//! `derive-worker.js`, and pages of their own such as `notities.html`. Deliberately not here: speed, which is measured in a browser.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::build;
use crate::shell::say;

/// 230 KiB in brotli: `docs/decisions/0011-the-first-load.md`; 200 before the post came (decision 23).
const BUDGET: u64 = 230 * 1024;

const PAGE: &str = "index.html";
/// The page names it, to register it once everything is loaded.
const WORKER: &str = "service-worker.js";

struct Sized {
    path: String,
    raw: u64,
    brotli: u64,
}

/// Files that are loaded at the same moment, largest first.
struct Load(Vec<Sized>);

impl Load {
    fn raw(&self) -> u64 {
        self.0.iter().map(|file| file.raw).sum()
    }

    fn brotli(&self) -> u64 {
        self.0.iter().map(|file| file.brotli).sum()
    }

    /// Bytes above the budget.
    fn over(&self) -> Option<u64> {
        self.brotli().checked_sub(BUDGET).filter(|over| *over > 0)
    }

    fn files(&self) -> Vec<Value> {
        let files = self.0.iter();
        files
            .map(|file| json!({"path": file.path, "raw": file.raw, "brotli": file.brotli}))
            .collect()
    }

    fn print(&self, title: &str) {
        say(&format!("{title:<40} {:>10} {:>10}", "raw", "brotli"));
        for file in &self.0 {
            row(&file.path, Some(file.raw), file.brotli);
        }
        row("total", Some(self.raw()), self.brotli());
    }
}

/// `cargo xtask size [--json]`
pub fn command(arguments: &[String]) -> Result<()> {
    let mut arguments = Arguments::new("size", arguments);
    let as_json = arguments.flag("--json");
    arguments.finish()?;
    let dist = build::dist_folder();
    let page = std::fs::read_to_string(dist.join(PAGE))
        .context("there is no built app to measure: run cargo xtask build")?;
    let (first, afterwards) = measured(&dist)?
        .into_iter()
        .partition(|file| is_first(&page, &file.path));
    let (first, afterwards) = (Load(first), Load(afterwards));
    if as_json {
        say(&serde_json::to_string_pretty(&told(&first, &afterwards))?);
    } else {
        print(&first, &afterwards);
    }
    if let Some(over) = first.over() {
        bail!("the first load is {over} bytes above its budget of {BUDGET}: see what grew, above");
    }
    Ok(())
}

/// What the page names is loaded with it.
fn is_first(page: &str, path: &str) -> bool {
    path == PAGE || (path != WORKER && page.contains(&format!("/{path}")))
}

fn told(first: &Load, afterwards: &Load) -> Value {
    json!({
        "files": first.files(), "raw": first.raw(), "brotli": first.brotli(),
        "budget": BUDGET, "within": first.over().is_none(),
        "afterwards": {
            "files": afterwards.files(), "raw": afterwards.raw(), "brotli": afterwards.brotli(),
        },
        "whole": {
            "raw": first.raw() + afterwards.raw(), "brotli": first.brotli() + afterwards.brotli(),
        },
    })
}

fn print(first: &Load, afterwards: &Load) {
    first.print("first load");
    row("budget (230 KiB)", None, BUDGET);
    say("");
    afterwards.print("loaded afterwards, not in the budget");
    say("");
    let whole = (
        first.raw() + afterwards.raw(),
        first.brotli() + afterwards.brotli(),
    );
    row("the whole", Some(whole.0), whole.1);
}

fn row(name: &str, raw: Option<u64>, brotli: u64) {
    let raw = raw.map(|raw| raw.to_string()).unwrap_or_default();
    say(&format!("{name:<40} {raw:>10} {brotli:>10}"));
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
        .filter(|path| is_measured(path))
    {
        let bytes = |ending: &str| {
            let file = dist.join(format!("{path}{ending}"));
            Some(std::fs::metadata(file).ok()?.len())
        };
        let raw = bytes("").with_context(|| format!("{path} is gone: run cargo xtask build"))?;
        files.push(Sized {
            path: path.to_owned(),
            raw,
            brotli: bytes(".br").unwrap_or(raw),
        });
    }
    files.sort_by_key(|file| std::cmp::Reverse(file.brotli));
    Ok(files)
}

fn is_measured(path: &str) -> bool {
    [".html", ".js", ".wasm", ".css"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_loads_is_the_first_load_and_the_worker_is_not() {
        let page = "<link href=\"/app-1.css\"><script src=\"/early.js\"></script>\
            <script>import '/app-1.js'; init('/app-1.wasm'); register('/service-worker.js')</script>";
        for path in [
            "index.html",
            "app-1.css",
            "early.js",
            "app-1.js",
            "app-1.wasm",
        ] {
            assert!(is_first(page, path), "{path}");
        }
        for path in [
            "later-1.wasm",
            "scan-1.wasm",
            "scan-worker.js",
            "service-worker.js",
            "notities.html",
            "derive-worker.js",
        ] {
            assert!(!is_first(page, path), "{path}");
        }
    }
}
