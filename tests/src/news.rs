//! What is on its way between devices: waiting for it as a person does, who looks again now and then, and reading it.
//!
//! Deliberately not here: what sets it on its way.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::browser::Browser;
use crate::wait::eventually;

/// How often a person who waits for news would look again.
const LOOKS_AGAIN: Duration = Duration::from_secs(3);

impl Browser {
    /// The network is back, as the browser tells the app.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn comes_online(&self) -> Result<()> {
        self.run("dispatchEvent(new Event('online'))", json!([]))
            .await
            .map(|_| ())
    }

    /// So many records reached the relay: a coordinator who sees them at once may have set them apart already, until the
    /// device is admitted.
    ///
    /// # Errors
    /// When neither is told.
    pub async fn sees_handed_over(&self, number: usize) -> Result<()> {
        let told = [
            format!("{number} registraties zijn overgezet."),
            format!("{number} berichten van dit toestel zijn overgezet."),
            format!("{number} registraties zijn ontvangen. Ze tellen mee als"),
        ];
        eventually("the records to reach the relay", async || {
            let text = self.text().await?;
            Ok(told.iter().any(|told| text.contains(told)).then_some(()))
        })
        .await
    }

    /// As [`Browser::see`], by somebody who looks for news now and then.
    ///
    /// # Errors
    /// With what can be read instead.
    pub async fn look_until(&self, text: &str) -> Result<()> {
        let mut looked = Instant::now();
        self.comes_online().await?;
        let what = format!("\"{text}\"");
        let seen = eventually(&what, async || {
            if looked.elapsed() > LOOKS_AGAIN {
                looked = Instant::now();
                self.comes_online().await?;
            }
            Ok(self.text().await?.contains(text).then_some(()))
        });
        match seen.await {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}; the page reads: {}", self.text().await?),
        }
    }

    /// Waits until the page does not show this text any more, looking again as [`Browser::look_until`] does.
    ///
    /// # Errors
    /// When it stays.
    pub async fn look_until_gone(&self, text: &str) -> Result<()> {
        let mut looked = Instant::now();
        self.comes_online().await?;
        eventually(&format!("\"{text}\" to go"), async || {
            if looked.elapsed() > LOOKS_AGAIN {
                looked = Instant::now();
                self.comes_online().await?;
            }
            Ok((!self.text().await?.contains(text)).then_some(()))
        })
        .await
    }

    /// On the first screen or the region's: waits until this stands beside that label in the tables, and stays there.
    ///
    /// # Errors
    /// With what stands there instead.
    pub async fn look_for_figure(&self, label: &str, value: &str) -> Result<()> {
        self.tap("button", "Tabellen").await?;
        self.place("heading", "Tabellen").await?;
        self.look_for_fact(label, value).await
    }

    /// The same of tables that are open already.
    ///
    /// # Errors
    /// With what stands there instead.
    pub async fn look_for_fact(&self, label: &str, value: &str) -> Result<()> {
        let mut looked = Instant::now();
        self.comes_online().await?;
        let what = format!("{label}: {value}");
        let seen = eventually(&what, async || {
            if looked.elapsed() > LOOKS_AGAIN {
                looked = Instant::now();
                self.comes_online().await?;
            }
            Ok((self.fact(label).await? == value).then_some(()))
        });
        if let Err(error) = seen.await {
            bail!("{error:#}; it is \"{}\"", self.fact(label).await?);
        }
        Ok(())
    }

    /// The rows of the table whose caption begins so, as a screen reader reads them: cells joined by a bar.
    ///
    /// # Errors
    /// When there is no such table.
    pub async fn table(&self, caption: &str) -> Result<Vec<String>> {
        let rows = self.run(TABLE, json!([caption])).await?;
        let rows = rows.as_array().context("there is no such table")?;
        let rows = rows.iter().filter_map(|row| row.as_str());
        Ok(rows.map(str::to_owned).collect())
    }
}

const TABLE: &str = "const found = [...document.querySelectorAll('table')]\
    .find((one) => one.caption?.innerText.trim().startsWith(arguments[0])); \
    return found ? [...found.rows].map((row) => \
      [...row.cells].map((cell) => cell.innerText.trim()).join('|')) : null";
