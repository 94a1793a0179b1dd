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

const CLIPPED: &str = "return [...document.querySelectorAll('main *, header *, nav *')]\
    .filter((one) => one.checkVisibility() && one.innerText?.trim() \
      && !one.closest('.visually-hidden, .skip-link, select, .table-region') \
      && one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1 \
      && getComputedStyle(one).display !== 'inline')\
    .map((one) => one.tagName + '.' + one.className + ': ' + one.innerText.trim().slice(0, 60))";

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
