//! What answers and refusals mean while a device joins.
//!
//! Not here: what is asked next.

use super::caller::Flight;
use super::read::Read;
use super::{Enrol, EnrolProblem, Enrolled, Offer, Stage};
use crate::effect::Effect;
use crate::event::Response;
use crate::rows::JoinRow;
use veldpost_envelope::wire::{
    Action, Code, JoinAnswer, Problem, Reply, RosterAnswer, WelcomeAnswer, judge,
};
use veldpost_envelope::{DevicePublic, EnvelopeError, Join, RandomBytes};

impl Enrol {
    pub(super) fn unanswered(
        &mut self,
        retry_after: Option<u32>,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) {
        self.caller.unreachable = true;
        self.caller.failed(now, retry_after, rng);
    }

    pub(super) fn answered(
        &mut self,
        flight: Flight,
        response: &Response<'_>,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> Option<Effect> {
        let Response {
            status,
            content_type,
            retry_after,
            body,
        } = *response;
        match judge(flight.path(), status, content_type, body) {
            Reply::None => self.unanswered(retry_after, now, rng),
            Reply::Answer(body) => match self.took(body, now) {
                Ok(true) => self.caller.succeeded(),
                Ok(false) => self.unanswered(retry_after, now, rng),
                Err(problem) => self.stage = Stage::Failed(problem),
            },
            Reply::Refusal(problem) => {
                self.caller.unreachable = false;
                return self.refused(flight, &problem, retry_after, now, rng);
            }
        }
        None
    }

    /// Takes an answer. Whether it was one.
    fn took(&mut self, body: &[u8], now: i64) -> Result<bool, EnrolProblem> {
        match self.stage {
            Stage::Roster => match RosterAnswer::from_bytes(body) {
                Ok(answer) => self.took_roster(&answer, now),
                Err(_) => Ok(false),
            },
            Stage::Welcome => match WelcomeAnswer::from_bytes(body) {
                Ok(answer) => self.took_welcome(answer.welcome),
                Err(_) => Ok(false),
            },
            Stage::Join => Ok(JoinAnswer::from_bytes(body)
                .is_ok_and(|answer| self.joined(Some((answer.at, answer.nth)), false))),
            _ => Ok(true),
        }
    }

    fn took_roster(&mut self, answer: &RosterAnswer<'_>, now: i64) -> Result<bool, EnrolProblem> {
        match self.reading.take(answer)? {
            Read::Nothing => return Ok(false),
            Read::More => return Ok(true),
            Read::Whole => {}
        }
        let own = self.own();
        let invitation = self.reading.invitation(&self.keys)?;
        if self.reading.removed(&own) {
            return Err(EnrolProblem::Removed);
        }
        match &self.row {
            // What was sent may be held by the relay, whatever became of the invitation since.
            Some(row) => self.vouches(row)?,
            None => {
                let now = self.caller.relay_time(now);
                self.reading.is_open(invitation, &own, now)?;
            }
        }
        self.stage = Stage::Welcome;
        Ok(true)
    }

    /// The roster that was read for a join is still there.
    fn vouches(&self, row: &JoinRow) -> Result<(), EnrolProblem> {
        let join = Join::from_bytes(&row.join).map_err(|_| EnrolProblem::Row)?;
        let (height, head) = (join.request().roster_height, join.request().roster_head);
        let roster = self.reading.roster.as_ref();
        let held = roster.and_then(|roster| roster.act_at(height));
        if held == Some(head) {
            Ok(())
        } else {
            Err(EnrolProblem::RosterBroken)
        }
    }

    fn took_welcome(&mut self, welcome: &[u8]) -> Result<bool, EnrolProblem> {
        let opened = self.keys.open_welcome(welcome);
        let opened = opened.map_err(|problem| match problem {
            EnvelopeError::Newer(_) => EnrolProblem::UpdateNeeded,
            _ => EnrolProblem::WelcomeForged,
        })?;
        let invite = &self.reading.invitation(&self.keys)?.invite;
        self.offer = Some(Offer {
            region: opened.region.clone(),
            inviter: opened.inviter.clone(),
            organisation: opened.organisation.clone(),
            roles: invite.roles.clone(),
            form: invite.form,
            uses: invite.uses,
            ends: invite.ends,
        });
        self.welcome = Some((opened, welcome.to_vec()));
        self.stage = match &self.row {
            None => Stage::Offered,
            Some(_) => Stage::Join,
        };
        if self.row.is_some() && self.reading.member(&self.own()) {
            self.joined(None, false);
        }
        Ok(true)
    }

    fn own(&self) -> DevicePublic {
        self.caller.key().public()
    }

    /// The join is held: nothing more is asked.
    fn joined(&mut self, stamp: Option<(i64, u64)>, frozen: bool) -> bool {
        let Some(prepared) = self.prepared() else {
            return false;
        };
        self.stage = Stage::Enrolled(Box::new(Enrolled {
            stamp,
            frozen,
            ..prepared
        }));
        true
    }

    /// What a device has once the person agreed, without a stamp yet: all of it goes to the disk together with the join,
    /// before that is sent.
    #[must_use]
    pub fn prepared(&self) -> Option<Enrolled> {
        let (opened, welcome) = self.welcome.as_ref()?;
        Some(Enrolled {
            origin: self.origin.clone(),
            roster: self.reading.roster.clone()?,
            acts: self.reading.acts.clone(),
            settings: opened.settings.clone(),
            welcome: welcome.clone(),
            offer: self.offer.clone()?,
            row: self.row.clone()?,
            stamp: None,
            frozen: false,
        })
    }

    fn refused(
        &mut self,
        flight: Flight,
        problem: &Problem,
        retry_after: Option<u32>,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> Option<Effect> {
        match problem.code.action() {
            Action::SignAnew => {
                let sent = self.caller.sign_anew(flight, problem, now, rng);
                if sent.is_none() {
                    self.caller.failed(now, retry_after, rng);
                }
                return sent;
            }
            Action::TryAgain | Action::Wait => self.caller.failed(now, retry_after, rng),
            _ => {
                let answer = problem.answer.as_deref().map(JoinAnswer::from_bytes);
                let stamp = answer.and_then(Result::ok).map(|held| (held.at, held.nth));
                let held = problem.code == Code::InvitationFrozen && stamp.is_some();
                if !(held && self.joined(stamp, true)) {
                    self.stage = Stage::Failed(self.said(problem.code, now));
                }
            }
        }
        None
    }

    /// What a refusal means for the newcomer.
    fn said(&self, code: Code, now: i64) -> EnrolProblem {
        let over = self
            .offer
            .as_ref()
            .is_some_and(|offer| self.caller.relay_time(now) >= offer.ends);
        match code {
            Code::UnknownRegion => EnrolProblem::RegionUnknown,
            Code::InvitationUnknown => EnrolProblem::Unknown,
            Code::InvitationEnded if over => EnrolProblem::Expired,
            Code::InvitationEnded => EnrolProblem::Ended(None),
            Code::InvitationUsedUp => EnrolProblem::UsedUp,
            Code::InvitationFrozen => EnrolProblem::Frozen,
            Code::WrongToken => EnrolProblem::Forged,
            Code::NotFound if matches!(self.stage, Stage::Welcome) => EnrolProblem::NoWelcome,
            Code::Removed => EnrolProblem::Removed,
            other => EnrolProblem::Refused(other),
        }
    }
}
