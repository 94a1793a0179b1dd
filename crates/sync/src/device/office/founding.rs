//! A founded region goes to its relay: the roster from genesis on, with the operator's code where one is asked for.
//!
//! Not here: making genesis.

use super::Task;
use crate::device::{Device, Turn};
use crate::effect::Effect;
use crate::pace::Pace;
use veldpost_envelope::RandomBytes;
use veldpost_envelope::wire::{Action, Call, Code, Problem, RosterHead};

/// How far it is.
#[derive(Default)]
pub(super) struct Founding {
    /// The height of the first act that the relay lacks.
    from: u64,
    pub pace: Pace,
}

impl Device {
    /// Offers the roster that is held to a relay that may not know the region yet. [`Effect::FoundingDone`] says what
    /// became of it; after a refusal it may be called again with another code.
    pub fn found(
        &mut self,
        code: Option<String>,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> Vec<Effect> {
        self.office.code = code;
        self.office.founding = Some(Founding::default());
        self.turn(now, rng)
    }

    pub(super) fn found_next(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(founding) = &self.office.founding else {
            return false;
        };
        if founding.pace.due(turn.now).is_some() {
            return false;
        }
        let Some(body) = self.acts_from(founding.from) else {
            self.founding_done(Ok(()), turn);
            return false;
        };
        self.go_out(Task::Found, Call::Acts, body, turn);
        true
    }

    pub(super) fn founded(&mut self, body: &[u8], turn: &mut Turn<'_>) {
        match RosterHead::from_bytes(body) {
            Ok(head) => self.founded_up_to(&head, turn),
            Err(_) => self.office_failed(Task::Found, None, turn),
        }
    }

    fn founded_up_to(&mut self, head: &RosterHead, turn: &mut Turn<'_>) {
        let Some(founding) = &mut self.office.founding else {
            return;
        };
        if head.height >= self.roster.height() {
            self.founding_done(Ok(()), turn);
        } else if head.height >= founding.from {
            founding.from = head.height.saturating_add(1);
            founding.pace.succeeded();
        } else {
            self.office_failed(Task::Found, None, turn);
        }
    }

    pub(super) fn founding_refused(&mut self, problem: &Problem, turn: &mut Turn<'_>) {
        let answer = problem.answer.as_deref().map(RosterHead::from_bytes);
        match (problem.code.action(), answer.and_then(Result::ok)) {
            // It knows the region: what it lacks comes next, what is new there is read.
            (Action::ReadRoster, Some(head))
                if self
                    .roster
                    .act_at(head.height)
                    .is_none_or(|own| own == head.head) =>
            {
                self.founded_up_to(&head, turn);
            }
            (Action::OfferRoster, _) => {
                if let Some(founding) = &mut self.office.founding {
                    founding.from = 0;
                }
                self.office_failed(Task::Found, None, turn);
            }
            _ => self.founding_done(Err(problem.code), turn),
        }
    }

    fn founding_done(&mut self, outcome: Result<(), Code>, turn: &mut Turn<'_>) {
        self.office.founding = None;
        if outcome.is_err() {
            self.office.code = None;
        } else {
            self.read.wanted = true;
            self.read.pace.hint();
        }
        turn.effects.push(Effect::FoundingDone(outcome));
    }
}
