//! A device joins by a link, as the app does: reads, agrees, writes its book, sends the join.
//!
//! Not here: being admitted, which is a coordinator's.

use std::collections::VecDeque;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, bail};
use pollster::block_on;
use veldpost_envelope::{Link, request};
use veldpost_journal::rows::Settings;
use veldpost_journal::{Journal, NewMember, Outside as _, Protection};
use veldpost_store::Store as _;
use veldpost_store::memory::MemoryDatabase;
use veldpost_sync::{Effect, Enrol, Event, Progress, Wake};

use crate::http;
use crate::outside::{InMemory, Machine};
use crate::phone::{Book, Phone, event};

/// How often a relay is asked again that did not answer, in all.
const TRIES: usize = 60;

/// Joins a region as a device that is called so, and opens its book.
pub fn join(link: Link, origin: &str, name: &str, settings: &Settings) -> Result<Phone> {
    let member = NewMember::make(&Machine);
    let key = member.signing().clone();
    let mut enrol = Enrol::begin(link, origin, key, member.encryption())?;
    let effects = enrol.handle(Event::Wake(Wake::Opened), Machine.now(), &mut Machine);
    ask(&mut enrol, origin, effects, |progress| {
        matches!(progress, Progress::Offered(_))
    })?;
    enrol.agree(name, Machine.now(), &mut Machine)?;
    let book = write(&enrol, &member, settings)?;
    let effects = enrol.kept(Machine.now(), &mut Machine);
    ask(&mut enrol, origin, effects, |progress| {
        matches!(progress, Progress::Enrolled(_))
    })?;
    Phone::open(book, origin)
}

fn ask(
    enrol: &mut Enrol,
    origin: &str,
    effects: Vec<Effect>,
    reached: impl Fn(Progress<'_>) -> bool,
) -> Result<()> {
    let mut effects = VecDeque::from(effects);
    let mut tries = 0;
    while !reached(enrol.progress()) {
        if let Progress::Failed(problem) = enrol.progress() {
            bail!("a device of the demonstration cannot join: {problem}");
        }
        let next = match effects.pop_front() {
            Some(Effect::Send {
                call,
                path,
                headers,
                body,
            }) => {
                let pairs = headers.as_ref().map(|headers| headers.pairs());
                let pairs = pairs.as_ref().map_or(&[][..], |pairs| &pairs[..]);
                let authority = request::authority(origin).unwrap_or_default();
                let answer = http::post(&authority, path.path(), pairs, &body);
                enrol.handle(event(call, answer.as_ref()), Machine.now(), &mut Machine)
            }
            Some(_) => Vec::new(),
            None if tries < TRIES => {
                tries += 1;
                sleep(Duration::from_millis(500));
                enrol.handle(Event::Wake(Wake::Online), Machine.now(), &mut Machine)
            }
            None => bail!("the relay does not answer a device that joins"),
        };
        effects.extend(next);
    }
    Ok(())
}

fn write(enrol: &Enrol, member: &NewMember, settings: &Settings) -> Result<Book> {
    let Some(prepared) = enrol.prepared() else {
        bail!("nothing to join");
    };
    let joined = prepared.joined();
    let store = MemoryDatabase::new().open();
    block_on(store.claim())?;
    let written = Journal::join(
        store,
        Machine,
        &InMemory,
        member,
        &joined,
        settings,
        &Protection::OwnKey,
    );
    match block_on(written) {
        Ok(book) => Ok(book),
        Err((error, ..)) => Err(error.into()),
    }
}
