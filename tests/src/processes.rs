//! Ending a process and everything it started, read from `/proc`.
//!
//! Deliberately not here: ending by name; another journey's browser has the same one.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::wait::eventually;

/// Every process that descends from `parent`, the youngest first.
pub(crate) fn descendants(parent: u32) -> Result<Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").context("journeys read /proc: run them on Linux")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Some(of) = parent_of(process) {
            children.entry(of).or_default().push(process);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![parent];
    while let Some(process) = open.pop() {
        let own = children.remove(&process).unwrap_or_default();
        found.extend(&own);
        open.extend(own);
    }
    found.reverse();
    Ok(found)
}

fn parent_of(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in brackets and may hold anything, so the fields are counted from its end.
    let (_, fields) = status.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

/// Whether it runs: a process that ended but was not yet collected does not.
fn runs(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat"))
        .ok()
        .and_then(|status| {
            status
                .rsplit_once(')')
                .map(|(_, fields)| fields.trim().to_owned())
        })
        .is_some_and(|fields| !fields.starts_with('Z'))
}

/// SIGKILL to all of them at once, as a phone that ends an app does.
pub(crate) fn kill(processes: &[u32]) {
    if processes.is_empty() {
        return;
    }
    // Some are gone by now; that is no error.
    let _ = Command::new("kill")
        .arg("-KILL")
        .args(processes.iter().map(u32::to_string))
        .stderr(std::process::Stdio::null())
        .status();
}

/// Asks a process to end by itself.
pub(crate) fn terminate(process: u32) -> Result<()> {
    signal(process, "-TERM")
}

/// Sends a signal as `kill` names it, such as `-STOP`.
pub(crate) fn signal(process: u32, signal: &str) -> Result<()> {
    let status = Command::new("kill")
        .arg(signal)
        .arg(process.to_string())
        .status()?;
    if !status.success() {
        bail!("the process was gone before it got {signal}");
    }
    Ok(())
}

/// Waits until none of them runs.
pub(crate) async fn ended(processes: &[u32]) -> Result<()> {
    eventually("the processes to end", async || {
        Ok((!processes.iter().copied().any(runs)).then_some(()))
    })
    .await
}
