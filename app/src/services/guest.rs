//! The demonstration's browser joins the made-up region as one of its coordinators, by an invitation of its own.
//!
//! Not here: playing the others; a process beside the server does, and admits whoever comes. Nobody is asked anything,
//! since there is nobody to protect: the people are made up, and the key is this browser's alone.

use super::field::{Book, Browser, Field};
use super::made_up;
use super::post::{self, Rng};
use crate::browser::{clock, http};
use veldpost_journal::{JournalError, NewMember, Protection};
use veldpost_sync::{Enrol, Event, Progress, Wake};

/// Where the server hands out an invitation, when it shows such a region.
const INVITATION: &str = "/api/demo-invitation";
/// What the browser that looks is called among the devices.
const NAME: &str = "Deze browser";
/// The region may still be on its way to the relay: how often that is looked at, and for how long.
const LOOK_MS: u32 = 250;
const LOOKS: u32 = 120;
/// How many calls joining may take, with those that are tried again.
const CALLS: u32 = 60;

/// Joins. `None`: there is no such region here, or its relay does not answer.
pub async fn join(field: Field) -> Option<Result<Book, JournalError>> {
    let link = Enrol::read_link(&invitation().await?).ok()?;
    let member = NewMember::make(&Browser);
    let key = member.signing().clone();
    let mut enrol = Enrol::begin(link, &http::own_origin(), key, member.encryption()).ok()?;
    read(&mut enrol).await?;
    enrol.agree(NAME, clock::now(), &mut Rng).ok()?;
    let prepared = enrol.prepared()?;
    let mut settings = made_up::settings(field.mode);
    settings.region = Some(prepared.offer.region.clone());
    settings.own_name = Some(NAME.to_owned());
    let joined = prepared.joined();
    // The post brings the join to the relay.
    let written = field.write_joined(&member, &joined, &settings, &Protection::OwnKey);
    Some(written.await)
}

/// An invitation for this browser, once the region is there.
async fn invitation() -> Option<String> {
    for _ in 0..LOOKS {
        let answer = http::post(INVITATION, &[], &[]).await?;
        match answer.status {
            200 => return String::from_utf8(answer.body).ok(),
            503 => clock::pause(LOOK_MS).await,
            _ => return None,
        }
    }
    None
}

/// Reads what the invitation vouches for, up to where a person would be asked.
async fn read(enrol: &mut Enrol) -> Option<()> {
    let mut effects = enrol.handle(Event::Wake(Wake::Opened), clock::now(), &mut Rng);
    for _ in 0..CALLS {
        match enrol.progress() {
            Progress::Offered(_) => return Some(()),
            Progress::Reading { .. } => {}
            _ => return None,
        }
        let effect = effects.pop()?;
        effects.extend(post::carry_out(enrol, effect).await);
    }
    None
}
