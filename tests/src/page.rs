//! What a person does and sees: open, tap, type, read.
//!
//! Deliberately not here: what the app is expected to show; that is in the journeys.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::find::{Found, MISSED, Place, WATCHES};
use crate::wait::eventually;

/// So often a person aims at something that moves.
const AIMS: usize = 5;

impl Browser {
    /// Opens an address.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.driver
            .goto(url)
            .await
            .with_context(|| format!("{url} cannot be opened"))
    }

    /// What the page logged as an error since it was last asked.
    ///
    /// # Errors
    /// When the driver does not tell.
    pub async fn console_errors(&self) -> Result<Vec<String>> {
        let logged = self.driver.get_log("browser").await?;
        Ok(logged
            .iter()
            .filter(|entry| format!("{:?}", entry.level).eq_ignore_ascii_case("severe"))
            .map(|entry| entry.message.clone())
            .collect())
    }

    /// Loads the page again, from inside, as a person's *reload* does.
    ///
    /// # Errors
    /// When no page comes.
    pub async fn reload(&self) -> Result<()> {
        self.run("window.veldpostBefore = true; location.reload()", json!([]))
            .await?;
        eventually("the page to load again", async || {
            let loaded = "return window.veldpostBefore === undefined && \
                document.readyState === 'complete'";
            Ok(self
                .run(loaded, json!([]))
                .await?
                .as_bool()
                .filter(|loaded| *loaded))
        })
        .await
        .map(|_| ())
    }

    /// Waits until `text` can be read on the page.
    ///
    /// # Errors
    /// With what can be read instead.
    pub async fn see(&self, text: &str) -> Result<()> {
        let what = format!("\"{text}\"");
        let seen = eventually(&what, async || {
            Ok(self.text().await?.contains(text).then_some(()))
        });
        match seen.await {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}; the page reads: {}", self.text().await?),
        }
    }

    /// Waits until `text` cannot be read any more.
    ///
    /// # Errors
    /// When it stays.
    pub async fn see_no_more(&self, text: &str) -> Result<()> {
        eventually(&format!("\"{text}\" to go"), async || {
            Ok((!self.text().await?.contains(text)).then_some(()))
        })
        .await
    }

    /// Everything that can be read on the page.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn text(&self) -> Result<String> {
        let text = self
            .run("return document.body?.innerText ?? ''", json!([]))
            .await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Every text of the page that is in the page's language: what is written, what only a screen reader
    /// says, and the title.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn texts(&self) -> Result<Vec<String>> {
        let texts = self.run(TEXTS, json!([])).await?;
        let texts = texts.as_array().context("no texts")?;
        let texts = texts.iter().filter_map(Value::as_str);
        Ok(texts.map(str::to_owned).collect())
    }

    /// Waits for what has this role and name (or a name that begins so) and taps its middle; again where the page moved meanwhile.
    ///
    /// # Errors
    /// When it does not come, is switched off, or something lies on top of it.
    pub async fn tap(&self, role: &str, name: &str) -> Result<()> {
        for _ in 0..AIMS {
            let place = self.place(role, name).await?;
            self.run(WATCHES, json!([])).await?;
            self.tap_at(place).await?;
            // A page that went with the tap was hit.
            let missed = self.run(MISSED, json!([])).await;
            if !missed.is_ok_and(|missed| missed == true) {
                return Ok(());
            }
        }
        bail!("the {role} \"{name}\" moves whenever it is tapped")
    }

    /// As [`Browser::tap`], for what has `words` anywhere in its name: a row begins with its time.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn tap_holding(&self, role: &str, words: &str) -> Result<()> {
        let what = format!("a {role} with \"{words}\"");
        let name = eventually(&what, async || {
            let names = self.names(role).await?;
            Ok(names.into_iter().find(|name| name.contains(words)))
        });
        let name = name.await?;
        self.tap(role, &name).await
    }

    /// Where something is, once it can be reached.
    ///
    /// # Errors
    /// When it does not come, is switched off, or something lies on top of it.
    pub async fn place(&self, role: &str, name: &str) -> Result<Place> {
        let what = format!("the {role} \"{name}\"");
        let outcome = eventually(&what, async || {
            let Some(found) = self.one(role, name).await? else {
                return Ok(None);
            };
            if found.disabled {
                bail!("it is switched off");
            }
            let place = self.place_of(&found).await?;
            self.check_reachable(&found, place).await?;
            Ok(Some(place))
        });
        match outcome.await {
            Ok(place) => Ok(place),
            Err(error) => bail!(
                "{error:#}; there is: {}",
                self.names(role).await?.join(" · ")
            ),
        }
    }

    /// The names of everything with this role.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn names(&self, role: &str) -> Result<Vec<String>> {
        Ok(self
            .all(role)
            .await?
            .into_iter()
            .map(|found| found.name)
            .collect())
    }

    /// Waits for something with this role and name, and says whether it came; for what must be absent,
    /// wait first for what replaced it.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn has(&self, role: &str, name: &str) -> Result<bool> {
        Ok(self.one(role, name).await?.is_some())
    }

    /// Taps a field and types into it, key by key.
    ///
    /// # Errors
    /// When the field cannot be reached.
    pub async fn write(&self, role: &str, name: &str, text: &str) -> Result<()> {
        self.tap(role, name).await?;
        self.keys(text).await
    }

    /// Types into what has the focus, key by key.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn keys(&self, text: &str) -> Result<()> {
        for letter in text.chars() {
            let letter = letter.to_string();
            let down = json!({"type": "keyDown", "text": letter, "key": letter});
            self.devtools("Input.dispatchKeyEvent", down).await?;
            let up = json!({"type": "keyUp", "key": letter});
            self.devtools("Input.dispatchKeyEvent", up).await?;
        }
        Ok(())
    }

    /// Puts text into the field that has the focus at once, as pasting does.
    ///
    /// # Errors
    /// When nothing has the focus.
    pub async fn paste(&self, text: &str) -> Result<()> {
        self.devtools("Input.insertText", json!({"text": text}))
            .await
            .map(|_| ())
    }

    /// Presses a key by its DOM name: `Tab`, `Shift+Tab`, `Enter`, `Escape`, `ArrowDown`, ` `.
    ///
    /// # Errors
    /// When the key is not known here.
    pub async fn press(&self, key: &str) -> Result<()> {
        let (key, shift) = match key {
            "Shift+Tab" => ("Tab", 8),
            key => (key, 0),
        };
        let (code, number, text) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            "Escape" => ("Escape", 27, ""),
            "Backspace" => ("Backspace", 8, ""),
            "End" => ("End", 35, ""),
            "ArrowLeft" => ("ArrowLeft", 37, ""),
            "ArrowUp" => ("ArrowUp", 38, ""),
            "ArrowRight" => ("ArrowRight", 39, ""),
            "ArrowDown" => ("ArrowDown", 40, ""),
            " " => ("Space", 32, " "),
            _ => bail!("the key {key} is not known to the journeys"),
        };
        let kind = if text.is_empty() {
            "rawKeyDown"
        } else {
            "keyDown"
        };
        let down = json!({"type": kind, "key": key, "code": code, "text": text,
            "windowsVirtualKeyCode": number, "modifiers": shift});
        self.devtools("Input.dispatchKeyEvent", down).await?;
        let up = json!({"type": "keyUp", "key": key, "code": code,
            "windowsVirtualKeyCode": number, "modifiers": shift});
        self.devtools("Input.dispatchKeyEvent", up)
            .await
            .map(|_| ())
    }

    /// What has the focus: its role and name, as a screen reader says them.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn focused(&self) -> Result<(String, String)> {
        let element = self.driver.active_element().await?;
        let node = element.cdp_backend_node_id().await?;
        let asked = json!({"backendNodeId": node, "fetchRelatives": false});
        let tree = self
            .devtools("Accessibility.getPartialAXTree", asked)
            .await?;
        let text = |what: &str| {
            tree["nodes"][0][what]["value"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        Ok((text("role"), text("name")))
    }

    /// Runs a script in the page and gives what it returns; a promise is awaited.
    ///
    /// # Errors
    /// When it throws.
    pub async fn run(&self, script: &str, arguments: Value) -> Result<Value> {
        let arguments = arguments.as_array().cloned().unwrap_or_default();
        let script = format!("return (async function () {{ {script} }}).apply(null, arguments)");
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    pub(crate) async fn tap_at(&self, place: Place) -> Result<()> {
        let (x, y) = place.middle();
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.devtools("Input.dispatchMouseEvent", event).await?;
        }
        Ok(())
    }

    /// Whether a choice with this role and name is chosen.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn is_chosen(&self, role: &str, name: &str) -> Result<bool> {
        let found: Found = self
            .one(role, name)
            .await?
            .with_context(|| format!("no {role} {name}"))?;
        let asked = json!({"backendNodeId": found.node, "fetchRelatives": false});
        let tree = self
            .devtools("Accessibility.getPartialAXTree", asked)
            .await?;
        let properties = tree["nodes"][0]["properties"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        Ok(properties.iter().any(|one| {
            ["checked", "pressed", "selected"]
                .iter()
                .any(|name| one["name"] == *name)
                && (one["value"]["value"] == "true" || one["value"]["value"] == true)
        }))
    }
}

/// What says itself in another language than the page's is left out, and what somebody typed.
const TEXTS: &str = "const own = document.documentElement.lang, found = [document.title]; \
    const foreign = (one) => one.closest('[lang]').lang !== own; \
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); \
    while (walk.nextNode()) { const one = walk.currentNode.parentElement; \
      if (!one.matches('script, textarea') && !foreign(one)) found.push(walk.currentNode.data); } \
    for (const one of document.querySelectorAll('body *')) if (!foreign(one)) \
      for (const name of ['aria-label', 'title', 'alt', 'placeholder', 'aria-roledescription', 'aria-valuetext']) \
        if (one.hasAttribute(name)) found.push(one.getAttribute(name)); \
    return found.map((text) => text.trim()).filter((text) => text)";
