//! What a journey may hold the screen's words against: what was committed, and what stands in the database.
//!
//! Deliberately not here: changing what a person entered. The one change there is plays a disk that fails.

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::processes;
use crate::wait::eventually;

impl Browser {
    /// How many persons of the round are on the disk, as the page was told by its own commits; waits for the tally of a page that
    /// is still on its way.
    ///
    /// # Errors
    /// When no tally opens.
    pub async fn committed(&self) -> Result<u64> {
        eventually("a tally", async || Ok(Some(self.stated().await?))).await
    }

    /// The same of the tally that is open now.
    async fn stated(&self) -> Result<u64> {
        let script = "return document.querySelector('[data-committed]')?.dataset.committed ?? null";
        let number = self.run(script, json!([])).await?;
        let number = number.as_str().context("no tally is open")?;
        Ok(number.parse()?)
    }

    /// Waits until that many persons are on the disk, no more and no fewer.
    ///
    /// # Errors
    /// With the number that it stays at.
    pub async fn kept(&self, persons: u64) -> Result<()> {
        let what = format!("{persons} persons to be kept");
        let kept = eventually(&what, async || {
            Ok((self.stated().await? == persons).then_some(()))
        });
        match kept.await {
            Ok(()) => Ok(()),
            Err(error) => match self.stated().await {
                Ok(number) => bail!("{error:#}; it is {number}"),
                Err(_) => bail!(
                    "{error:#}; no tally is open: the page reads: {}",
                    self.text().await?
                ),
            },
        }
    }

    /// Counts so many people by turns on two tiles, so that no tap falls to the guard of cold hands.
    ///
    /// # Errors
    /// When a tile cannot be reached.
    pub async fn count(&self, people: usize) -> Result<()> {
        for number in 0..people {
            self.tap("button", ["Man, 18+", "Vrouw, 18+"][number % 2])
                .await?;
        }
        Ok(())
    }

    /// What stands beside a label in a list of facts; empty when it is not there (yet).
    ///
    /// # Errors
    /// When there is no page.
    pub async fn fact(&self, label: &str) -> Result<String> {
        let script = "const found = [...document.querySelectorAll('dt')]\
            .find((one) => one.innerText.trim().startsWith(arguments[0])); \
            return found?.parentElement.querySelector('dd')?.innerText.trim() ?? ''";
        let fact = self.run(script, json!([label])).await?;
        Ok(fact.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until this stands beside that label.
    ///
    /// # Errors
    /// With what stands there instead.
    pub async fn see_fact(&self, label: &str, value: &str) -> Result<()> {
        let what = format!("{label}: {value}");
        let seen = eventually(&what, async || {
            Ok((self.fact(label).await? == value).then_some(()))
        });
        match seen.await {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}; it is \"{}\"", self.fact(label).await?),
        }
    }

    /// Waits until the page shows this text, and reads nothing: what a script reads stays in the memory
    /// of the page as the driver's answer, where a search of the memory would find it.
    ///
    /// # Errors
    /// When it does not show.
    pub async fn see_unread(&self, text: &str) -> Result<()> {
        self.devtools("DOM.enable", json!({})).await?;
        eventually(&format!("\"{text}\""), async || {
            self.devtools("DOM.getDocument", json!({"depth": 0}))
                .await?;
            let search = json!({"query": text, "includeUserAgentShadowDOM": false});
            let found = self.devtools("DOM.performSearch", search).await?;
            let number = found["resultCount"].as_u64().unwrap_or(0);
            let done = json!({"searchId": found["searchId"]});
            self.devtools("DOM.discardSearchResults", done).await?;
            Ok((number > 0).then_some(()))
        })
        .await
    }

    /// Runs a script in every page from now on, before anything of the page itself.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn before_each_page(&self, script: &str) -> Result<()> {
        let source = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source)
            .await
            .map(|_| ())
    }

    /// From the next page on, the clock is off by so many milliseconds: a script, in which `Real` is the clock of the machine.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn shift_clock(&self, shift: &str) -> Result<()> {
        let once = format!("const shift = {shift};");
        self.set_clock(&once, "Real.now() + shift").await
    }

    /// From the next page on, the clock says what the script `now` gives whenever it is read; `once` runs before. In both `Real` is
    /// the clock of the machine.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn set_clock(&self, once: &str, now: &str) -> Result<()> {
        let script = format!(
            "{{ const Real = Date; {once} \
             window.Date = class extends Real {{ \
               constructor(...given) {{ if (given.length) super(...given); else super(Date.now()); }} \
               static now() {{ return {now}; }} }}; }}"
        );
        self.before_each_page(&script).await
    }

    /// From the next page on, notes each write transaction: its stores and the durability that it has.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn note_writes(&self) -> Result<()> {
        self.before_each_page(NOTE_WRITES).await
    }

    /// The write transactions that completed in this page, oldest first: `{stores, durability}`.
    ///
    /// # Errors
    /// When they are not noted.
    pub async fn writes(&self) -> Result<Vec<Value>> {
        let noted = self.run("return window.veldpostWrites", json!([])).await?;
        Ok(noted.as_array().context("writes are not noted")?.clone())
    }

    /// How many of them wrote to that store.
    ///
    /// # Errors
    /// When they are not noted.
    pub async fn writes_to(&self, store: &str) -> Result<usize> {
        let holds = |write: &&Value| {
            let stores = write["stores"].as_array();
            stores.is_some_and(|stores| stores.contains(&json!(store)))
        };
        Ok(self.writes().await?.iter().filter(holds).count())
    }

    /// Every row of a store, as bytes.
    ///
    /// # Errors
    /// When there is no such database.
    pub async fn rows(&self, database: &str, store: &str) -> Result<Vec<Vec<u8>>> {
        let script = format!(
            "{OPEN_ROWS} const rows = await asked(store.getAll()); database.close(); \
             return rows.map((row) => btoa(String.fromCharCode(...row)))"
        );
        let rows = self
            .run(&script, json!([database, store, "readonly"]))
            .await?;
        let rows = rows.as_array().context("no rows")?;
        let decode = |row: &Value| {
            let text = row.as_str().context("a row that is no bytes")?;
            Ok(base64::engine::general_purpose::STANDARD.decode(text)?)
        };
        rows.iter().map(decode).collect()
    }

    /// Turns over one byte in the middle of each row of a store, as a worn-out disk might.
    ///
    /// # Errors
    /// When there is no such database.
    pub async fn damage(&self, database: &str, store: &str) -> Result<()> {
        let script = format!(
            "{OPEN_ROWS} const keys = await asked(store.getAllKeys()); \
             for (const key of keys) {{ const row = await asked(store.get(key)); \
               row[row.length >> 1] ^= 0xff; await asked(store.put(row, key)); }} \
             await new Promise((done) => {{ store.transaction.oncomplete = done; }}); \
             database.close(); return keys.length"
        );
        let damaged = self
            .run(&script, json!([database, store, "readwrite"]))
            .await?;
        if damaged == 0 {
            bail!("there was no row to damage");
        }
        Ok(())
    }

    /// The processes of the browser, for whoever looks at them from outside.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn processes(&self) -> Result<Vec<u32>> {
        processes::descendants(self.driver_process())
    }
}

/// The arguments are the database, the store, the mode.
const OPEN_ROWS: &str = "const asked = (request) => new Promise((done, fail) => { \
      request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); }); \
    const database = await asked(indexedDB.open(arguments[0])); \
    const store = database.transaction(arguments[1], arguments[2]).objectStore(arguments[1]);";

const NOTE_WRITES: &str = "window.veldpostWrites = []; \
    const begin = IDBDatabase.prototype.transaction; \
    IDBDatabase.prototype.transaction = function (stores, mode, options) { \
      const transaction = begin.call(this, stores, mode, options); \
      if (transaction.mode === 'readwrite') transaction.addEventListener('complete', () => { \
        window.veldpostWrites.push({stores: [...transaction.objectStoreNames], \
          durability: transaction.durability}); }); \
      return transaction; \
    }";
