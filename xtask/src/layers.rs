//! The direction of dependencies, as ARCHITECTURE.md draws it, read from `cargo tree`.
//!
//! Deliberately not here: rules about text; those are in `controls`.

use anyhow::{Result, bail};

use crate::shell::{capture, cargo};

/// Crates that know no browser, no runtime, no clock and no randomness.
const PURE: [&str; 9] = [
    "veldpost-domain",
    "veldpost-envelope",
    "veldpost-forms",
    "veldpost-journal",
    "veldpost-relay",
    "veldpost-scan",
    "veldpost-seal",
    "veldpost-simulator",
    "veldpost-sync",
];
/// What a pure crate may not bring along.
const IMPURE: [&str; 12] = [
    "async-std",
    "chrono",
    "futures-timer",
    "getrandom",
    "gloo",
    "js-sys",
    "leptos",
    "rexie",
    "tokio",
    "wasm-bindgen",
    "wasm-bindgen-futures",
    "web-sys",
];
/// Veldpost's own crates that each may use, by itself or through another.
const ALLOWED: [(&str, &[&str]); 13] = [
    (
        "veldpost-app",
        &[
            "veldpost-domain",
            "veldpost-envelope",
            "veldpost-seal",
            "veldpost-forms",
            "veldpost-journal",
            "veldpost-markup",
            "veldpost-store",
            "veldpost-sync",
        ],
    ),
    (
        "veldpost-demo",
        &[
            "veldpost-domain",
            "veldpost-envelope",
            "veldpost-seal",
            "veldpost-journal",
            "veldpost-store",
            "veldpost-sync",
        ],
    ),
    ("veldpost-domain", &[]),
    ("veldpost-forms", &["veldpost-domain"]),
    ("veldpost-envelope", &["veldpost-domain", "veldpost-seal"]),
    (
        "veldpost-store",
        &["veldpost-domain", "veldpost-envelope", "veldpost-seal"],
    ),
    (
        "veldpost-journal",
        &[
            "veldpost-domain",
            "veldpost-envelope",
            "veldpost-seal",
            "veldpost-store",
        ],
    ),
    (
        "veldpost-relay",
        &["veldpost-domain", "veldpost-envelope", "veldpost-seal"],
    ),
    ("veldpost-scan", &[]),
    ("veldpost-seal", &[]),
    (
        "veldpost-sync",
        &[
            "veldpost-domain",
            "veldpost-envelope",
            "veldpost-seal",
            "veldpost-store",
        ],
    ),
    (
        "veldpost-simulator",
        &[
            "veldpost-domain",
            "veldpost-envelope",
            "veldpost-seal",
            "veldpost-relay",
            "veldpost-store",
            "veldpost-sync",
        ],
    ),
    (
        "veldpost-server",
        &[
            "veldpost-domain",
            "veldpost-envelope",
            "veldpost-seal",
            "veldpost-relay",
        ],
    ),
];
/// Libraries that one crate alone may know.
const PRIVATE: [(&str, &[&str]); 4] = [
    ("leptos", &["veldpost-app"]),
    ("rusqlite", &["veldpost-server"]),
    ("rexie", &["veldpost-store", "veldpost-app"]),
    ("idb", &["veldpost-store", "veldpost-app"]),
];

/// One package with everything it builds with, tests left out.
struct Tree {
    package: &'static str,
    uses: Vec<String>,
}

/// Fails with the first dependency that goes the wrong way.
pub fn check() -> Result<()> {
    for (package, _) in ALLOWED {
        check_tree(&tree(package)?)?;
    }
    Ok(())
}

fn tree(package: &'static str) -> Result<Tree> {
    let mut command = cargo();
    command.args([
        "tree", "--edges", "normal", "--prefix", "none", "--format", "{p}",
    ]);
    // The pure crates are judged as the app uses them.
    command.args(["--target", "wasm32-unknown-unknown", "--package", package]);
    let listed = capture(&mut command)?;
    let mut uses: Vec<String> = listed
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    uses.sort();
    uses.dedup();
    Ok(Tree { package, uses })
}

fn check_tree(tree: &Tree) -> Result<()> {
    let Tree { package, uses } = tree;
    let allowed = ALLOWED
        .iter()
        .find(|(name, _)| name == package)
        .map_or(&[][..], |(_, all)| all);
    for used in uses {
        if used.starts_with("veldpost-") && !allowed.contains(&used.as_str()) {
            bail!("{package} may not depend on {used}: see ARCHITECTURE.md, \"Layers\"");
        }
        if PURE.contains(package) && IMPURE.contains(&used.as_str()) {
            bail!(
                "{package} is pure and may not bring {used}: see `cargo tree -p {package} -i {used}`"
            );
        }
        let keeper = PRIVATE.iter().find(|(name, _)| name == used);
        if let Some((_, keepers)) = keeper.filter(|(_, keepers)| !keepers.contains(package)) {
            bail!(
                "{package} may not know {used}; only {} may",
                keepers.join(" and ")
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(package: &'static str, used: &str) -> bool {
        check_tree(&Tree {
            package,
            uses: vec![used.to_owned()],
        })
        .is_err()
    }

    #[test]
    fn a_pure_crate_that_reaches_for_the_outside_is_refused() {
        assert!(refused("veldpost-forms", "web-sys"));
        assert!(refused("veldpost-domain", "getrandom"));
        assert!(!refused("veldpost-server", "tokio"));
        assert!(!refused("veldpost-store", "web-sys"));
    }

    #[test]
    fn the_server_may_not_know_what_people_said() {
        for used in [
            "veldpost-store",
            "veldpost-forms",
            "veldpost-journal",
            "veldpost-app",
        ] {
            assert!(refused("veldpost-server", used), "{used}");
        }
        assert!(!refused("veldpost-server", "veldpost-envelope"));
    }

    #[test]
    fn nothing_that_ships_may_draw_its_bytes_from_a_seed() {
        for (package, _) in ALLOWED {
            assert!(refused(package, "veldpost-seeded"), "{package}");
        }
    }

    #[test]
    fn only_the_app_knows_leptos_and_only_the_store_knows_the_database() {
        assert!(refused("veldpost-journal", "leptos"));
        assert!(refused("veldpost-server", "rexie"));
        assert!(!refused("veldpost-store", "rexie"));
    }
}
