//! What a journey can hold up afterwards: a picture, a printed page, the memory, the worker's own words.
//!
//! Deliberately not here: judging it.

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::profile::holds;
use crate::wait::eventually;

impl Browser {
    /// The page as PNG, for a person to look at.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        Ok(self.driver.screenshot_as_png().await?)
    }

    /// The page printed on A4, as PDF.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub async fn print(&self) -> Result<Vec<u8>> {
        let a4 = json!({"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": false});
        let answer = self.devtools("Page.printToPDF", a4).await?;
        let text = answer["data"].as_str().context("no PDF came")?;
        Ok(base64::engine::general_purpose::STANDARD.decode(text)?)
    }

    /// Whether JavaScript's heap holds `text`, by a heap snapshot after a collection.
    ///
    /// # Errors
    /// When no snapshot can be taken.
    pub async fn heap_holds(&self, text: &str) -> Result<bool> {
        let snapshot = self.heap_snapshot().await?;
        // The snapshot is JSON, so the text is looked for as JSON writes it.
        let quoted = serde_json::to_string(text)?;
        let bare = quoted.trim_matches('"');
        Ok(snapshot.contains(bare))
    }

    async fn heap_snapshot(&self) -> Result<String> {
        let session = self
            .driver
            .cdp()
            .connect()
            .await
            .context("no DevTools connection")?;
        let mut events = session.subscribe_connection();
        let take = async {
            let nothing = json!({});
            session
                .send_raw("HeapProfiler.collectGarbage", &nothing)
                .await?;
            let options = json!({"reportProgress": false, "captureNumericValue": false});
            session
                .send_raw("HeapProfiler.takeHeapSnapshot", &options)
                .await?;
            Ok::<(), anyhow::Error>(())
        };
        tokio::pin!(take);
        let mut snapshot = String::new();
        let mut taken = false;
        // The answer comes after the last piece, so what waits then is the rest.
        while !taken || !events.is_empty() {
            tokio::select! {
                biased;
                event = events.recv() => {
                    let event = event.context("part of the snapshot was lost")?;
                    if event.method == "HeapProfiler.addHeapSnapshotChunk" {
                        snapshot.push_str(event.params["chunk"].as_str().unwrap_or_default());
                    }
                }
                outcome = &mut take, if !taken => {
                    outcome?;
                    taken = true;
                }
            }
        }
        if !snapshot.trim_end().ends_with('}') {
            bail!("the heap snapshot is not whole");
        }
        Ok(snapshot)
    }

    /// From the next page on, keeps hold of every WebAssembly memory that the page makes, also of those that it
    /// drops. (The browser's own search, `Runtime.queryObjects`, crashes a page that runs the split app, in Chromium 156.)
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn note_memories(&self) -> Result<()> {
        self.before_each_page(NOTE_MEMORIES).await
    }

    /// Whether a WebAssembly memory of the page holds `bytes`.
    ///
    /// # Errors
    /// When the page has no such memory, or they are not noted: then the search would prove nothing.
    pub async fn memory_holds(&self, bytes: &[u8]) -> Result<bool> {
        let asked = json!({"expression": READ_MEMORIES, "returnByValue": true});
        let answer = self.devtools("Runtime.evaluate", asked).await?;
        let texts = answer["result"]["value"]
            .as_array()
            .context("memories are not noted")?;
        if texts.is_empty() {
            bail!("the page has no WebAssembly memory");
        }
        for text in texts.iter().filter_map(Value::as_str) {
            let memory = base64::engine::general_purpose::STANDARD.decode(text)?;
            if holds(&memory, bytes) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until the service worker says that every file is on the device, and gives its version.
    ///
    /// # Errors
    /// When it does not say so.
    pub async fn worker_complete(&self) -> Result<String> {
        eventually("the service worker to hold every file", async || {
            let status = self.worker_status().await?;
            Ok((status["complete"] == true).then(|| status["version"].as_str().map(str::to_owned)))
        })
        .await?
        .context("the worker told no version")
    }

    /// What the active service worker answers to `status`; null when there is none.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn worker_status(&self) -> Result<Value> {
        self.run(WORKER_STATUS, json!([])).await
    }

    /// Whether a request that no cache may answer reaches the server.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn reaches_server(&self) -> Result<bool> {
        let script = "return fetch('/api/version', {cache: 'no-store'})\
            .then((answer) => answer.ok, () => false)";
        Ok(self.run(script, json!([])).await? == true)
    }
}

const NOTE_MEMORIES: &str = "window.veldpostMemories = new Set();
const { Memory, Instance } = WebAssembly;
const keep = (instance) => {
  for (const one of Object.values(instance.exports))
    if (one instanceof Memory) window.veldpostMemories.add(one);
  return instance;
};
WebAssembly.Memory = new Proxy(Memory, { construct: (made, given) => {
  const memory = new made(...given);
  window.veldpostMemories.add(memory);
  return memory;
} });
WebAssembly.Instance = new Proxy(Instance, { construct: (made, given) => keep(new made(...given)) });
for (const name of ['instantiate', 'instantiateStreaming']) {
  const begin = WebAssembly[name];
  WebAssembly[name] = async (...given) => {
    const made = await begin.apply(WebAssembly, given);
    keep(made.instance ?? made);
    return made;
  };
}";

const READ_MEMORIES: &str = "[...window.veldpostMemories].map((memory) => {
  const bytes = new Uint8Array(memory.buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
})";

const WORKER_STATUS: &str =
    "return navigator.serviceWorker.getRegistration().then((registration) => {
  if (!registration?.active) return null;
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = (event) => resolve(event.data);
    registration.active.postMessage({type: 'status'}, [channel.port2]);
  });
})";
