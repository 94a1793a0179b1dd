//! The region comes back in a fresh browser, by the code on paper: its roster is read from the relay, and an act seats
//! this device as coordinator and replaces the code.
//!
//! Not here: making that act (`veldpost-envelope`), and sending it: the post does that from what was written.

use super::field::{Browser, Field};
use super::post::Rng;
use crate::browser::{clock, http};
use std::rc::Rc;
use veldpost_envelope::kit::KitProblem;
use veldpost_envelope::wire::{Call, Code, Reply, RosterAnswer, RosterAsk, judge};
use veldpost_envelope::{
    EnvelopeError, Genesis, Joined, RecoveryKit, Roster, UnlockSecret, random, request,
};
use veldpost_journal::rows::Settings;
use veldpost_journal::{NewMember, Outside, Protection};

/// Why a region does not come back. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryProblem {
    /// A row is not what stands on the paper.
    Misread(KitProblem),
    /// The relay cannot be reached.
    Unreachable,
    /// The relay refuses, or does not know the region.
    Refused(Code),
    /// What the relay shows does not verify.
    Broken,
    /// A code that was replaced by a newer one, or another region's.
    OldKit,
    /// The region changed its keys so often that all of them do not fit one act.
    TooMany,
}

/// A region that can be taken up again.
pub struct Found {
    kit: RecoveryKit,
    roster: Roster,
    acts: Vec<Vec<u8>>,
}

/// What the act and the new code are; nothing was written or sent.
pub struct Prepared {
    found: Found,
    member: NewMember,
    /// The code that counts from then on.
    pub kit: Rc<RecoveryKit>,
}

/// Reads the region that a code belongs to.
pub async fn find(typed: &str) -> Result<Found, RecoveryProblem> {
    let kit = RecoveryKit::parse(typed).map_err(RecoveryProblem::Misread)?;
    let (acts, roster) = read(&kit, Vec::new(), None).await?;
    if roster.is_kit(&kit) {
        Ok(Found { kit, roster, acts })
    } else {
        Err(RecoveryProblem::OldKit)
    }
}

/// The region's acts at the relay, behind those that are known.
async fn read(
    kit: &RecoveryKit,
    mut acts: Vec<Vec<u8>>,
    mut roster: Option<Roster>,
) -> Result<(Vec<Vec<u8>>, Roster), RecoveryProblem> {
    let caller = NewMember::make(&Browser);
    loop {
        let ask = RosterAsk {
            region: kit.region(),
            from: acts.len() as u64,
        };
        let body = call(&caller, Call::Roster, &ask.to_bytes()).await?;
        let answer = RosterAnswer::from_bytes(&body).map_err(|_| RecoveryProblem::Broken)?;
        let before = acts.len();
        for act in &answer.acts {
            match &mut roster {
                None => {
                    let genesis = Genesis::verify(act).map_err(|_| RecoveryProblem::Broken)?;
                    if genesis.region != kit.region() {
                        return Err(RecoveryProblem::Broken);
                    }
                    roster = Some(Roster::new(&genesis));
                }
                Some(roster) => {
                    roster.take(act).map_err(|_| RecoveryProblem::Broken)?;
                }
            }
            acts.push(act.to_vec());
        }
        let Some(read) = roster.take_if(|read| read.height() >= answer.head.height) else {
            if acts.len() == before {
                return Err(RecoveryProblem::Broken);
            }
            continue;
        };
        return Ok((acts, read));
    }
}

/// Signs with a key that is nobody's: anybody who knows the region may read its roster.
async fn call(caller: &NewMember, call: Call, body: &[u8]) -> Result<Vec<u8>, RecoveryProblem> {
    let origin = http::own_origin();
    let authority = request::authority(&origin).ok_or(RecoveryProblem::Unreachable)?;
    let mut now = clock::now();
    for _ in 0..2 {
        let nonce = random::array(&mut Rng);
        let created = request::created_at(now);
        let signed = request::sign(call, &authority, body, created, &nonce, caller.signing());
        let address = [&origin, call.path()].concat();
        let answer = http::post(&address, &signed.pairs(), body).await;
        let answer = answer.ok_or(RecoveryProblem::Unreachable)?;
        let kind = answer.content_type.as_deref();
        match judge(call, answer.status, kind, &answer.body) {
            Reply::Answer(body) => return Ok(body.to_vec()),
            Reply::Refusal(problem) => match problem.now {
                // The relay says what time it is: once more by that clock.
                Some(relay) if problem.code == Code::Clock => now = relay,
                _ => return Err(RecoveryProblem::Refused(problem.code)),
            },
            Reply::None => return Err(RecoveryProblem::Unreachable),
        }
    }
    Err(RecoveryProblem::Refused(Code::Clock))
}

impl Found {
    /// Makes the keys of this device, and the code that replaces the old one.
    pub fn prepare(self) -> Result<Prepared, RecoveryProblem> {
        let member = NewMember::make(&Browser);
        let device = (member.signing().public(), member.encryption());
        // Made to see that it can be: what is sent is made when it is sent.
        let recovered = self
            .roster
            .recover(&self.kit, device, Vec::new(), clock::now(), &mut Rng)
            .map_err(unmade)?;
        Ok(Prepared {
            found: self,
            member,
            kit: Rc::new(recovered.kit),
        })
    }
}

fn unmade(error: EnvelopeError) -> RecoveryProblem {
    match error {
        EnvelopeError::TooLarge(_) => RecoveryProblem::TooMany,
        _ => RecoveryProblem::OldKit,
    }
}

impl Prepared {
    /// The act that seats this device for the printed code, in the region as it is now: while it was printed and proven others
    /// may have changed it, and an act that follows an older one counts for nothing.
    async fn seated(&self) -> Result<(Vec<Vec<u8>>, Roster), RecoveryProblem> {
        let Found { kit, roster, acts } = &self.found;
        let (mut acts, mut roster) = read(kit, acts.clone(), Some(roster.clone())).await?;
        let device = (self.member.signing().public(), self.member.encryption());
        let now = clock::now();
        let act = roster.recover_again(kit, &self.kit, device, Vec::new(), now, &mut Rng);
        let act = act.map_err(unmade)?;
        roster.take(&act).map_err(|_| RecoveryProblem::Broken)?;
        acts.push(act);
        Ok((acts, roster))
    }

    /// Writes the book, once the new code was proven; the post brings the act to the relay. What the book refuses it says itself.
    pub async fn write(
        &self,
        field: Field,
        name: String,
        secret: UnlockSecret,
    ) -> Result<(), RecoveryProblem> {
        let (acts, roster) = self.seated().await?;
        let number = roster.settings_number();
        let key = self.member.encryption_key();
        let settings_key = roster.open_settings(number, key);
        let settings_key = settings_key.map_err(|_| RecoveryProblem::Broken)?;
        let mut campaign = [0; 16];
        Browser.random(&mut campaign);
        let roles = roster.roles(&self.member.signing().public());
        let joined = Joined {
            relay: &http::own_origin(),
            roster: &roster,
            acts: &acts,
            settings_key,
            came_by: None,
            group: false,
            desk: false,
            roles: &roles,
            recovery: Some(self.kit.recovery().public()),
        };
        let settings = Settings {
            campaign,
            count_date: clock::date(clock::now()),
            organisations: Vec::new(),
            areas: Vec::new(),
            blocks: Vec::new(),
            kit_proven: true,
            region: None,
            campaign_name: None,
            own_name: Some(name),
        };
        let protection = Protection::Passphrase(secret);
        let written = field
            .write_joined(&self.member, &joined, &settings, &protection)
            .await;
        field.begin(written).await;
        Ok(())
    }
}
