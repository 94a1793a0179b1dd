//! Somebody without a finger and without a mouse: Tab, Space, Enter, arrows and letters, nothing else.
//!
//! Deliberately not here: putting the focus anywhere by a script. Where it is, is read and judged.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::wait::eventually;

/// So many stops are on no page.
const TOO_FAR: usize = 90;

/// A person at the keys. Every stop is judged: the focus shows, is in sight, and follows the document.
#[derive(Debug)]
pub struct Keyboard<'a> {
    browser: &'a Browser,
    stops: usize,
    faults: Vec<String>,
}

impl<'a> Keyboard<'a> {
    /// At the keys of this browser.
    #[must_use]
    pub fn new(browser: &'a Browser) -> Self {
        let (stops, faults) = (0, Vec::new());
        Self {
            browser,
            stops,
            faults,
        }
    }

    /// Tabs on until what has the focus has this role and these words in its name.
    ///
    /// # Errors
    /// When it is not on the way.
    pub async fn to(&mut self, role: &str, name: &str) -> Result<()> {
        self.along("Tab", role, name).await
    }

    /// Tabs back until what has the focus has this role and these words in its name.
    ///
    /// # Errors
    /// When it is not on the way.
    pub async fn back_to(&mut self, role: &str, name: &str) -> Result<()> {
        self.along("Shift+Tab", role, name).await
    }

    async fn along(&mut self, key: &str, role: &str, name: &str) -> Result<()> {
        self.not_lost(name).await?;
        let mut passed = Vec::new();
        for _ in 0..TOO_FAR {
            self.step(key).await?;
            let focused = self.browser.focused().await?;
            if focused.0 == role && focused.1.contains(name) {
                return Ok(());
            }
            passed.push(focused.1);
        }
        bail!(
            "{key} does not lead to the {role} \"{name}\" but to: {}",
            passed.join(" · ")
        )
    }

    /// Whoever presses Tab next starts from somewhere on the page.
    async fn not_lost(&mut self, before: &str) -> Result<()> {
        let lost = "return !document.activeElement || document.activeElement === document.body";
        if self.browser.run(lost, json!([])).await? == true {
            let fault = format!("the focus is lost before going to \"{before}\"");
            self.faults.push(fault);
        }
        Ok(())
    }

    /// One press of Tab or Shift+Tab, and a judgement of where it led.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn step(&mut self, key: &str) -> Result<()> {
        let remember = "window.veldpostFrom = document.activeElement";
        self.browser.run(remember, json!([])).await?;
        self.browser.press(key).await?;
        self.stops += 1;
        let stop = self.browser.run(STOP, json!([key == "Tab"])).await?;
        let (name, faults) = (stop["name"].as_str(), stop["faults"].as_array());
        let name = name.context("no stop")?;
        for fault in faults.into_iter().flatten().filter_map(Value::as_str) {
            self.faults.push(format!("\"{name}\": {fault}"));
        }
        Ok(())
    }

    /// Goes to a button or row and presses Enter.
    ///
    /// # Errors
    /// When it is not on the way.
    pub async fn enter(&mut self, role: &str, name: &str) -> Result<()> {
        self.to(role, name).await?;
        self.browser.press("Enter").await
    }

    /// Goes to the group with this legend and chooses there: arrows and Space.
    ///
    /// # Errors
    /// When the group or the choice is not on the way.
    pub async fn choose(&mut self, question: &str, choice: &str) -> Result<()> {
        self.not_lost(question).await?;
        for _ in 0..TOO_FAR {
            self.step("Tab").await?;
            if self.asked().await?.starts_with(question) {
                return self.here(choice).await;
            }
        }
        bail!("Tab does not lead to the question \"{question}\"")
    }

    /// Chooses in the group that has the focus.
    ///
    /// # Errors
    /// When the choice is not offered there.
    pub async fn here(&mut self, choice: &str) -> Result<()> {
        for _ in 0..TOO_FAR {
            let (role, name) = self.browser.focused().await?;
            if name.starts_with(choice) {
                // An arrow chooses; where Tab came first nothing is chosen yet.
                if !self.browser.is_chosen(&role, &name).await? {
                    self.browser.press(" ").await?;
                }
                return Ok(());
            }
            if role == "radio" {
                self.browser.press("ArrowDown").await?;
            } else {
                self.step("Tab").await?;
            }
        }
        bail!("\"{choice}\" is not offered here")
    }

    /// The legend of the group that holds the focus.
    async fn asked(&self) -> Result<String> {
        let legend = "return document.activeElement.closest('fieldset')\
            ?.querySelector('legend')?.innerText ?? ''";
        let legend = self.browser.run(legend, json!([])).await?;
        Ok(legend.as_str().unwrap_or_default().to_owned())
    }

    /// Goes to a field and types.
    ///
    /// # Errors
    /// When it is not on the way.
    pub async fn fill(&mut self, name: &str, text: &str) -> Result<()> {
        self.to("textbox", name).await?;
        self.browser.keys(text).await
    }

    /// Waits until a heading with these words has the focus, as after a change of page.
    ///
    /// # Errors
    /// With what has it instead.
    pub async fn at(&self, heading: &str) -> Result<()> {
        self.browser.focus_on(heading).await
    }

    /// Waits until the focus is somewhere in the open dialog.
    ///
    /// # Errors
    /// With what has it instead.
    pub async fn in_dialog(&self) -> Result<()> {
        let inside = "return !!document.activeElement.closest('dialog[open]')";
        let inside =
            async || Ok((self.browser.run(inside, json!([])).await? == true).then_some(()));
        eventually("the focus in the dialog", inside).await
    }

    /// Whether something behind the open dialog has the focus.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn is_behind_dialog(&self) -> Result<bool> {
        let behind = "const it = document.activeElement; \
            return it !== document.body && !it.closest('dialog[open]')";
        Ok(self.browser.run(behind, json!([])).await? == true)
    }

    /// How many stops were judged.
    #[must_use]
    pub fn stops(&self) -> usize {
        self.stops
    }

    /// Whether the focus could be seen and followed all the way.
    ///
    /// # Errors
    /// With every stop where it could not.
    pub fn verdict(mut self) -> Result<()> {
        self.faults.sort();
        self.faults.dedup();
        if self.faults.is_empty() {
            return Ok(());
        }
        bail!("{} faults:\n{}", self.faults.len(), self.faults.join("\n"))
    }
}

/// After the last stop of a page comes the browser's own bar, while which nothing of the page has the focus.
/// The ring may be drawn round the label of a choice or round the frame of a field. Its colour must
/// differ from what is behind it by 3 to 1, and the middle of what has the focus must be in sight.
const STOP: &str = "const it = document.activeElement, from = window.veldpostFrom; \
    const name = (it.labels?.[0]?.innerText || it.innerText || it.ariaLabel || it.tagName).trim().slice(0, 40); \
    const faults = []; \
    if (it === document.body) return {name, faults}; \
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number); \
    const light = (colour) => { const [r, g, b] = channels(colour).map((one) => { \
        const part = one / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; }); \
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; \
    const behind = (one) => { for (let up = one.parentElement; up; up = up.parentElement) { \
        const colour = getComputedStyle(up).backgroundColor, [, , , clear = 1] = channels(colour); \
        if (clear === 1) return colour; } return 'rgb(255, 255, 255)'; }; \
    const ring = [it, it.closest('label'), it.closest('.input')].find((one) => one \
      && getComputedStyle(one).outlineStyle === 'solid' && parseFloat(getComputedStyle(one).outlineWidth) >= 2); \
    if (!ring) faults.push('no ring shows the focus'); \
    else { const [high, low] = [light(getComputedStyle(ring).outlineColor), light(behind(ring))].sort((a, b) => b - a); \
      if ((high + 0.05) / (low + 0.05) < 3) faults.push('the ring is too faint'); } \
    const box = it.getBoundingClientRect(), x = box.x + box.width / 2; \
    const y = box.height > innerHeight ? Math.max(box.y, 0) + 8 : box.y + box.height / 2; \
    const hit = document.elementFromPoint(x, y); \
    const seen = hit && (it.contains(hit) || hit.contains(it) || [...(it.labels ?? [])].some((one) => one.contains(hit))); \
    if (!seen) faults.push('it is out of sight, at ' + Math.round(x) + ', ' + Math.round(y)); \
    const order = from?.isConnected && from !== document.body ? from.compareDocumentPosition(it) : 0; \
    const wrong = arguments[0] ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING; \
    if (order & wrong) faults.push('it stands on the other side of ' + (from.innerText || from.tagName).slice(0, 30)); \
    if (it.tabIndex > 0) faults.push('it has a place of its own in the order'); \
    return {name, faults}";
