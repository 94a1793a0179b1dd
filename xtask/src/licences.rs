//! Every library's licence and source, against `deny.toml`: the part of `cargo deny` that needs no network.
//!
//! Deliberately not here: known weaknesses (advisories), which come from a list on the network; run
//! `cargo deny check advisories` where that can be reached.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::shell::{capture, cargo, root};

/// Fails with the first library whose licence or source is not allowed.
pub fn check() -> Result<()> {
    let rules = std::fs::read_to_string(root().join("deny.toml"))
        .context("deny.toml is missing: restore it with git")?;
    let allowed = allowed(&rules);
    if allowed.is_empty() {
        bail!("deny.toml allows no licence: restore it with git");
    }
    let listed = capture(cargo().args(["metadata", "--format-version", "1"]))?;
    let listed: Value = serde_json::from_str(&listed)?;
    for package in listed["packages"].as_array().into_iter().flatten() {
        let text = |name: &str| package[name].as_str().unwrap_or_default();
        if let Some(why) = problem(text("license"), package["source"].as_str(), &allowed) {
            bail!("{} {}: {why}", text("name"), text("version"));
        }
    }
    Ok(())
}

/// The words of `allow = […]` in `[licenses]`.
fn allowed(rules: &str) -> Vec<String> {
    let list = rules
        .split_once("[licenses]")
        .and_then(|(_, rest)| rest.split_once("allow = ["))
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(list, _)| list);
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn problem(licence: &str, source: Option<&str>, allowed: &[String]) -> Option<String> {
    if source.is_some_and(|source| !source.starts_with("registry+")) {
        return Some(String::from(
            "comes from elsewhere than the registry: see [sources] in deny.toml",
        ));
    }
    // Older crates write a slash for OR.
    let licence = licence.replace('/', " OR ");
    match spdx::Expression::parse_mode(&licence, spdx::ParseMode::LAX) {
        Err(_) => Some(format!(
            "its licence \"{licence}\" cannot be read: ask its authors"
        )),
        Ok(expression) => {
            let fits = expression.evaluate(|asked| {
                let name = asked.license.id().map(|id| id.name).unwrap_or_default();
                let with = asked
                    .addition
                    .as_ref()
                    .map(|with| format!("{name} WITH {with}"));
                allowed
                    .iter()
                    .any(|one| one == name || with.as_ref() == Some(one))
            });
            (!fits).then(|| {
                format!("its licence {licence} is not in deny.toml: choose another library")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(licence: &str) -> bool {
        let rules = "[licenses]\nallow = [\n  \"MIT\", # why\n  \"Apache-2.0\",\n]\n[bans]\nallow = [\"x\"]";
        problem(licence, Some("registry+somewhere"), &allowed(rules)).is_some()
    }

    #[test]
    fn one_allowed_choice_is_enough_and_a_conjunction_needs_both() {
        assert!(!refused("MIT OR GPL-3.0-only"));
        assert!(!refused("MIT/Apache-2.0"));
        assert!(!refused("(MIT OR GPL-3.0-only) AND Apache-2.0"));
        assert!(refused("MIT AND GPL-3.0-only"));
        assert!(refused("GPL-3.0-only"));
        assert!(refused(""));
    }

    #[test]
    fn a_library_from_elsewhere_is_refused() {
        let allowed = [String::from("MIT")];
        assert!(problem("MIT", Some("git+somewhere"), &allowed).is_some());
        assert!(problem("MIT", None, &allowed).is_none());
    }
}
