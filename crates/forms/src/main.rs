//! A contestant of the differential judge: cases as JSON lines on standard input, verdicts on standard
//! output. `cargo run -q -p veldpost-forms -- DIR < cases.ndjson`
//!
//! Not here: the judge, and anything that the app uses.

use anyhow::Context as _;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use veldpost_forms::{judge, reader};

fn main() -> anyhow::Result<()> {
    let folder = std::env::args()
        .nth(1)
        .context("usage: veldpost-forms DIR < cases > verdicts")?;
    let sheets = reader::load(Path::new(&folder)).with_context(|| format!("reading {folder}"))?;
    let form = Arc::new(reader::read(&sheets)?);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", judge::verdict(&form, &line))?;
        }
    }
    out.flush()?;
    Ok(())
}
