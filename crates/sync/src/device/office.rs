//! What a person asks of the relay beside the machine's own reading: errands, proposals, founding; and blobs.
//!
//! Not here: proposals (`proposal`), founding (`founding`) and blobs (`blobs`) themselves. Of all signed calls one is
//! under way at a time; these go before reading, each at a pace of its own, so that one that fails stops no other kind.

mod blobs;
mod founding;
mod proposal;

pub use proposal::{MakeAct, ProposalProblem};

use super::read::Flight;
use super::{Device, Turn};
use crate::effect::Effect;
use crate::event::Response;
use crate::pace::Pace;
use blobs::Blobs;
use founding::Founding;
use proposal::Proposal;
use std::collections::VecDeque;
use veldpost_envelope::wire::{Action, Call, Code, Problem, Reply, judge};
use veldpost_envelope::{BlobId, RandomBytes};

/// What the signed call under way is for; none for the machine's own reading.
#[derive(Clone, Copy, Debug)]
enum Task {
    Found,
    Propose(u64),
    /// The roster is read, so that a proposal can be made anew.
    CatchUp(u64),
    Errand(u64),
    Blob(BlobId),
}

/// A call whose answer the driver wants.
struct Errand {
    number: u64,
    call: Call,
    body: Vec<u8>,
    pace: Pace,
}

/// How far the office's work is. All of it is in memory only.
#[derive(Default)]
pub(super) struct Office {
    out: Option<Task>,
    founding: Option<Founding>,
    code: Option<String>,
    proposals: VecDeque<Proposal>,
    errands: VecDeque<Errand>,
    blobs: Blobs,
}

impl Office {
    pub fn holding(blobs: &[BlobId]) -> Self {
        Self {
            blobs: Blobs::holding(blobs),
            ..Self::default()
        }
    }

    /// The network may be another: what failed is tried at once.
    pub fn hint(&mut self) {
        let founding = self.founding.iter_mut().map(|founding| &mut founding.pace);
        let proposals = self.proposals.iter_mut().map(|proposal| &mut proposal.pace);
        let errands = self.errands.iter_mut().map(|errand| &mut errand.pace);
        let paces = founding.chain(proposals).chain(errands);
        paces.chain(self.blobs.paces()).for_each(Pace::hint);
    }

    /// The code that the relay's operator gave out for new regions.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

impl Device {
    /// Makes a signed call for the driver, after those it asked for before. It is tried again until the relay says yes or
    /// no: then comes [`Effect::ErrandDone`] with the number that is given here. Its answer is not looked at.
    pub fn errand(
        &mut self,
        call: Call,
        body: Vec<u8>,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> (u64, Vec<Effect>) {
        let number = self.number();
        self.office.errands.push_back(Errand {
            number,
            call,
            body,
            pace: Pace::default(),
        });
        (number, self.turn(now, rng))
    }

    /// Gives an errand up. Whether it was still waiting; it may have got there all the same.
    pub fn withdraw_errand(&mut self, number: u64) -> bool {
        let before = self.office.errands.len();
        self.office.errands.retain(|errand| errand.number != number);
        self.office.errands.len() < before
    }

    /// Goes on with what there is to do.
    fn turn(&mut self, now: i64, rng: &mut dyn RandomBytes) -> Vec<Effect> {
        let mut turn = Turn {
            now,
            rng,
            effects: Vec::new(),
        };
        self.go_on(&mut turn);
        turn.effects
    }

    /// Makes the next call that is due. Whether there was one.
    pub(super) fn office_next(&mut self, turn: &mut Turn<'_>) -> bool {
        self.found_next(turn)
            || self.propose_next(turn)
            || self.errand_next(turn)
            || self.blob_next(turn)
    }

    fn errand_next(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(errand) = self.office.errands.front() else {
            return false;
        };
        if errand.pace.due(turn.now).is_some() {
            return false;
        }
        let (task, call, body) = (
            Task::Errand(errand.number),
            errand.call,
            errand.body.clone(),
        );
        self.go_out(task, call, body, turn);
        true
    }

    fn go_out(&mut self, task: Task, call: Call, body: Vec<u8>, turn: &mut Turn<'_>) {
        self.office.out = Some(task);
        self.ask(call, body, turn);
    }

    /// A signed call came back: one of the office's, or the machine's own.
    pub(super) fn signed_answered(
        &mut self,
        flight: Flight,
        response: &Response<'_>,
        turn: &mut Turn<'_>,
    ) {
        let Some(task) = self.office.out.take() else {
            self.answered(flight, response, turn);
            return;
        };
        let Response {
            status,
            content_type,
            retry_after,
            body,
        } = *response;
        match judge(flight.path, status, content_type, body) {
            Reply::None => self.office_failed(task, retry_after, turn),
            Reply::Answer(body) => match task {
                Task::Found => self.founded(body, turn),
                Task::Propose(number) => self.proposal_taken(number, body, turn),
                Task::CatchUp(number) => self.caught_up(number, body, turn),
                Task::Errand(number) => self.errand_done(number, Ok(body.to_vec()), turn),
                Task::Blob(id) => self.blob_came(id, body, turn),
            },
            Reply::Refusal(problem) => match self.sign_anew(flight, &problem, turn) {
                Some(_) => self.office_refused(task, &problem, retry_after, turn),
                None => self.office.out = Some(task),
            },
        }
    }

    pub(super) fn signed_unanswered(&mut self, flight: Flight, turn: &mut Turn<'_>) {
        match self.office.out.take() {
            Some(task) => self.office_failed(task, None, turn),
            None => self.unanswered(flight, turn),
        }
    }

    fn office_refused(
        &mut self,
        task: Task,
        problem: &Problem,
        retry_after: Option<u32>,
        turn: &mut Turn<'_>,
    ) {
        let later = match problem.code.action() {
            // A blob that nobody offers may be what an errand asks about.
            Action::TryAgain => problem.code != Code::UnknownBlob || matches!(task, Task::Blob(_)),
            Action::Wait | Action::SignAnew => true,
            _ => matches!(task, Task::Blob(_)),
        };
        if later {
            self.office_failed(task, retry_after, turn);
            return;
        }
        match task {
            Task::Found => self.founding_refused(problem, turn),
            Task::Propose(number) | Task::CatchUp(number) => {
                self.proposal_refused(number, problem, turn);
            }
            Task::Errand(number) => self.errand_done(number, Err(problem.code), turn),
            Task::Blob(_) => {}
        }
    }

    /// No word of the relay, or no more than to wait: it is tried again.
    fn office_failed(&mut self, task: Task, retry_after: Option<u32>, turn: &mut Turn<'_>) {
        let pace = match task {
            Task::Found => self
                .office
                .founding
                .as_mut()
                .map(|founding| &mut founding.pace),
            Task::Propose(number) | Task::CatchUp(number) => self
                .office
                .proposal(number)
                .map(|proposal| &mut proposal.pace),
            Task::Errand(number) => {
                let mut errands = self.office.errands.iter_mut();
                let errand = errands.find(|errand| errand.number == number);
                errand.map(|errand| &mut errand.pace)
            }
            Task::Blob(id) => Some(self.office.blobs.pace(id)),
        };
        if let Some(pace) = pace {
            pace.failed(turn.now, retry_after, turn.rng);
        }
    }

    fn errand_done(&mut self, errand: u64, reply: Result<Vec<u8>, Code>, turn: &mut Turn<'_>) {
        if self.withdraw_errand(errand) {
            // What the relay lacks of the roster is learnt from a page.
            self.read.wanted |= reply.is_err();
            turn.effects.push(Effect::ErrandDone { errand, reply });
        }
    }

    /// When the first of what waits here may be tried again.
    pub(super) fn office_due(&self, now: i64) -> Option<i64> {
        let office = &self.office;
        let founding = office.founding.iter().map(|founding| &founding.pace);
        let proposal = office.proposals.front().map(|proposal| &proposal.pace);
        let errand = office.errands.front().map(|errand| &errand.pace);
        let paces = founding.chain(proposal).chain(errand);
        let blobs = self
            .missing_blobs()
            .filter_map(|id| office.blobs.due(&id, now));
        paces.filter_map(|pace| pace.due(now)).chain(blobs).min()
    }
}
