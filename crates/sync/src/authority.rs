//! Who may have said what: of every entry the first of section 17's questions that is not answered with yes.
//!
//! Not here: receiving, storing, receipts. One function of entries, roster, objects and statements; never of the order in
//! which they came, and of no clock.

mod ahead;
mod along;
mod chain;
mod clocks;
mod read;
mod since;
mod table;

pub use ahead::Ahead;
pub use along::{Along, AlongKey};
pub use chain::{Entries, Spot};
pub use clocks::Told;
pub(crate) use since::{Since, evaluate_since};

use chain::Chains;
use read::{Deciphered, Reading, Words};
use std::collections::{BTreeMap, BTreeSet};
use table::{Deed, Who};
use veldpost_domain::{Act, CampaignId, Hlc, Operation, Place, RecordId, RecordSet, StreamId};
use veldpost_envelope::object::{Heads, Ranges, SeqRange};
use veldpost_envelope::statement::{EntryFacts, Said, Statements, Verdict};
use veldpost_envelope::{ContentKey, DevicePublic, Entry, Purpose, Roster};

/// All that the answer depends on.
pub struct Knowledge<'a> {
    /// Whose records: purposes are judged apart.
    pub purpose: Purpose,
    /// Every entry that came, of whatever streams.
    pub entries: &'a Entries<'a>,
    /// The roster.
    pub roster: &'a Roster,
    /// The heads of a checkpoint, by its hash; none when it is not held.
    pub checkpoint: &'a dyn Fn(&[u8; 32]) -> Option<Heads>,
    /// Opens a `content-key` entry with the secret of its epoch.
    pub open: &'a dyn Fn(&Entry) -> Option<ContentKey>,
}

/// Why an entry is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// It names an act that the roster does not have.
    OtherRoster,
    /// Its device is in no act: not admitted yet, or unknown.
    NotAdmitted,
    /// Its device was removed, and it does not lie before a head that still counts.
    Removed,
}

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Its run does not verify from 0 yet: it waits, and is in no receipt.
    Gap,
    /// It is bare: there is nothing to read.
    Erased,
    /// It is set apart until its device is admitted, or a person says so.
    Held(Held),
    /// It does not open or decode: set apart.
    Unreadable,
    /// It is newer than this program: kept, and read after an update.
    Parked,
    /// Its author may not do this: received, in no table.
    Unauthorised,
    /// It came after its campaign was locked: received, in no table.
    Late,
    /// A coordinator took it out of the tables.
    Refused,
    /// It says how to read others.
    Public,
    /// A statement of a coordinator.
    Stated,
    /// An operation that counts.
    Applied,
}

impl Outcome {
    /// Whether a receipt sets it apart, so that it stays on its device.
    #[must_use]
    pub fn is_apart(self) -> bool {
        matches!(self, Self::Held(_) | Self::Unreadable)
    }

    /// Whether a receipt may cover it.
    #[must_use]
    pub fn is_received(self) -> bool {
        self != Self::Gap
    }
}

/// The answer: the same for everybody who has the same.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// Of every entry of the purpose.
    pub outcomes: BTreeMap<Spot, Outcome>,
    /// Of what was carried where it stood when it was written: the place that a judgement names.
    pub carried: BTreeMap<Spot, Spot>,
    /// What counts, each record for the campaign that it counts for.
    pub records: RecordSet,
    /// Of what counts, or would, what was counted alone: of whom, and the campaign that it was made for.
    pub along: BTreeMap<AlongKey, Along>,
    /// Of each campaign how many entries came after it was locked: as many as are `Late`.
    pub late: BTreeMap<CampaignId, usize>,
    /// What coordinators said.
    pub said: Vec<Said>,
    /// Places at which two entries verify: shown.
    pub forks: Vec<(StreamId, u64)>,
    /// Where operations stand that opened and are not held for ever, each with its record: what has to be read again when
    /// another one comes.
    pub operations: Vec<(RecordId, Place)>,
    /// Where statements stand.
    pub statements: Vec<Place>,
    /// When what counts was made, as the clocks of their devices told: by stream.
    pub clocks: BTreeMap<StreamId, Vec<Told>>,
}

impl Evaluation {
    /// Where a judgement has to look for it: what was carried is judged where it was written.
    #[must_use]
    pub fn judged_at(&self, spot: &Spot) -> Spot {
        self.carried.get(spot).copied().unwrap_or(*spot)
    }

    /// A stream that carries something of this one, which itself may never have come.
    #[must_use]
    pub fn carrier_of(&self, stream: StreamId) -> Option<StreamId> {
        let mut carried = self.carried.iter();
        let found = carried.find(|(_, inner)| inner.stream == stream);
        found.map(|(outer, _)| outer.stream)
    }

    /// What a receipt of a stream sets apart.
    #[must_use]
    pub fn apart(&self, stream: StreamId) -> Ranges {
        let of_stream = self.outcomes.range(Spot::places(stream, 0, u64::MAX));
        let apart = of_stream.filter(|(_, outcome)| outcome.is_apart());
        apart.map(|(spot, _)| SeqRange::at(spot.seq)).collect()
    }
}

/// Judges every entry of the purpose.
#[must_use]
pub fn evaluate(knowledge: &Knowledge<'_>) -> Evaluation {
    evaluate_with(knowledge, &mut Ahead::default())
}

/// The same, where some of it was read ahead: with the same secrets, of the same purpose.
#[must_use]
pub fn evaluate_with(knowledge: &Knowledge<'_>, ahead: &mut Ahead) -> Evaluation {
    let chains = knowledge
        .entries
        .chains(&knowledge.roster.region(), knowledge.purpose);
    let read = Reading::new(knowledge, &chains, ahead).all();
    ahead.judged();
    let gaps = chains.gaps().map(|spot| (spot, Outcome::Gap));
    let evaluation = Evaluation {
        outcomes: gaps.collect(),
        forks: chains.forks(),
        ..Evaluation::default()
    };
    judge(knowledge, &chains, read, evaluation)
}

/// Judges what was read, and adds it to what is known of the rest. Every statement has to be among it.
fn judge(
    knowledge: &Knowledge<'_>,
    chains: &Chains<'_>,
    read: Vec<Words<'_>>,
    evaluation: Evaluation,
) -> Evaluation {
    let mut judging = Judging {
        knowledge,
        chains,
        in_time: BTreeMap::new(),
        settled: Vec::with_capacity(read.len()),
        evaluation,
    };
    let said = judging.statements(&read);
    let statements = Statements::resolve(&said);
    judging.others(&read, &statements);
    judging.operations(read, &statements);
    let (mut evaluation, settled) = (judging.evaluation, judging.settled);
    evaluation
        .outcomes
        .append(&mut settled.into_iter().collect());
    evaluation.said = said;
    evaluation
}

struct Judging<'a> {
    knowledge: &'a Knowledge<'a>,
    chains: &'a Chains<'a>,
    /// Heads of the checkpoint that locked each campaign; none where it is not held.
    in_time: BTreeMap<[u8; 32], Option<Heads>>,
    /// Outcomes, one for each entry: a map that is made of all at once need not be searched for each.
    settled: Vec<(Spot, Outcome)>,
    evaluation: Evaluation,
}

/// An operation that opened, of an entry that is not bare and not held for ever.
struct Candidate<'a> {
    words: Words<'a>,
    operation: Operation,
    /// Its time before anybody said that the clock was off.
    told: Hlc,
    held: Option<Held>,
    verdict: Option<Verdict>,
    /// The campaign that it was made for, where it was taken along.
    along: Option<CampaignId>,
}

impl Judging<'_> {
    fn settle(&mut self, words: &Words<'_>, outcome: Outcome) {
        self.settled.push((words.outer, outcome));
        if words.inner != words.outer {
            self.evaluation.carried.insert(words.outer, words.inner);
        }
    }

    /// Statements come first: what is held, late or refused hangs on them, and nothing that they need hangs on others.
    fn statements(&mut self, read: &[Words<'_>]) -> Vec<Said> {
        let mut said = Vec::new();
        for words in read {
            let Deciphered::Statement(statement) = &words.deciphered else {
                continue;
            };
            self.evaluation.statements.push(words.outer.place());
            if self.held(words).is_some() {
                continue;
            }
            if self.may(words, Deed::State, None) {
                said.push(Said {
                    stream: words.inner.stream,
                    seq: words.inner.seq,
                    statement: statement.clone(),
                });
                self.settle(words, Outcome::Stated);
            } else {
                self.settle(words, Outcome::Unauthorised);
            }
        }
        said
    }

    /// What is neither an operation nor a statement that was taken.
    fn others(&mut self, read: &[Words<'_>], statements: &Statements<'_>) {
        for words in read {
            let held = self.held(words);
            let lifted = || self.verdict(words, None, statements) == Some(Verdict::Admit);
            let outcome = match (&words.deciphered, held) {
                (Deciphered::Operation(_), _) | (Deciphered::Statement(_), None) => continue,
                (Deciphered::Bare, _) => Outcome::Erased,
                (_, Some(held)) if !lifted() => Outcome::Held(held),
                (Deciphered::Public, _) => Outcome::Public,
                (Deciphered::Unreadable, _) => Outcome::Unreadable,
                (Deciphered::Parked, _) => Outcome::Parked,
                // Whom a judgement admitted has no roles.
                (Deciphered::Statement(_), Some(_)) => Outcome::Unauthorised,
            };
            self.settle(words, outcome);
        }
    }

    fn operations(&mut self, read: Vec<Words<'_>>, statements: &Statements<'_>) {
        let mut candidates = Vec::with_capacity(read.len());
        for mut words in read {
            let deciphered = core::mem::replace(&mut words.deciphered, Deciphered::Public);
            let Deciphered::Operation(mut operation) = deciphered else {
                continue;
            };
            let held = self.held(&words);
            let verdict = self.verdict(&words, Some(operation.record), statements);
            let (inner, told) = (words.inner, operation.hlc);
            operation.hlc = statements.time(inner.stream, inner.seq, operation.hlc);
            if let (Some(held), true) = (held, verdict != Some(Verdict::Admit)) {
                self.settle(&words, Outcome::Held(held));
                continue;
            }
            let place = words.outer.place();
            self.evaluation.operations.push((operation.record, place));
            let along = along::moved(&mut operation, self.knowledge.roster, statements);
            candidates.push(Candidate {
                words,
                operation,
                told,
                held,
                verdict,
                along,
            });
        }
        let creations = creations(&candidates);
        let mut outcomes = Vec::with_capacity(candidates.len());
        for candidate in &candidates {
            let creation = creations.get(&candidate.operation.record);
            outcomes.push(self.operation(candidate, creation));
        }
        drop(creations);
        let roster = self.knowledge.roster;
        self.evaluation.clocks = clocks::told(&candidates, &outcomes, self.chains, roster);
        for (candidate, outcome) in candidates.into_iter().zip(outcomes) {
            self.settle(&candidate.words, outcome);
            if let Some(made_for) = candidate.along {
                let (along, device) = (&mut self.evaluation.along, candidate.words.device);
                along::note(along, device, made_for, &candidate.operation, outcome);
            }
            if outcome == Outcome::Applied {
                let place = Place {
                    stream: candidate.words.inner.stream,
                    seq: candidate.words.inner.seq,
                };
                let records = &mut self.evaluation.records;
                records.apply_at(candidate.operation, Some(place));
            }
        }
    }

    fn operation(&mut self, candidate: &Candidate<'_>, creation: Option<&Creation<'_>>) -> Outcome {
        let deed = match candidate.operation.act {
            Act::Create { .. } => Deed::Create,
            Act::Amend { .. } | Act::Withdraw { .. } => Deed::Change,
        };
        let creator = creation.map(|creation| creation.device);
        // Whom a judgement admitted counts as a member without roles.
        let authorised = if candidate.held.is_some() {
            self.without_roles(&candidate.words, deed, creator)
        } else {
            self.may(&candidate.words, deed, creator)
        };
        let campaign = match &candidate.operation.act {
            Act::Create { context, .. } => Some(context.campaign),
            _ => creation.map(|creation| creation.campaign),
        };
        match candidate.verdict {
            _ if !authorised => return Outcome::Unauthorised,
            Some(Verdict::Refuse) => return Outcome::Refused,
            Some(Verdict::Admit) => return Outcome::Applied,
            None => {}
        }
        match campaign.filter(|campaign| self.is_late(&candidate.words, *campaign)) {
            Some(campaign) => {
                *self.evaluation.late.entry(campaign).or_default() += 1;
                Outcome::Late
            }
            None => Outcome::Applied,
        }
    }

    /// Rule 3, at the outer place.
    fn held(&self, words: &Words<'_>) -> Option<Held> {
        let roster = self.knowledge.roster;
        if !roster.contains(&words.header.roster_head) {
            return Some(Held::OtherRoster);
        }
        if roster.member(&words.device) {
            return None;
        }
        if roster.device(&words.device).is_none() {
            return Some(Held::NotAdmitted);
        }
        let purpose_of = |stream| self.chains.purpose_of(stream);
        let head = roster.counts_up_to(&words.device, words.outer.stream, purpose_of);
        let counts = head.is_some_and(|(seq, hash)| {
            let head = Spot {
                stream: words.outer.stream,
                seq,
                hash,
            };
            self.chains.leads_to(words.outer, head)
        });
        (!counts).then_some(Held::Removed)
    }

    /// Rule 5: the table, with the roles at the act that the entry names.
    fn may(&self, words: &Words<'_>, deed: Deed, creator: Option<DevicePublic>) -> bool {
        let (roster, device) = (self.knowledge.roster, &words.device);
        let named = roster.height_of(&words.inner_head);
        let added = roster.device(device).map(|known| known.added_at);
        let at = named.max(added).and_then(|height| roster.act_at(height));
        let purpose = self.knowledge.purpose;
        let coordinates =
            named.is_some() && at.is_some_and(|act| roster.coordinated_at(&act, device, purpose));
        (coordinates && table::allows(deed, Who::Coordinator))
            || self.without_roles(words, deed, creator)
    }

    fn without_roles(&self, words: &Words<'_>, deed: Deed, creator: Option<DevicePublic>) -> bool {
        let created = creator == Some(words.device);
        table::allows(deed, Who::Member) || (created && table::allows(deed, Who::Creator))
    }

    fn verdict(
        &self,
        words: &Words<'_>,
        record: Option<RecordId>,
        statements: &Statements<'_>,
    ) -> Option<Verdict> {
        if statements.is_empty() {
            return None;
        }
        let device = self.knowledge.roster.device(&words.device);
        let added = device.map(|device| device.invitations.as_slice());
        let named = words.invitation.as_ref().map(core::slice::from_ref);
        let invitations = [named.unwrap_or_default(), added.unwrap_or_default()].concat();
        statements.verdict(&EntryFacts {
            record,
            stream: words.inner.stream,
            seq: words.inner.seq,
            device: words.device,
            invitations: &invitations,
        })
    }

    /// Rule 6, at the outer place: a locked campaign takes what lies before the heads of the checkpoint that locked it.
    fn is_late(&mut self, words: &Words<'_>, campaign: CampaignId) -> bool {
        let Some(locked_by) = self.knowledge.roster.campaign(&campaign).locked_by else {
            return false;
        };
        let knowledge = self.knowledge;
        let heads = self
            .in_time
            .entry(locked_by)
            .or_insert_with(|| (knowledge.checkpoint)(&locked_by));
        let head = heads
            .as_ref()
            .and_then(|heads| heads.of(&words.outer.stream));
        let in_time = head.is_some_and(|head| {
            let head = Spot {
                stream: head.stream,
                seq: head.seq,
                hash: head.hash,
            };
            self.chains.leads_to(words.outer, head)
        });
        !in_time
    }
}

/// The first creation of a record: whose it is, and for which campaign.
struct Creation<'a> {
    order: (Hlc, StreamId, u64, &'a Operation),
    device: DevicePublic,
    campaign: CampaignId,
}

/// In the order in which a record takes its operations; every member may create. Only of records that somebody changed:
/// nobody asks about others.
fn creations<'a>(candidates: &'a [Candidate<'_>]) -> BTreeMap<RecordId, Creation<'a>> {
    let changed = candidates.iter().map(|candidate| &candidate.operation);
    let changed = changed.filter(|operation| !matches!(operation.act, Act::Create { .. }));
    let changed: BTreeSet<RecordId> = changed.map(|operation| operation.record).collect();
    let mut creations: BTreeMap<RecordId, Creation<'_>> = BTreeMap::new();
    for candidate in candidates {
        let Act::Create { context, .. } = &candidate.operation.act else {
            continue;
        };
        if !changed.contains(&candidate.operation.record) {
            continue;
        }
        let inner = candidate.words.inner;
        let operation = &candidate.operation;
        let creation = Creation {
            order: (operation.hlc, inner.stream, inner.seq, operation),
            device: candidate.words.device,
            campaign: context.campaign,
        };
        let record = operation.record;
        let first = creations.get(&record);
        if first.is_none_or(|first| creation.order < first.order) {
            creations.insert(record, creation);
        }
    }
    creations
}
