//! Every library's licence, source and name, against `deny.toml`: the part of `cargo deny` that needs no network.
//!
//! Deliberately not here: two versions of one library, of which `cargo deny check bans` warns; known weaknesses
//! (advisories), which come from a list on the network: `cargo deny check advisories` where that can be reached.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::shell::{capture, cargo, root};

/// Fails with the first library whose licence, source or name is not allowed, or that is asked for in any version.
pub fn check() -> Result<()> {
    let rules = std::fs::read_to_string(root().join("deny.toml"))
        .context("deny.toml is missing: restore it with git")?;
    let allowed = allowed(&rules);
    if allowed.is_empty() {
        bail!("deny.toml allows no licence: restore it with git");
    }
    let banned = banned(&rules);
    if banned.is_empty() {
        bail!("deny.toml bans no library: restore it with git");
    }
    let listed = capture(cargo().args(["metadata", "--format-version", "1"]))?;
    let listed: Value = serde_json::from_str(&listed)?;
    for package in listed["packages"].as_array().into_iter().flatten() {
        let text = |name: &str| package[name].as_str().unwrap_or_default();
        if let Some(why) = problem(text("license"), package["source"].as_str(), &allowed) {
            bail!("{} {}: {why}", text("name"), text("version"));
        }
        if banned.iter().any(|name| name == text("name")) {
            bail!("{} is banned: see [bans] in deny.toml", text("name"));
        }
        if let Some(name) = any_version(package) {
            bail!("{} asks for {name} in any version: name one", text("name"));
        }
    }
    Ok(())
}

/// The names of `deny = […]` in `[bans]`.
fn banned(rules: &str) -> Vec<String> {
    let list = rules
        .split_once("[bans]")
        .and_then(|(_, rest)| rest.split_once("\ndeny = ["))
        .and_then(|(_, rest)| rest.split_once("\n]"))
        .map_or("", |(list, _)| list);
    let names = list.split("name = \"").skip(1);
    names
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect()
}

/// What a package of this checkout asks for with a wildcard; those of the checkout itself need no version.
fn any_version(package: &Value) -> Option<&str> {
    if !package["source"].is_null() {
        return None;
    }
    let asked = package["dependencies"].as_array()?;
    let wild = asked
        .iter()
        .find(|one| one["req"] == "*" && one["path"].is_null())?;
    wild["name"].as_str()
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
    use serde_json::json;

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

    #[test]
    fn a_banned_library_is_known_by_its_name_and_a_wildcard_by_its_version() {
        let rules = "[licenses]\nallow = [\n  \"MIT\",\n]\n[bans]\nwildcards = \"deny\"\ndeny = [\n  \
            { name = \"openssl\", reason = \"why [1]\" },\n  { name = \"openssl-sys\" },\n]\n";
        assert_eq!(banned(rules), ["openssl", "openssl-sys"]);
        let asks = |req: &str, path: Value, source: Value| {
            let one = json!({"name": "other", "req": req, "path": path});
            json!({"source": source, "dependencies": [one]})
        };
        let wild = asks("*", Value::Null, Value::Null);
        assert_eq!(any_version(&wild), Some("other"));
        for fine in [
            asks("^1", Value::Null, Value::Null),
            asks("*", json!("crates/other"), Value::Null),
            asks("*", Value::Null, json!("registry+somewhere")),
        ] {
            assert_eq!(any_version(&fine), None);
        }
    }
}
