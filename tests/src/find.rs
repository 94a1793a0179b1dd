//! Finding what a person would: by role and name, as the browser tells them to a screen reader.
//!
//! Deliberately not here: finding by class or place in the document; a journey must not know those.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::browser::Browser;

/// Something on the screen, known by its role and name.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The DevTools protocol's number for the node.
    pub(crate) node: i64,
    pub(crate) name: String,
    pub(crate) disabled: bool,
}

/// A rectangle in CSS pixels of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Browser {
    /// Everything with this role that a screen reader would meet, in the document's order.
    pub(crate) async fn all(&self, role: &str) -> Result<Vec<Found>> {
        let document = self
            .devtools("DOM.getDocument", json!({"depth": 0}))
            .await?;
        let root = document["root"]["backendNodeId"]
            .as_i64()
            .context("no document")?;
        self.below(root, role).await
    }

    /// Everything with this role inside a node, in the document's order.
    pub(crate) async fn below(&self, node: i64, role: &str) -> Result<Vec<Found>> {
        let asked = json!({"backendNodeId": node, "role": role});
        let answer = self.devtools("Accessibility.queryAXTree", asked).await?;
        let nodes = answer["nodes"].as_array().context("no tree")?;
        Ok(nodes
            .iter()
            .filter(|node| node["ignored"] != true)
            .filter_map(|node| {
                Some(Found {
                    node: node["backendDOMNodeId"].as_i64()?,
                    name: node["name"]["value"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                    disabled: has(node, "disabled"),
                })
            })
            .collect())
    }

    /// The one with this role whose name is `name`, or else begins with it.
    pub(crate) async fn one(&self, role: &str, name: &str) -> Result<Option<Found>> {
        let all = self.all(role).await?;
        let exact = all.iter().find(|found| found.name == name);
        Ok(exact
            .or_else(|| all.iter().find(|found| found.name.starts_with(name)))
            .cloned())
    }

    /// Brings it into view and tells where it is.
    pub(crate) async fn place_of(&self, found: &Found) -> Result<Place> {
        let node = json!({"backendNodeId": found.node});
        self.devtools("DOM.scrollIntoViewIfNeeded", node.clone())
            .await?;
        let model = self.devtools("DOM.getBoxModel", node).await?;
        let border: Vec<f64> = model["model"]["border"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
            .collect();
        let [left, top, right, _, _, bottom, ..] = border.as_slice() else {
            bail!("\"{}\" has no place on the screen", found.name);
        };
        Ok(Place {
            x: *left,
            y: *top,
            width: right - left,
            height: bottom - top,
        })
    }

    /// Fails when something else lies on top at the middle of `found`, which a finger would hit instead.
    pub(crate) async fn check_reachable(&self, found: &Found, place: Place) -> Result<()> {
        let resolved = self
            .devtools("DOM.resolveNode", json!({"backendNodeId": found.node}))
            .await?;
        let (x, y) = place.middle();
        let asked = json!({
            "objectId": resolved["object"]["objectId"],
            "functionDeclaration": REACHES,
            "arguments": [{"value": x}, {"value": y}],
            "returnByValue": true,
        });
        let answer = self.devtools("Runtime.callFunctionOn", asked).await?;
        match answer["result"]["value"].as_str() {
            Some("") => Ok(()),
            other => bail!(
                "\"{}\" is covered by {}",
                found.name,
                other.unwrap_or("something")
            ),
        }
    }
}

impl Place {
    pub(crate) fn middle(self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

fn has(node: &Value, property: &str) -> bool {
    node["properties"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|one| one["name"] == property && one["value"]["value"] == true)
}

/// A label belongs to its control: hitting either is hitting it. What is aimed at is remembered for [`WATCHES`].
const REACHES: &str = "function (x, y) {
  window.veldpostAim = this;
  const hit = document.elementFromPoint(x, y);
  const mine = hit && (this.contains(hit) || hit.contains(this) ||
    Array.from(this.labels ?? []).some((label) => label.contains(hit)));
  return mine ? '' : (hit ? hit.tagName + '.' + hit.className : 'nothing: it is outside the window');
}";

/// From the press on: a click that lands elsewhere than what was aimed at reaches nothing. The page moved under the finger in
/// between, and who sees that taps again.
pub(crate) const WATCHES: &str = "window.veldpostStruck = null; window.veldpostWatches ??= \
    (window.addEventListener('click', (event) => { const aim = window.veldpostAim; \
      if (!aim || window.veldpostStruck !== null) return; \
      const labels = Array.from(aim.labels ?? []), on = event.target; \
      window.veldpostStruck = aim.contains(on) || on.contains(aim) || labels.some((label) => label.contains(on)); \
      if (!window.veldpostStruck) { event.preventDefault(); event.stopImmediatePropagation(); } \
    }, {capture: true}), true)";

/// Whether the last tap has to be made again: it landed elsewhere, or what was aimed at was replaced between press and release.
pub(crate) const MISSED: &str = "return window.veldpostStruck === false \
    || window.veldpostStruck === null && window.veldpostAim?.isConnected === false";
