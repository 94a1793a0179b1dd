//! axe-core on the page as it is now.
//!
//! Deliberately not here: which states of the app are checked.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::built::Built;

/// One rule that the page breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// axe's name of the rule.
    pub rule: String,
    /// What it asks for.
    pub help: String,
    /// Where: selectors.
    pub targets: Vec<String>,
}

const TAGS: [&str; 7] = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22a",
    "wcag22aa",
    "best-practice",
];

impl Browser {
    /// What WCAG 2.0–2.2 A and AA and the best practices have against the page.
    ///
    /// # Errors
    /// When axe-core does not run to its end.
    pub async fn violations(&self, built: &Built) -> Result<Vec<Violation>> {
        if self.run("return !window.axe", json!([])).await? == true {
            let axe = std::fs::read_to_string(&built.axe).context("axe-core cannot be read")?;
            self.run(&format!("{axe}; window.axe = axe"), json!([]))
                .await?;
        }
        let script = "return axe.run(document, {runOnly: {type: 'tag', values: arguments[0]}})\
            .then((found) => ({rules: found.passes.length, violations: found.violations}))";
        let found = self.run(script, json!([TAGS])).await?;
        found["rules"]
            .as_u64()
            .filter(|rules| *rules > 0)
            .context("axe-core checked nothing")?;
        Ok(found["violations"]
            .as_array()
            .into_iter()
            .flatten()
            .map(violation)
            .collect())
    }
}

fn violation(found: &Value) -> Violation {
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let targets = found["nodes"].as_array().into_iter().flatten();
    Violation {
        rule: text("id"),
        help: text("help"),
        targets: targets.map(|node| node["target"].to_string()).collect(),
    }
}
