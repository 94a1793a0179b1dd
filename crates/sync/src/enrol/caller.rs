//! Signed calls of a device that is no member yet: one under way at a time, tried again at a pace.
//!
//! Not here: what is asked and what answers mean.

use crate::effect::Effect;
use crate::event::Wake;
use crate::pace::Pace;
use veldpost_envelope::wire::{Call, Problem};
use veldpost_envelope::{DeviceSigningKey, RandomBytes, random, request};

/// A call under way.
pub(super) struct Flight {
    call: u64,
    path: Call,
    body: Vec<u8>,
    /// It was signed anew already.
    again: bool,
}

impl Flight {
    pub fn path(&self) -> Call {
        self.path
    }
}

/// Who calls, and what it knows of the relay's clock.
pub(super) struct Caller {
    key: DeviceSigningKey,
    authority: String,
    flight: Option<Flight>,
    pace: Pace,
    /// What the relay's clock is ahead, in milliseconds.
    offset: i64,
    numbers: u64,
    waking: Option<i64>,
    /// The last try brought no word of a relay.
    pub unreachable: bool,
}

impl Caller {
    pub fn new(key: DeviceSigningKey, authority: String) -> Self {
        Self {
            key,
            authority,
            flight: None,
            pace: Pace::default(),
            offset: 0,
            numbers: 0,
            waking: None,
            unreachable: false,
        }
    }

    pub fn key(&self) -> &DeviceSigningKey {
        &self.key
    }

    /// The relay's time, to within the 300 seconds in which it takes a call.
    pub fn relay_time(&self, now: i64) -> i64 {
        now.saturating_add(self.offset)
    }

    pub fn woken(&mut self, wake: Wake) {
        match wake {
            Wake::Due => self.waking = None,
            Wake::Opened | Wake::Online => self.pace.hint(),
            Wake::Visible | Wake::Minute => {}
        }
    }

    pub fn landed(&mut self, call: u64) -> Option<Flight> {
        self.flight.take_if(|flight| flight.call == call)
    }

    pub fn failed(&mut self, now: i64, retry_after: Option<u32>, rng: &mut dyn RandomBytes) {
        self.pace.failed(now, retry_after, rng);
    }

    pub fn succeeded(&mut self) {
        self.pace.succeeded();
        self.unreachable = false;
    }

    /// Whether a call may be made now.
    pub fn is_free(&self, now: i64) -> bool {
        self.flight.is_none() && self.pace.due(now).is_none()
    }

    pub fn ask(
        &mut self,
        path: Call,
        body: Vec<u8>,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> Effect {
        let flight = Flight {
            call: 0,
            path,
            body,
            again: false,
        };
        self.send(flight, now, rng)
    }

    /// Signs the same once more, by the relay's clock. None when that was done already.
    pub fn sign_anew(
        &mut self,
        flight: Flight,
        problem: &Problem,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> Option<Effect> {
        if flight.again {
            return None;
        }
        if let Some(relay) = problem.now {
            self.offset = relay.saturating_sub(now);
        }
        let flight = Flight {
            again: true,
            ..flight
        };
        Some(self.send(flight, now, rng))
    }

    fn send(&mut self, flight: Flight, now: i64, rng: &mut dyn RandomBytes) -> Effect {
        self.numbers += 1;
        let (call, path, body) = (self.numbers, flight.path, flight.body.clone());
        let created = request::created_at(self.relay_time(now));
        let nonce = random::array(rng);
        let headers = request::sign(path, &self.authority, &body, created, &nonce, &self.key);
        self.flight = Some(Flight { call, ..flight });
        Effect::Send {
            call,
            path,
            headers: Some(headers),
            body,
        }
    }

    /// When to come back, while something is still to be asked.
    pub fn wake_later(&mut self, now: i64) -> Option<Effect> {
        let next = self.pace.due(now).filter(|_| self.flight.is_none());
        if next.is_none() || next == self.waking {
            return None;
        }
        self.waking = next;
        next.map(Effect::WakeAt)
    }
}
