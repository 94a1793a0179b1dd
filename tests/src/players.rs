//! Who plays the demonstration's region, as a process of its own.
//!
//! Deliberately not here: what it plays (`demo/`).

use std::process::{Child, Command};

use anyhow::{Context as _, Result};

use crate::server::Server;

/// The process; it ends with this value.
#[derive(Debug)]
pub struct Players(Child);

impl Players {
    /// Begins the region at a server that was started with [`crate::ServerChoices::demo_region`].
    ///
    /// # Errors
    /// When it was not built beside the server's binary.
    pub fn at(server: &Server) -> Result<Self> {
        let mut command = Command::new(server.built().server.with_file_name("veldpost-demo"));
        command.arg("--relay").arg(server.url(""));
        command.arg("--invitation").arg(server.invitation());
        let process = command.spawn();
        Ok(Self(process.context(
            "no veldpost-demo beside the server: run the journeys with cargo xtask test --only journeys",
        )?))
    }
}

impl Drop for Players {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
