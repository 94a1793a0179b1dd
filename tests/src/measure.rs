//! Sizes and distances on the screen, as a finger meets them.
//!
//! Deliberately not here: how large they must be.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::find::Place;

/// Something that can be tapped, and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What it says.
    pub name: String,
    /// Where.
    pub place: Place,
}

impl Browser {
    /// Everything of the page that can be tapped, as large as a finger finds it: a choice with its label.
    /// Links within a sentence and what only a screen reader meets are left out.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn targets(&self) -> Result<Vec<Target>> {
        self.measured(TARGETS).await
    }

    /// The tiles of *Tellen*.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn tiles(&self) -> Result<Vec<Target>> {
        self.measured("document.querySelectorAll('[role=group] > button:has(> span + span)')")
            .await
    }

    async fn measured(&self, found: &str) -> Result<Vec<Target>> {
        let script = format!("return [...{found}].map(({MEASURE}))");
        let all = self.run(&script, json!([])).await?;
        all.as_array()
            .context("nothing was measured")?
            .iter()
            .map(target)
            .collect()
    }

    /// What is cut off: text that is wider than what holds it, and does not scroll there.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn clipped(&self) -> Result<Vec<String>> {
        let found = self.run(CLIPPED, json!([])).await?;
        let found = found.as_array().into_iter().flatten();
        Ok(found.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Words or controls of which one lies over another.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn overlapping(&self) -> Result<Vec<String>> {
        let found = self.run(OVERLAPPING, json!([])).await?;
        let found = found.as_array().context("nothing was measured")?;
        Ok(found
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }

    /// The pairs of these targets that are nearer to each other than `gap` pixels.
    #[must_use]
    pub fn too_near(targets: &[Target], gap: f64) -> Vec<String> {
        let mut found = Vec::new();
        for (number, one) in targets.iter().enumerate() {
            for other in targets.iter().skip(number + 1) {
                let distance = one.place.distance(other.place);
                if distance + 0.5 < gap {
                    found.push(format!("{} – {}: {distance}", one.name, other.name));
                }
            }
        }
        found
    }
}

impl Place {
    /// The free pixels between two rectangles; below nought when they overlap.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        let free = |from: f64, length: f64, to: f64, other: f64| {
            (to - from - length).max(from - to - other)
        };
        let across = free(self.x, self.width, other.x, other.width);
        let down = free(self.y, self.height, other.y, other.height);
        across.max(down)
    }
}

fn target(found: &Value) -> Result<Target> {
    let number = |name: &str| found[name].as_f64().context("no number");
    Ok(Target {
        name: found["name"].as_str().unwrap_or_default().to_owned(),
        place: Place {
            x: number("x")?,
            y: number("y")?,
            width: number("width")?,
            height: number("height")?,
        },
    })
}

const TARGETS: &str = "[...document.querySelectorAll(\
    'button, select, textarea, summary, a.button, a.row, input:not([type=radio], [type=checkbox]), label:has(input)')]\
    .filter((one) => one.checkVisibility({visibilityProperty: true}) && one.getBoundingClientRect().width > 1)";

const MEASURE: &str = "(one) => { const box = one.getBoundingClientRect(); \
    return {name: (one.innerText || one.ariaLabel || one.id || one.tagName).trim().slice(0, 40), \
      x: box.x, y: box.y, width: box.width, height: box.height}; }";

/// Words that stick out of the window, of what hides the rest, or of the frame that is drawn round them.
const CLIPPED: &str = "const found = []; \
    const texts = document.createTreeWalker(document.querySelector('dialog[open]') ?? document.body, NodeFilter.SHOW_TEXT); \
    while (texts.nextNode()) { const node = texts.currentNode, owner = node.parentElement; \
      if (!node.data.trim() || !owner.checkVisibility({visibilityProperty: true}) || \
        owner.closest('.visually-hidden, .skip-link, option, script, .table-region, dialog:not([open])')) continue; \
      const range = document.createRange(); range.selectNodeContents(node); \
      for (const line of range.getClientRects()) { \
        if (line.width <= 1) continue; \
        let out = line.left < -1 || line.right > innerWidth + 1; \
        for (let one = owner; one; one = one.parentElement) { \
          const look = getComputedStyle(one), box = one.getBoundingClientRect(); \
          if (look.display === 'inline') continue; \
          const framed = look.overflowX !== 'visible' || parseFloat(look.borderLeftWidth) > 0; \
          const cut = ['hidden', 'clip'].includes(look.overflowY); \
          if (framed && (line.left < box.left - 1 || line.right > box.right + 1)) out = true; \
          if (cut && (line.top < box.top - 3 || line.bottom > box.bottom + 3)) out = true; } \
        if (out) found.push(owner.tagName + '.' + owner.className + ': ' + node.data.trim().slice(0, 60)); } } \
    return [...new Set(found)]";

/// Lines of words may touch: a quarter of a line's height is air. What scrolls is held against its own
/// part of the page only, because its rest lies under the other parts by design.
const OVERLAPPING: &str = "const boxes = []; \
    const top = document.querySelector('dialog[open]') ?? document.body; \
    const hidden = '.visually-hidden, .skip-link, option, .table-region, script'; \
    const add = (owner, name, box, text) => { if (box.width > 1 && box.height > 1) \
      boxes.push({owner, name: name.trim().slice(0, 40), box, text, \
        part: owner.closest('main, header, nav, dialog') ?? document.body}); }; \
    const texts = document.createTreeWalker(top, NodeFilter.SHOW_TEXT); \
    while (texts.nextNode()) { const node = texts.currentNode, owner = node.parentElement; \
      if (!node.data.trim() || owner.closest(hidden)) continue; \
      if (owner.closest('dialog:not([open])') || !owner.checkVisibility({visibilityProperty: true})) continue; \
      const range = document.createRange(); range.selectNodeContents(node); \
      for (const box of range.getClientRects()) add(owner, node.data, box, true); } \
    for (const one of top.querySelectorAll('button, select, textarea, summary, a.button, a.row, input, label:has(input)')) \
      if (!one.closest(hidden) && !one.closest('dialog:not([open])') && one.checkVisibility({visibilityProperty: true})) \
        add(one, one.innerText || one.name || one.tagName, one.getBoundingClientRect(), false); \
    const found = []; \
    boxes.forEach((one, at) => { for (const other of boxes.slice(at + 1)) { \
      if (one.part !== other.part || one.owner === other.owner && one.text && other.text) continue; \
      if (one.owner.contains(other.owner) || other.owner.contains(one.owner)) continue; \
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left); \
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top); \
      const air = one.text && other.text ? Math.min(one.box.height, other.box.height) / 4 : 1; \
      if (across > 1 && down > air) found.push(one.name + ' | ' + other.name + ': ' + \
        Math.round(across) + ' x ' + Math.round(down)); } }); \
    return [...new Set(found)].slice(0, 20)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_the_free_space_between_two_targets() {
        let at = |x, y| Place {
            x,
            y,
            width: 10.0,
            height: 10.0,
        };
        assert_eq!(at(0.0, 0.0).distance(at(22.0, 0.0)), 12.0);
        assert_eq!(at(0.0, 0.0).distance(at(3.0, 25.0)), 15.0);
        assert_eq!(at(0.0, 0.0).distance(at(5.0, 5.0)), -5.0);
    }
}
