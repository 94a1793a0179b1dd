//! Joining a region by an invitation: read the roster, read the welcome, ask the person, send the join.
//!
//! Not here: the words, writing to the disk, and being admitted, which is an act of a coordinator. One call is under way
//! at a time; whatever is no word of a relay (a login page, garbage, silence) is tried again at a pace.

mod answers;
mod caller;
mod outcome;
mod problem;
mod read;

pub use outcome::{Enrolled, Offer, Progress};
pub use problem::{EnrolProblem, Remedy};

use crate::effect::Effect;
use crate::event::Event;
use crate::rows::JoinRow;
use caller::Caller;
use read::Reading;
use veldpost_envelope::invitation::{JoinInput, Welcome};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::wire::{Call, JoinAsk, RosterAsk, WelcomeAsk};
use veldpost_envelope::{
    DeviceSigningKey, EncryptionPublic, InvitationKeys, Join, Link, RandomBytes, request,
};

enum Stage {
    Roster,
    Welcome,
    Offered,
    Agreed,
    Join,
    Enrolled(Box<Enrolled>),
    Failed(EnrolProblem),
}

/// One device that joins by one link.
pub struct Enrol {
    origin: String,
    secret: Secret,
    keys: InvitationKeys,
    encryption: EncryptionPublic,
    caller: Caller,
    reading: Reading,
    welcome: Option<(Welcome, Vec<u8>)>,
    offer: Option<Offer>,
    row: Option<JoinRow>,
    stage: Stage,
}

impl Enrol {
    /// Reads the text of a link.
    ///
    /// # Errors
    /// `NotALink`, `NewerLink`.
    pub fn read_link(text: &str) -> Result<Link, EnrolProblem> {
        Ok(Link::parse(text)?)
    }

    /// Begins with a link, at its relay or, where it names none, at `own_origin`: where the app comes from. The first
    /// event, whichever, makes the first call.
    ///
    /// # Errors
    /// `Origin` when that is not an address.
    pub fn begin(
        link: Link,
        own_origin: &str,
        key: DeviceSigningKey,
        encryption: EncryptionPublic,
    ) -> Result<Self, EnrolProblem> {
        let relay = link.relay.as_ref().map(|relay| relay.as_str());
        let origin = relay.unwrap_or(own_origin).to_owned();
        Self::at(origin, link.keys(), link.secret, key, encryption)
    }

    /// Goes on with a join that was made: its answer was lost, or the app was closed. The very same join is sent, which
    /// is a no-op at a relay that has it.
    ///
    /// # Errors
    /// `Row` when it is not this device's; `Origin`.
    pub fn resume(row: JoinRow, key: DeviceSigningKey) -> Result<Self, EnrolProblem> {
        let join = Join::from_bytes(&row.join).map_err(|_| EnrolProblem::Row)?;
        let keys = InvitationKeys::derive(&row.secret, &row.region, &row.invitation);
        let own = join.request().device == key.public();
        if !own || join.verify_with(&keys).is_err() {
            return Err(EnrolProblem::Row);
        }
        let (origin, encryption) = (row.relay.clone(), join.request().encryption);
        let enrol = Self::at(origin, keys, row.secret.clone(), key, encryption)?;
        Ok(Self {
            row: Some(row),
            ..enrol
        })
    }

    fn at(
        origin: String,
        keys: InvitationKeys,
        secret: Secret,
        key: DeviceSigningKey,
        encryption: EncryptionPublic,
    ) -> Result<Self, EnrolProblem> {
        let authority = request::authority(&origin).ok_or(EnrolProblem::Origin)?;
        Ok(Self {
            reading: Reading::new(keys.region()),
            caller: Caller::new(key, authority),
            origin,
            secret,
            keys,
            encryption,
            welcome: None,
            offer: None,
            row: None,
            stage: Stage::Roster,
        })
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress<'_> {
        let unreachable = self.caller.unreachable;
        match (&self.stage, &self.offer, &self.row) {
            (Stage::Enrolled(enrolled), _, _) => Progress::Enrolled(enrolled),
            (Stage::Failed(problem), _, _) => Progress::Failed(*problem),
            (Stage::Offered, Some(offer), _) => Progress::Offered(offer),
            (Stage::Agreed, _, Some(row)) => Progress::Agreed(row),
            (Stage::Join, _, _) => Progress::Joining { unreachable },
            _ => Progress::Reading { unreachable },
        }
    }

    /// What the person is asked to agree to, once it was read.
    #[must_use]
    pub fn offer(&self) -> Option<&Offer> {
        self.offer.as_ref()
    }

    /// What has to be written, once it joined.
    #[must_use]
    pub fn into_enrolled(self) -> Option<Enrolled> {
        match self.stage {
            Stage::Enrolled(enrolled) => Some(*enrolled),
            _ => None,
        }
    }

    /// The relay's origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The person agrees and calls itself `name`: makes the join. Nothing is sent before its row is on the disk and
    /// [`Enrol::kept`] says so: else an answer that is lost could not be asked for again.
    ///
    /// # Errors
    /// `Name`, after which it may be tried again; `NotNow`; `Expired`, after which it is over.
    pub fn agree(
        &mut self,
        name: &str,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> Result<&JoinRow, EnrolProblem> {
        let (Stage::Offered, Some(offer)) = (&self.stage, &self.offer) else {
            return Err(EnrolProblem::NotNow);
        };
        if self.caller.relay_time(now) >= offer.ends {
            self.stage = Stage::Failed(EnrolProblem::Expired);
            return Err(EnrolProblem::Expired);
        }
        let roster = self.reading.roster.as_ref().ok_or(EnrolProblem::NotNow)?;
        let input = JoinInput {
            encryption: self.encryption,
            roster_height: roster.height(),
            roster_head: roster.head(),
            name,
            at: now,
        };
        let join = Join::make(&self.keys, self.caller.key(), &input, rng);
        let join = join.map_err(|_| EnrolProblem::Name)?;
        self.stage = Stage::Agreed;
        Ok(self.row.insert(JoinRow {
            region: self.keys.region(),
            relay: self.origin.clone(),
            invitation: self.keys.invitation(),
            secret: self.secret.clone(),
            join: join.bytes().to_vec(),
            at: now,
        }))
    }

    /// The row of the join is on the disk: the join goes out. Nothing at any other time.
    pub fn kept(&mut self, now: i64, rng: &mut dyn RandomBytes) -> Vec<Effect> {
        if matches!(self.stage, Stage::Agreed) {
            self.stage = Stage::Join;
        }
        self.go_on(now, rng)
    }

    /// Takes an event at `now`, milliseconds since 1970 by this device's clock, right or wrong.
    pub fn handle(&mut self, event: Event<'_>, now: i64, rng: &mut dyn RandomBytes) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Wake(wake) => self.caller.woken(wake),
            Event::Answered { call, response } => {
                if let Some(flight) = self.caller.landed(call) {
                    effects.extend(self.answered(flight, &response, now, rng));
                }
            }
            Event::Unanswered { call } if self.caller.landed(call).is_some() => {
                self.unanswered(None, now, rng);
            }
            _ => {}
        }
        effects.extend(self.go_on(now, rng));
        effects
    }

    fn go_on(&mut self, now: i64, rng: &mut dyn RandomBytes) -> Vec<Effect> {
        let Some((path, body)) = self.wanted() else {
            return Vec::new();
        };
        if self.caller.is_free(now) {
            return vec![self.caller.ask(path, body, now, rng)];
        }
        self.caller.wake_later(now).into_iter().collect()
    }

    /// What is to be asked next.
    fn wanted(&self) -> Option<(Call, Vec<u8>)> {
        let (region, invitation) = (self.keys.region(), self.keys.invitation());
        match (&self.stage, &self.row) {
            (Stage::Roster, _) => {
                let from = self.reading.acts.len() as u64;
                Some((Call::Roster, RosterAsk { region, from }.to_bytes()))
            }
            (Stage::Welcome, _) => {
                let ask = WelcomeAsk { region, invitation };
                Some((Call::Welcome, ask.to_bytes()))
            }
            (Stage::Join, Some(row)) => {
                let ask = JoinAsk {
                    region,
                    token: *self.keys.relay_token().bytes(),
                    join: &row.join,
                };
                Some((Call::Join, ask.to_bytes()))
            }
            _ => None,
        }
    }
}
