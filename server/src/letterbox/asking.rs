//! Who makes a call from where, as far as it is said before anything is verified, and whether that is listened to.
//!
//! Deliberately not here: believing it. What it opens is a call that is verified as any other.

use std::net::IpAddr;

use axum::http::request::Parts;
use veldpost_domain::StreamId;
use veldpost_envelope::wire::{Call, Code, SignedBy};
use veldpost_relay::Pushing;

use super::answer::Refusal;
use super::caller;
use super::held::Room;
use super::{Letterbox, now};

/// One call, beside what is in it.
pub(super) struct Asking {
    pub(super) address: Option<IpAddr>,
    /// Why its address has to wait.
    waits: Option<Refusal>,
    /// The key that is to have signed, or the streams of a push.
    names: Vec<Vec<u8>>,
    /// For its body and its answer.
    pub(super) room: Option<Room>,
}

impl Letterbox {
    /// Before anything of a call is read.
    pub(super) fn asking(&self, parts: &Parts, address: Option<IpAddr>, now: i64) -> Asking {
        Asking {
            address,
            waits: self.limits.listen_to(address, now).err(),
            names: caller::named(&parts.headers).into_iter().collect(),
            room: None,
        }
    }

    /// Whether it is listened to. Whose a push is stands in it, so that it is read first.
    pub(super) fn listens(
        &self,
        asking: &Asking,
        call: Option<Call>,
        now: i64,
    ) -> Result<(), Refusal> {
        match &asking.waits {
            Some(refusal) if call != Some(Call::Entries) && !self.knows(asking, now) => {
                Err(refusal.clone())
            }
            _ => Ok(()),
        }
    }

    /// Whether more of a push is worth reading.
    pub(super) fn goes_on(&self, asking: &Asking, pushing: &Pushing) -> bool {
        let known = |stream: StreamId| self.has_served(asking, &stream.0, now());
        asking.waits.is_none() || pushing.streams().all(known)
    }

    /// The same for a push: of an address that has to wait nothing is verified but of streams that are known.
    pub(super) fn listens_to_push(
        &self,
        asking: &mut Asking,
        pushing: &Pushing,
        now: i64,
    ) -> Result<(), Refusal> {
        let streams = pushing.streams();
        asking.names = streams.map(|stream| stream.0.to_vec()).collect();
        asking.names.dedup();
        match &asking.waits {
            Some(refusal) if !self.knows(asking, now) => Err(refusal.clone()),
            _ => Ok(()),
        }
    }

    fn knows(&self, asking: &Asking, now: i64) -> bool {
        let mut names = asking.names.iter();
        !asking.names.is_empty() && names.all(|name| self.has_served(asking, name, now))
    }

    fn has_served(&self, asking: &Asking, name: &[u8], now: i64) -> bool {
        let address = asking.address;
        address.is_some_and(|address| self.known.has(address, name, now))
    }

    /// How it ended is remembered of whom it named.
    pub(super) fn remember(
        &self,
        asking: &Asking,
        call: Option<Call>,
        code: Option<Code>,
        now: i64,
    ) {
        let (Some(address), Some(call)) = (asking.address, call) else {
            return;
        };
        for name in &asking.names {
            match code {
                None if names_who_may(call) => self.known.served(address, name, now),
                Some(code) if matches!(code.status(), 400 | 401 | 403 | 413 | 422) => {
                    self.known.refused(address, name);
                }
                _ => {}
            }
        }
    }
}

/// Whether an answer says that the region knows who called. What any key may ask, a stranger may.
fn names_who_may(call: Call) -> bool {
    match call.signed_by() {
        SignedBy::AnyKey => false,
        SignedBy::Nobody => call == Call::Entries,
        _ => true,
    }
}
