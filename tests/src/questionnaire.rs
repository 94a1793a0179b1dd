//! A copy of the built app with another questionnaire, as somebody makes who only edits the sheets.
//!
//! Deliberately not here: the compiled program, which is served as it was built.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tempfile::TempDir;
use veldpost_forms::reader;

use crate::built::Built;

/// The folder of the questionnaires: `VELDPOST_FORMS`, or the one of this checkout.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("VELDPOST_FORMS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../forms"),
        PathBuf::from,
    )
}

/// The built app with a survey sheet that `change` edited. The folder goes with the value.
///
/// # Errors
/// When the sheets are wrong after the change: with sheet, row, column and reason.
pub fn app_with_survey(built: &Built, change: impl FnOnce(String) -> String) -> Result<TempDir> {
    let mut sheets = reader::load(&folder().join("ethos-count"))?;
    let before = sheets.survey.clone();
    sheets.survey = change(sheets.survey);
    if sheets.survey == before {
        bail!("the change of the sheet changed nothing");
    }
    let form = reader::read(&sheets).map_err(|mistakes| anyhow::anyhow!("{mistakes}"))?;
    let copy = tempfile::Builder::new().prefix("veldpost-app-").tempdir()?;
    let list: Value = serde_json::from_slice(&std::fs::read(built.app.join("build.json"))?)?;
    let mut list = list;
    for file in list["files"].as_array_mut().into_iter().flatten() {
        let path = file["path"]
            .as_str()
            .context("a file without a path")?
            .to_owned();
        let mut content = std::fs::read(built.app.join(&path))?;
        if path == "forms/ethos-count.form" {
            content = form.to_bytes();
            file["sha256"] = Value::String(hash(&content));
        }
        let to = copy.path().join(&path);
        std::fs::create_dir_all(to.parent().context("no folder")?)?;
        // The packed copies of the build are left behind: the server packs nothing by itself.
        std::fs::write(to, content)?;
    }
    std::fs::write(copy.path().join("build.json"), list.to_string())?;
    mend_worker(built, copy.path(), &form.to_bytes())?;
    Ok(copy)
}

/// The worker keeps what it was told: the new hash of the questionnaire, under another version.
fn mend_worker(built: &Built, copy: &Path, form: &[u8]) -> Result<()> {
    let worker = std::fs::read_to_string(built.app.join("service-worker.js"))?;
    let old = hash(&std::fs::read(built.app.join("forms/ethos-count.form"))?);
    if !worker.contains(&old) {
        bail!("the worker does not keep the questionnaire");
    }
    let worker = worker.replace(&old, &hash(form)).into_bytes();
    std::fs::write(copy.join("service-worker.js"), &worker)?;
    let place = copy.join("build.json");
    let mut list: Value = serde_json::from_slice(&std::fs::read(&place)?)?;
    for file in list["files"].as_array_mut().into_iter().flatten() {
        if file["path"] == "service-worker.js" {
            file["sha256"] = Value::String(hash(&worker));
        }
    }
    Ok(std::fs::write(place, list.to_string())?)
}

fn hash(content: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
