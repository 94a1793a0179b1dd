//! Acts that a person proposes: made on the roster that is held, made anew whenever another act came first.
//!
//! Not here: what an act says. A proposal lives in memory only: who closes the app makes it again.

use super::{Office, Task};
use crate::device::{Device, Turn};
use crate::effect::Effect;
use crate::pace::Pace;
use std::rc::Rc;
use veldpost_envelope::act::SignedAct;
use veldpost_envelope::roster::{Reason, Taken};
use veldpost_envelope::wire::{Action, ActsAsk, Call, Code, Problem, RosterAnswer, RosterHead};
use veldpost_envelope::{ActHash, DeviceSigningKey, EnvelopeError, RandomBytes, Roster};

/// Makes an act that hangs on this roster's head, signed at this time by the device's clock: milliseconds since 1970.
/// It is called again when another act came first.
pub type MakeAct = Box<
    dyn FnMut(
        &Roster,
        &DeviceSigningKey,
        i64,
        &mut dyn RandomBytes,
    ) -> Result<Vec<u8>, EnvelopeError>,
>;

/// Why a proposal did not become an act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposalProblem {
    /// On the roster as it is now it would have no effect, for this reason.
    #[error("the act would have no effect: {0}")]
    WithoutEffect(Reason),
    /// It could not be made.
    #[error(transparent)]
    NotMade(EnvelopeError),
    /// The relay refuses it for this reason; `roster-moved`: other acts came first again and again.
    #[error("refused: {}", .0.text())]
    Refused(Code),
}

impl From<EnvelopeError> for ProposalProblem {
    fn from(problem: EnvelopeError) -> Self {
        match problem {
            EnvelopeError::WithoutEffect(reason) => Self::WithoutEffect(reason),
            other => Self::NotMade(other),
        }
    }
}

/// So often an act is made anew, or the relay is offered what it lacks, before a person is told.
const MOST: u32 = 16;

/// An act that was made.
#[derive(Clone)]
struct Made {
    act: Rc<[u8]>,
    hash: ActHash,
    height: u64,
}

impl Made {
    fn of(act: Vec<u8>) -> Result<Self, EnvelopeError> {
        let signed = SignedAct::open(&act)?;
        let (hash, height) = (signed.hash, signed.head.height);
        Ok(Self {
            act: Rc::from(act),
            hash,
            height,
        })
    }
}

pub(super) struct Proposal {
    number: u64,
    make: MakeAct,
    made: Option<Made>,
    /// The relay's roster goes on behind the one that is held.
    behind: bool,
    /// On the roster that was held it would have no effect: told only when the relay has nothing newer.
    doubt: bool,
    /// The roster was read to its end for it.
    fresh: bool,
    times: u32,
    pub pace: Pace,
}

impl Proposal {
    fn nothing_newer(&mut self) {
        (self.behind, self.fresh) = (false, true);
    }
}

impl Office {
    pub(super) fn proposal(&mut self, number: u64) -> Option<&mut Proposal> {
        let mut proposals = self.proposals.iter_mut();
        proposals.find(|proposal| proposal.number == number)
    }
}

impl Device {
    /// Proposes an act, after those that were proposed before. [`Effect::Proposed`] says what became of it, with the
    /// number that is given here; without an answer it is tried again until [`Device::withdraw_proposal`].
    pub fn propose(
        &mut self,
        make: MakeAct,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> (u64, Vec<Effect>) {
        let number = self.number();
        self.office.proposals.push_back(Proposal {
            number,
            make,
            made: None,
            behind: false,
            doubt: false,
            fresh: false,
            times: 0,
            pace: Pace::default(),
        });
        (number, self.turn(now, rng))
    }

    /// Gives a proposal up. Whether it was still waiting; its act may stand in the roster all the same, when an answer
    /// was lost.
    pub fn withdraw_proposal(&mut self, number: u64) -> bool {
        let before = self.office.proposals.len();
        let others = |proposal: &Proposal| proposal.number != number;
        self.office.proposals.retain(others);
        self.office.proposals.len() < before
    }

    pub(super) fn propose_next(&mut self, turn: &mut Turn<'_>) -> bool {
        while let Some(proposal) = self.office.proposals.front() {
            if proposal.pace.due(turn.now).is_some() {
                return false;
            }
            let number = proposal.number;
            if proposal.behind {
                self.office.out = Some(Task::CatchUp(number));
                self.read_roster(turn);
                return true;
            }
            match self.act_of_front(turn) {
                Ok(act) => {
                    let ask = ActsAsk {
                        region: self.roster.region(),
                        acts: vec![&act],
                        founding: None,
                    };
                    self.go_out(Task::Propose(number), Call::Acts, ask.to_bytes(), turn);
                    return true;
                }
                Err(problem) => self.not_made(number, problem, turn),
            }
        }
        false
    }

    /// What has no effect on the roster that is held may have one on the relay's.
    fn not_made(&mut self, number: u64, problem: ProposalProblem, turn: &mut Turn<'_>) {
        let without_effect = matches!(problem, ProposalProblem::WithoutEffect(_));
        match self.office.proposal(number) {
            Some(proposal) if without_effect && !proposal.fresh => {
                (proposal.doubt, proposal.behind) = (true, true);
            }
            _ => self.proposed(number, Err(problem), turn),
        }
    }

    /// The act of the first proposal, made anew when it no longer hangs on the head. The same bytes again are passed over
    /// by a relay that has them, so that they may be sent after an answer that was lost.
    fn act_of_front(&mut self, turn: &mut Turn<'_>) -> Result<Rc<[u8]>, ProposalProblem> {
        let next = self.roster.height().saturating_add(1);
        let gone = ProposalProblem::Refused(Code::RosterMoved);
        let proposal = self.office.proposals.front_mut().ok_or(gone)?;
        if let Some(made) = proposal.made.as_ref().filter(|made| made.height == next) {
            return Ok(Rc::clone(&made.act));
        }
        let act = (proposal.make)(&self.roster, &self.key, turn.now, turn.rng)?;
        let made = Made::of(act)?;
        let act = Rc::clone(&made.act);
        (proposal.made, proposal.doubt) = (Some(made), false);
        Ok(act)
    }

    /// The relay took an act, or has it: the own roster takes it too.
    pub(super) fn proposal_taken(&mut self, number: u64, body: &[u8], turn: &mut Turn<'_>) {
        let head = RosterHead::from_bytes(body);
        let made = self.office.proposal(number).map(|known| known.made.clone());
        let (head, made) = match (head, made) {
            (Ok(head), Some(Some(made))) if head.height >= made.height => (head, made),
            (_, None) => {
                // Withdrawn: whether it stands there is read like anybody else's act.
                self.read.wanted = true;
                return;
            }
            _ => {
                self.office_failed(Task::Propose(number), None, turn);
                return;
            }
        };
        if head.height == made.height && head.head != made.hash {
            self.fall_behind(number, turn);
            return;
        }
        let mut roster = self.roster.clone();
        match roster.take(&made.act) {
            Ok(Taken::Applied | Taken::WithoutEffect(_) | Taken::Unknown) => {
                self.take_roster(roster, vec![made.act], Vec::new());
            }
            Ok(Taken::Held) => self.settle(turn),
            Ok(Taken::Fork) | Err(_) => self.fall_behind(number, turn),
        }
        self.read.wanted |= head.height > made.height;
    }

    /// Another act came first: the roster is read, then the act is made anew.
    fn fall_behind(&mut self, number: u64, turn: &mut Turn<'_>) {
        if self.once_more(number, Code::RosterMoved, turn)
            && let Some(proposal) = self.office.proposal(number)
        {
            proposal.behind = true;
        }
    }

    /// Counts a try that the relay did not take. Whether there may be another.
    fn once_more(&mut self, number: u64, code: Code, turn: &mut Turn<'_>) -> bool {
        let Some(proposal) = self.office.proposal(number) else {
            return false;
        };
        proposal.times += 1;
        let may = proposal.times <= MOST;
        if !may {
            self.proposed(number, Err(ProposalProblem::Refused(code)), turn);
        }
        may
    }

    pub(super) fn caught_up(&mut self, number: u64, body: &[u8], turn: &mut Turn<'_>) {
        let Ok(answer) = RosterAnswer::from_bytes(body) else {
            self.office_failed(Task::CatchUp(number), None, turn);
            return;
        };
        if !answer.acts.is_empty() {
            self.roster_came(body, turn);
        }
        let read = self.steps.iter().find_map(|step| step.roster.as_ref());
        let whole = read.map(|(roster, _)| roster.height() >= answer.head.height);
        let proposal = self.office.proposal(number);
        match (whole, proposal) {
            (Some(whole), Some(proposal)) => {
                (proposal.behind, proposal.fresh) = (false, whole);
                proposal.pace.succeeded();
            }
            (None, Some(proposal)) if proposal.doubt => proposal.nothing_newer(),
            (None, Some(proposal)) => {
                // Nothing stands in its way after all: the same act is sent again.
                proposal.behind = false;
                if self.once_more(number, Code::RosterMoved, turn) {
                    self.office_failed(Task::CatchUp(number), None, turn);
                }
            }
            (_, None) => {}
        }
    }

    pub(super) fn proposal_refused(&mut self, number: u64, problem: &Problem, turn: &mut Turn<'_>) {
        match problem.code.action() {
            Action::ReadRoster => self.roster_elsewhere(number, problem, turn),
            // Who does not know the region knows no newer act of it.
            Action::OfferRoster if self.is_in_doubt(number) => {}
            Action::OfferRoster => self.offer_first(number, problem.code, Some(0), turn),
            Action::OfferCheckpoint => {
                self.offers.add_own(&self.ledger);
                self.offers.add_locked(&self.ledger);
                self.offer_first(number, problem.code, None, turn);
            }
            _ => self.proposed(number, Err(ProposalProblem::Refused(problem.code)), turn),
        }
    }

    /// Whether it is only to be told that a proposal has no effect: then it is.
    fn is_in_doubt(&mut self, number: u64) -> bool {
        let proposal = self.office.proposal(number);
        let doubted = proposal.filter(|proposal| proposal.doubt);
        doubted.map(Proposal::nothing_newer).is_some()
    }

    /// The relay's roster ends elsewhere: further on, or before what the act hangs on.
    fn roster_elsewhere(&mut self, number: u64, problem: &Problem, turn: &mut Turn<'_>) {
        let answer = problem.answer.as_deref().map(RosterHead::from_bytes);
        let lacks = answer.and_then(Result::ok).and_then(|head| {
            let own = self.roster.act_at(head.height);
            (own == Some(head.head)).then(|| head.height.saturating_add(1))
        });
        let lacks = lacks.filter(|from| *from <= self.roster.height());
        match lacks {
            Some(from) => self.offer_first(number, problem.code, Some(from), turn),
            None => self.fall_behind(number, turn),
        }
    }

    /// What the relay lacks is offered while the proposal waits.
    fn offer_first(&mut self, number: u64, code: Code, from: Option<u64>, turn: &mut Turn<'_>) {
        if self.once_more(number, code, turn) {
            self.read.offer = from.or(self.read.offer);
            self.office_failed(Task::Propose(number), None, turn);
        }
    }

    /// Proposals whose act stands in the roster are done, whatever was answered.
    pub(in crate::device) fn settle(&mut self, turn: &mut Turn<'_>) {
        let proposals = self.office.proposals.iter();
        let standing = proposals.filter_map(|proposal| {
            let height = self.roster.height_of(&proposal.made.as_ref()?.hash)?;
            Some((proposal.number, height))
        });
        for (number, height) in standing.collect::<Vec<_>>() {
            let mut idle = self.roster.without_effect().iter();
            let outcome = match idle.find(|(at, _)| *at == height) {
                Some((_, reason)) => Err(ProposalProblem::WithoutEffect(*reason)),
                None => Ok(height),
            };
            self.proposed(number, outcome, turn);
        }
    }

    fn proposed(
        &mut self,
        proposal: u64,
        outcome: Result<u64, ProposalProblem>,
        turn: &mut Turn<'_>,
    ) {
        if self.withdraw_proposal(proposal) {
            turn.effects.push(Effect::Proposed { proposal, outcome });
        }
    }
}
