//! A real Chromium with its own driver, started on a profile, ended politely or by SIGKILL.
//!
//! Deliberately not here: looking for a driver or fetching one; `cargo xtask test` installs both.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use thirtyfour::{Capabilities, WebDriver};

use crate::processes;
use crate::profile::Profile;

const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    // Without this rule Chromium looks up its maker's hosts at every start.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
];

/// A browser that runs.
#[derive(Debug)]
pub struct Browser {
    /// The session, for what the verbs of this crate do not cover.
    pub driver: WebDriver,
    process: DriverProcess,
}

impl Browser {
    /// Starts a browser on `profile`, which keeps everything after the browser has gone.
    ///
    /// # Errors
    /// When Chromium or its driver does not start.
    pub async fn start(profile: &Profile) -> Result<Self> {
        Self::start_with(profile, &[]).await
    }

    /// Starts a browser with more command line flags.
    ///
    /// # Errors
    /// When Chromium or its driver does not start.
    pub async fn start_with(profile: &Profile, more: &[&str]) -> Result<Self> {
        let process = DriverProcess::start()?;
        let mut flags: Vec<String> = FLAGS
            .iter()
            .chain(more)
            .map(|flag| (*flag).to_owned())
            .collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let mut capabilities = Capabilities::new();
        capabilities.set("browserName", json!("chrome"))?;
        capabilities.set(
            "goog:chromeOptions",
            json!({ "args": flags, "binary": chromium()? }),
        )?;
        capabilities.set("goog:loggingPrefs", json!({ "browser": "ALL" }))?;
        let address = format!("http://127.0.0.1:{}", process.port);
        let driver = WebDriver::builder(address, capabilities)
            .request_timeout(Duration::from_secs(120))
            .connect()
            .await
            .context("Chromium did not start")?;
        driver.set_script_timeout(Duration::from_secs(60)).await?;
        Ok(Self { driver, process })
    }

    /// Closes the browser as a person does.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn quit(self) -> Result<()> {
        let Self { driver, process } = self;
        driver.quit().await?;
        drop(process);
        Ok(())
    }

    /// Ends the browser as a phone does that needs its memory: SIGKILL to every process, no goodbye.
    ///
    /// # Errors
    /// When a process survives.
    pub async fn kill(self) -> Result<()> {
        let Self { driver, process } = self;
        let browser = processes::descendants(process.child.id())?;
        if browser.is_empty() {
            bail!("there is no browser to kill");
        }
        processes::kill(&browser);
        processes::ended(&browser).await?;
        // The session is gone with its browser; asking it to quit would only wait.
        let _ = driver.leak();
        Ok(())
    }

    /// The driver's process, whose descendants are the browser.
    pub(crate) fn driver_process(&self) -> u32 {
        self.process.child.id()
    }

    /// Sends one command of the DevTools protocol.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        self.driver
            .cdp()
            .send_raw(method, parameters)
            .await
            .with_context(|| format!("{method} was refused"))
    }
}

fn chromium() -> Result<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("chromium"))
        .find(|file| file.exists())
        .map(|file| file.display().to_string())
        .context("there is no chromium: cargo xtask test --only journeys installs it")
}

/// So many other ports a driver may ask for.
const PORTS: u32 = 4;

/// chromedriver on a port of its own; dropping it ends it and whatever it started.
#[derive(Debug)]
struct DriverProcess {
    child: Child,
    port: u16,
    /// Held open: a driver whose output is closed ends at its next word.
    out: Option<BufReader<ChildStdout>>,
}

impl DriverProcess {
    /// The port that it is given may be taken at its other address by then: it ends, and another is asked for.
    fn start() -> Result<Self> {
        let mut tries = 0;
        loop {
            match Self::start_once() {
                Err(_) if tries < PORTS => tries += 1,
                started => return started,
            }
        }
    }

    fn start_once() -> Result<Self> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("there is no chromedriver: cargo xtask test --only journeys installs it")?;
        let mut out = BufReader::new(child.stdout.take().context("chromedriver has no output")?);
        let mut process = Self {
            child,
            port: 0,
            out: None,
        };
        let mut said = String::new();
        loop {
            let start = said.len();
            if out.read_line(&mut said)? == 0 {
                bail!("chromedriver did not start: {said}");
            }
            let line = said.get(start..).unwrap_or_default();
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                process.port = port.trim().trim_end_matches('.').parse()?;
                process.out = Some(out);
                return Ok(process);
            }
        }
    }
}

impl Drop for DriverProcess {
    fn drop(&mut self) {
        let mut all = processes::descendants(self.child.id()).unwrap_or_default();
        all.push(self.child.id());
        processes::kill(&all);
        let _ = self.child.wait();
    }
}
