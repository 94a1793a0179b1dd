//! The demonstration's region: a coordinator and three devices, played by one process over the real relay.
//!
//! One device sent everything; one still holds records and is not heard of again; one waits to be admitted. What the first
//! two sent gives the published tables of November 2024. Whoever opens the app is invited as a coordinator, one browser an
//! invitation. Not here: the relay and the app, which are the ones that ship.

mod http;
mod joining;
mod office;
mod outside;
mod phone;
mod region;

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::invitation::Origin;
use veldpost_envelope::{Purpose, request};
use veldpost_sync::{Event, Wake};

use crate::office::{Office, Wanted};

/// How often it is looked at who opened the app.
const LOOK: Duration = Duration::from_millis(500);
/// For how many looks a relay may be away before this process ends with it.
const AWAY: u32 = 10;
/// For how many looks the relay may take to begin.
const BEGINS: u32 = 600;

const HELP: &str = "veldpost-demo --relay http://localhost:8480 --invitation FILE";

fn main() -> Result<()> {
    let (relay, file) = arguments()?;
    let authority = request::authority(&relay).context(HELP)?;
    // Of an earlier region, whose coordinator is gone.
    let _ = std::fs::remove_file(&file);
    if !is_there(&authority, BEGINS) {
        bail!("no relay answers at {relay}");
    }
    let mut office = region::begin(&relay)?;
    host(&mut office, &relay, &authority, &file)
}

fn arguments() -> Result<(String, PathBuf)> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = given.iter().position(|argument| argument == name)?;
        given.get(at + 1).cloned()
    };
    let relay = value("--relay").context(HELP)?;
    Ok((relay, value("--invitation").context(HELP)?.into()))
}

/// Invites one browser after the other, and makes each a coordinator, until the relay is gone.
fn host(office: &mut Office, relay: &str, authority: &str, file: &Path) -> Result<()> {
    let app = Origin::parse(relay).context(HELP)?;
    for number in 1_u32.. {
        let coordinates = Purpose::ALL.map(Role::Coordinator);
        let link = office.invite(Wanted {
            form: InviteForm::Single,
            roles: coordinates.to_vec(),
            uses: 1,
            organisation: None,
            name: &format!("Kijker {number}"),
        })?;
        publish(file, &link.address(&app))?;
        let join = loop {
            if let Some(join) = office.newcomer(link.invitation) {
                break join;
            }
            if !is_there(authority, AWAY) {
                return Ok(());
            }
            sleep(LOOK);
            office.phone.tell(Event::Wake(Wake::Minute))?;
        };
        office.admit_join(&join)?;
    }
    Ok(())
}

/// Whole or not there: the server reads it at any time.
fn publish(file: &Path, link: &str) -> Result<()> {
    let beside = file.with_extension("new");
    std::fs::write(&beside, link)
        .and_then(|()| std::fs::rename(&beside, file))
        .with_context(|| format!("the invitation cannot be written to {}", file.display()))
}

fn is_there(authority: &str, looks: u32) -> bool {
    (0..looks).any(|look| {
        if look > 0 {
            sleep(LOOK);
        }
        TcpStream::connect(authority).is_ok()
    })
}
