//! Verdicts that ODK's two engines gave on 30 cases of each form, kept so that no Node is needed to see
//! a rule break. Where the two differ both answers are kept, and either will do.
//!
//! Not here: making them. The differential judge does, on 500 cases a form and any seed.
#![cfg(feature = "judge")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use veldpost_forms::{judge, reader};

fn folder(name: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    match name {
        "ethos-count" => own.join("../../forms").join(name),
        _ => own.join("tests/forms").join(name),
    }
}

/// Equal texts, or numbers that are equal within 1e-9; a text such as `007` is no number.
fn same(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| {
        let text = value.as_str()?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.starts_with(|c: char| c.is_ascii_digit())
            && (!digits.starts_with('0') || digits == "0" || digits.starts_with("0."));
        plain.then(|| text.parse::<f64>().ok()).flatten()
    };
    match (number(a), number(b)) {
        (Some(x), Some(y)) => (x - y).abs() <= 1e-9 * x.abs().max(y.abs()).max(1.0),
        _ => a == b,
    }
}

fn facts(value: Option<&Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(facts)) => facts.clone(),
        Some(Value::Array(paths)) => paths
            .iter()
            .map(|path| (path.as_str().unwrap().into(), "yes".into()))
            .collect(),
        _ => Map::new(),
    }
}

fn check(name: &str) -> usize {
    let form = Arc::new(reader::read(&reader::load(&folder(name)).unwrap()).unwrap());
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = own.join("tests/agreed").join(name).with_extension("ndjson");
    let mut compared = 0;
    for line in std::fs::read_to_string(cases).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let verdict = judge::verdict(&form, line);
        for facet in ["visible", "values", "invalid"] {
            let (expected, found) = (facts(case["expect"].get(facet)), facts(verdict.get(facet)));
            let keys = expected.keys().chain(found.keys());
            for key in keys {
                let found = found.get(key).unwrap_or(&Value::Null);
                let accepted = match expected.get(key) {
                    Some(Value::Array(either)) => either.iter().any(|value| same(value, found)),
                    Some(agreed) => same(agreed, found),
                    None => false,
                };
                let expected = expected.get(key).unwrap_or(&Value::Null);
                let id = &case["id"];
                assert!(
                    accepted,
                    "{name} {id} {facet} {key}: {found}, not {expected}"
                );
                compared += 1;
            }
        }
    }
    compared
}

#[test]
fn every_form_gets_the_verdicts_that_the_two_engines_agree_on() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut forms = 0;
    for entry in std::fs::read_dir(own.join("tests/agreed")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(check(name) > 500, "{name} compares next to nothing");
        forms += 1;
    }
    assert_eq!(
        forms,
        std::fs::read_dir(own.join("tests/forms")).unwrap().count() + 1
    );
}
