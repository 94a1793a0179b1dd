//! `cargo xtask run`: from a fresh clone to an address that opens in a browser.
//!
//! Deliberately not here: rebuilding on each change; run it again, only what changed is built.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::arguments::Arguments;
use crate::build::{self, Quality};
use crate::dist::Worker;
use crate::shell::{root, say};

/// `cargo xtask run [--demo] [--lan] [--port N] [--data DIR] [--founding WHO] [--dev]`
pub fn command(arguments: &[String]) -> Result<()> {
    let mut arguments = Arguments::new("run", arguments);
    let quality = if arguments.flag("--dev") {
        Quality::Dev
    } else {
        Quality::Release
    };
    let (demo, lan) = (arguments.flag("--demo"), arguments.flag("--lan"));
    let port = match arguments.value("--port")? {
        Some(port) => port
            .parse::<u16>()
            .context("--port takes a number up to 65535")?,
        None => 8480,
    };
    let data = arguments
        .value("--data")?
        .map_or_else(|| root().join("data"), Into::into);
    let founding = founding(lan, arguments.value("--founding")?);
    arguments.finish()?;
    free(port, lan)?;
    let dist = build::app(quality, Worker::Shell)?;
    let mut server = Command::new(build::server(Quality::Dev)?);
    server.arg("--app").arg(dist).arg("--data").arg(&data);
    server.arg("--listen").arg(format!("{}:{port}", host(lan)));
    if let Some(who) = founding {
        server.arg("--founding").arg(who);
    }
    if demo {
        server.arg("--demo");
    }
    if demo && lan {
        say(
            "▸ over the network the demonstration is a region of one: its devices are shown on this machine only",
        );
    } else if demo {
        let invitation = data.join("demo-invitation");
        play(port, &data, &invitation)?;
        server.arg("--demo-invitation").arg(invitation);
    }
    if lan {
        server.arg("--lan");
    }
    say("▸ server (Ctrl-C stops it)");
    serve(server)
}

/// Starts who plays the demonstration's region. It waits for the server, and ends when that is gone.
fn play(port: u16, data: &Path, invitation: &Path) -> Result<()> {
    std::fs::create_dir_all(data)
        .context("the data folder cannot be made: choose another with --data")?;
    // Nobody may come by one of an earlier region, whose coordinator is gone.
    let _ = std::fs::remove_file(invitation);
    let mut demo = Command::new(build::demo()?);
    demo.args([
        "--relay",
        &format!("http://localhost:{port}"),
        "--invitation",
    ]);
    demo.arg(invitation)
        .spawn()
        .context("the demonstration cannot be started: run again")?;
    Ok(())
}

fn host(lan: bool) -> &'static str {
    if lan { "0.0.0.0" } else { "127.0.0.1" }
}

/// Who may begin a region. On this machine's own address nobody else comes; for a whole network the server makes a code.
fn founding(lan: bool, said: Option<String>) -> Option<String> {
    said.or_else(|| (!lan).then(|| String::from("open")))
}

/// A build takes minutes; a taken port is told before it.
fn free(port: u16, lan: bool) -> Result<()> {
    match std::net::TcpListener::bind((host(lan), port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!(
                "port {port} is in use: choose another with --port {}",
                port.saturating_add(1)
            )
        }
        Err(error) => {
            Err(error).with_context(|| format!("port {port} cannot be used: try --port 8480"))
        }
    }
}

/// The server takes the place of this program, so that a signal to it stops the server.
#[cfg(unix)]
fn serve(mut server: Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(server.exec()).context("the server cannot be started: run again")
}

#[cfg(not(unix))]
fn serve(mut server: Command) -> Result<()> {
    crate::shell::run(&mut server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_begins_without_a_code_on_this_machine_only() {
        assert_eq!(founding(false, None).as_deref(), Some("open"));
        assert_eq!(founding(true, None), None);
        let said = || Some(String::from("closed"));
        assert_eq!(founding(false, said()), said());
        assert_eq!(founding(true, said()), said());
    }
}
