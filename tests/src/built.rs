//! Where the things under test are: the built app, the server's binary, axe-core.
//!
//! Deliberately not here: building them; `cargo xtask test` does that and names them in the environment.

use std::path::PathBuf;

use anyhow::{Result, bail};

/// The things under test.
#[derive(Clone, Debug)]
pub struct Built {
    /// The folder of the built app.
    pub app: PathBuf,
    /// The server's binary.
    pub server: PathBuf,
    /// axe-core's file.
    pub axe: PathBuf,
}

impl Built {
    /// What `VELDPOST_APP`, `VELDPOST_SERVER` and `VELDPOST_AXE` name.
    ///
    /// # Errors
    /// Names the variable that is missing or points nowhere.
    pub fn find() -> Result<Self> {
        Ok(Self {
            app: named("VELDPOST_APP")?,
            server: named("VELDPOST_SERVER")?,
            axe: named("VELDPOST_AXE")?,
        })
    }
}

fn named(variable: &str) -> Result<PathBuf> {
    const REMEDY: &str = "run the journeys with cargo xtask test --only journeys";
    match std::env::var_os(variable).map(PathBuf::from) {
        Some(path) if path.exists() => Ok(path),
        Some(path) => bail!(
            "{variable} names {}, which is not there: {REMEDY}",
            path.display()
        ),
        None => bail!("{variable} is not set: {REMEDY}"),
    }
}
