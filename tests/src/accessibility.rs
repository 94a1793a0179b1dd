//! axe-core on the page as it is now.
//!
//! Deliberately not here: which states of the app are checked.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::built::Built;
use crate::schemes::Scheme;

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
        let found = self.run_axe(&[], built).await?;
        let [found] = found.as_slice() else {
            bail!("axe-core ran {} times", found.len());
        };
        violations(found)
    }

    /// The same with the page in each of these schemes, which is put back afterwards.
    ///
    /// # Errors
    /// When axe-core does not run to its end.
    pub async fn violations_in(
        &self,
        schemes: &[Scheme],
        built: &Built,
    ) -> Result<Vec<(Scheme, Vec<Violation>)>> {
        let found = self.run_axe(schemes, built).await?;
        if found.len() != schemes.len() {
            bail!("axe-core ran {} times", found.len());
        }
        schemes
            .iter()
            .zip(&found)
            .map(|(scheme, found)| Ok((*scheme, violations(found)?)))
            .collect()
    }

    async fn run_axe(&self, schemes: &[Scheme], built: &Built) -> Result<Vec<Value>> {
        if self.run("return !window.axe", json!([])).await? == true {
            let axe = std::fs::read_to_string(&built.axe).context("axe-core cannot be read")?;
            self.run(&format!("{axe}; window.axe = axe"), json!([]))
                .await?;
        }
        let schemes: Vec<&str> = schemes.iter().map(|scheme| scheme.name()).collect();
        let found = self.run(RUN_AXE, json!([TAGS, schemes])).await?;
        Ok(found.as_array().context("axe-core found nothing")?.clone())
    }
}

/// One run as it is, or one in each scheme.
const RUN_AXE: &str = "const [values, schemes] = arguments; \
    const root = document.documentElement; const before = root.dataset.scheme; \
    const run = async () => { \
      const found = await axe.run(document, \
        {runOnly: {type: 'tag', values}, resultTypes: ['violations']}); \
      return {rules: found.passes.length, violations: found.violations.map((one) => \
        ({id: one.id, help: one.help, nodes: one.nodes.map((node) => ({target: node.target}))}))}; }; \
    if (!schemes.length) return [await run()]; \
    const found = []; \
    for (const scheme of schemes) { root.dataset.scheme = scheme; found.push(await run()); } \
    if (before === undefined) delete root.dataset.scheme; else root.dataset.scheme = before; \
    return found";

/// The violations of one run.
fn violations(found: &Value) -> Result<Vec<Violation>> {
    found["rules"]
        .as_u64()
        .filter(|rules| *rules > 0)
        .context("axe-core checked nothing")?;
    let found = found["violations"].as_array().into_iter().flatten();
    Ok(found.map(violation).collect())
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
