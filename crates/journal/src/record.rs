//! What a person does while counting: rounds, taps, records, second thoughts.
//!
//! Not here: forms (their answers come in) and reading back what another start wrote (`vault`).

use crate::journal::Journal;
use crate::outside::Outside;
use crate::planned::Change;
use crate::round::names;
use crate::rows::{OpenRound, Situation};
use crate::tile::{TapReason, Tile};
use crate::{JournalError, shelves};
use std::borrow::Cow;
use veldpost_domain::{
    Act, Answers, CampaignId, FieldChange, FormVersion, OrganisationId, Record, RecordId,
    RecordKind, RoundId,
};
use veldpost_store::{Batch, Store};

/// The reason code of a tap or record that was made by mistake.
pub const MISTAKE: &str = "mistake";

/// A questionnaire's answers, ready to be kept.
pub struct Filled {
    /// The record that the draft was for.
    pub record: RecordId,
    /// Which questionnaire.
    pub form: FormVersion,
    /// What was answered.
    pub answers: Answers,
    /// The observation that this replaces.
    pub promoted_from: Option<RecordId>,
    /// The campaign that it was begun for; none: the one that is counted for now.
    pub campaign: Option<CampaignId>,
}

/// What stood in a record when somebody began to change it.
#[derive(Clone, Debug)]
pub struct Seen(Record);

impl Seen {
    /// What was answered.
    #[must_use]
    pub fn answers(&self) -> Cow<'_, Answers> {
        self.0.answers()
    }
}

/// What an undo took back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The tile.
    pub tile: Tile,
    /// What stands on it now.
    pub left: u32,
    /// Everybody of this round now.
    pub total: u32,
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Begins a round. One that is open must be stopped first.
    ///
    /// # Errors
    /// `NoRound` when one is open; the store's.
    pub async fn start_round(
        &self,
        organisation: Option<OrganisationId>,
        crew: Option<String>,
        situation: Situation,
        risk_accepted: bool,
    ) -> Result<(), JournalError> {
        if self.round().is_some() {
            return Err(JournalError::NoRound);
        }
        let (id, now) = (RoundId(self.random()), self.outside.now());
        let (risk, campaign) = (risk_accepted, self.known_campaign());
        let round = OpenRound::begin(id, organisation, crew, now, situation, risk, campaign);
        self.keep_round(round).await
    }

    /// Changes what stays set from tap to tap.
    ///
    /// # Errors
    /// `NoRound`; the store's.
    pub async fn set_situation(&self, situation: Situation) -> Result<(), JournalError> {
        let mut round = self.round().ok_or(JournalError::NoRound)?;
        round.situation = situation;
        self.keep_round(round).await
    }

    async fn keep_round(&self, round: OpenRound) -> Result<(), JournalError> {
        // Behind the writer's lock, so that a tap that is being written is not overwritten.
        let _writer = self.writer.lock().await;
        let latest = self.round().filter(|open| open.round == round.round);
        let round = match latest {
            Some(open) => OpenRound {
                situation: round.situation,
                ..open
            },
            None => round,
        };
        let (shelf, key) = shelves::ROUND;
        let row = self
            .identity
            .seal_row(shelves::ROUND, &round, &self.outside)?;
        self.store.commit(Batch::new().put(shelf, key, row)).await?;
        self.memory.borrow_mut().round = Some(round);
        Ok(())
    }

    /// One tap is one person.
    ///
    /// # Errors
    /// `NoRound`; the store's: then nobody was counted.
    pub async fn tap(&self, tile: Tile) -> Result<RecordId, JournalError> {
        let (record, now, campaign) =
            (RecordId(self.random()), self.outside.now(), self.campaign());
        self.write_planned(Box::new(|round| {
            let act = round
                .ok_or(JournalError::NoRound)?
                .observation(tile, campaign, now);
            let change = Change::of(RecordKind::Observation, record, act);
            Ok(change.round(move |round, written| {
                let mut round = round?;
                if let [(operation, _)] = written {
                    round.tapped(tile, operation, now);
                }
                Some(round)
            }))
        }))
        .await?;
        Ok(record)
    }

    /// Takes back the newest of the last 20 taps.
    ///
    /// # Errors
    /// `NothingToUndo`; the store's: then it still counts.
    pub async fn undo(&self) -> Result<Undone, JournalError> {
        let mut undone = Tile::Unknown;
        self.write_planned(Box::new(|round| {
            let tap = round.ok_or(JournalError::NoRound)?.taps.last();
            let tap = tap.ok_or(JournalError::NothingToUndo)?;
            undone = Tile::at(tap.tile).ok_or(JournalError::NothingToUndo)?;
            Ok(withdrawal(
                RecordKind::Observation,
                tap.record_id(),
                MISTAKE,
                None,
            ))
        }))
        .await?;
        let tile = undone;
        let round = self.round().ok_or(JournalError::NoRound)?;
        Ok(Undone {
            tile,
            left: round.on(tile),
            total: round.total() + round.persons,
        })
    }

    /// Gives the newest tap its reason; the same reason again keeps it.
    ///
    /// # Errors
    /// `NothingToUndo` when there is no tap; the store's.
    pub async fn give_reason(&self, reason: TapReason) -> Result<(), JournalError> {
        self.write_planned(Box::new(|round| {
            let round = round.ok_or(JournalError::NoRound)?;
            let tap = round
                .taps
                .last()
                .cloned()
                .ok_or(JournalError::NothingToUndo)?;
            let act = round.reason_for(&tap, reason);
            let change = Change::of(RecordKind::Observation, tap.record_id(), act);
            Ok(change.round(move |round, written| {
                let mut round = round?;
                if let [(operation, _)] = written {
                    round.reasoned(tap.record, operation, reason);
                }
                Some(round)
            }))
        }))
        .await?;
        Ok(())
    }

    /// Keeps a filled-in questionnaire as a person, and ends its draft, in one transaction.
    ///
    /// # Errors
    /// `TooLarge`; the store's: then the draft is still there.
    pub async fn record_person(&self, filled: Filled) -> Result<(), JournalError> {
        self.write(self.person(filled)).await?;
        Ok(())
    }

    pub(crate) fn person(&self, filled: Filled) -> Change<'static> {
        let now = self.outside.now();
        let mut context = self.context(now);
        context.form = Some(filled.form);
        context.promoted_from = filled.promoted_from;
        context.campaign = filled.campaign.unwrap_or(context.campaign);
        let act = Act::Create {
            context,
            answers: filled.answers,
        };
        let tile = filled.promoted_from.and_then(|tap| self.standing_tile(tap));
        let mut change =
            Change::of(RecordKind::Person, filled.record, act).round(move |round, _| {
                let mut round = round?;
                round.persons += 1;
                if let Some(tap) = filled.promoted_from {
                    round.untapped(tap.0, tile);
                }
                Some(round)
            });
        change.finished_draft = Some(filled.record);
        change
    }

    /// What stands in a record that can be read, for [`Journal::amend`].
    #[must_use]
    pub fn seen(&self, record: RecordId) -> Option<Seen> {
        self.memory.borrow().records.get(record).cloned().map(Seen)
    }

    /// Changes answers of a record that can be read; only what differs is written. Where it is known what stood there when this was
    /// begun, what others changed since and this did not stays theirs, and what both changed is a conflict.
    ///
    /// # Errors
    /// `NoRecord` when it cannot be read now and was not seen, or no longer counts; `TooLarge`; the store's.
    pub async fn amend(
        &self,
        record: RecordId,
        answers: &Answers,
        seen: Option<&Seen>,
    ) -> Result<usize, JournalError> {
        let (kind, changes) = self.differences(record, answers, seen)?;
        let number = changes.len();
        if changes.is_empty() {
            self.discard_draft(record).await?;
            return Ok(0);
        }
        let mut change = Change::of(kind, record, Act::Amend { changes });
        change.finished_draft = Some(record);
        self.write(change).await?;
        Ok(number)
    }

    /// What differs, and of what kind the record is. One that was forgotten meanwhile stands as it was seen.
    fn differences(
        &self,
        record: RecordId,
        answers: &Answers,
        seen: Option<&Seen>,
    ) -> Result<(RecordKind, Vec<FieldChange>), JournalError> {
        let memory = self.memory.borrow();
        let known = memory.records.get(record);
        let known = known.or(seen.map(|seen| &seen.0));
        let known = known.filter(|known| known.stands());
        let known = known.ok_or(JournalError::NoRecord)?;
        let current = known.answers();
        let created = known.operations().next().map(|first| first.id);
        let mut changes = Vec::new();
        let before = seen.map_or(known, |seen| &seen.0);
        let shown = before.answers();
        let differs = |name: &&String| {
            let answer = answers.map().get(*name);
            current.map().get(*name) != answer && shown.map().get(*name) != answer
        };
        for name in fields(&current, answers).into_iter().filter(differs) {
            // One change for each value that stood: so an amendment settles a conflict. A field
            // that was never answered replaces what the creation left open.
            let mut bases = before.bases(name);
            if bases.is_empty() {
                bases.extend(created);
            }
            changes.extend(bases.into_iter().map(|base| FieldChange {
                name: name.clone(),
                value: answers.map().get(name).cloned(),
                base,
            }));
        }
        Ok((known.kind(), changes))
    }

    /// Makes a record no longer count. It needs only the id: a locked device can do it too.
    ///
    /// # Errors
    /// The store's: then it still counts.
    pub async fn withdraw(
        &self,
        kind: RecordKind,
        record: RecordId,
        reason: &str,
    ) -> Result<(), JournalError> {
        let mut change = withdrawal(kind, record, reason, self.standing_tile(record));
        if !self.belongs_to_open_round(record) {
            change.round = None;
        }
        self.write(change).await?;
        Ok(())
    }

    /// Whether a record counts on the open round: one of its last taps, or known to be made in it and to stand.
    fn belongs_to_open_round(&self, record: RecordId) -> bool {
        let memory = self.memory.borrow();
        let Some(round) = &memory.round else {
            return false;
        };
        let known = memory.records.get(record).filter(|known| known.stands());
        let known = known.and_then(|known| known.context());
        round.taps.iter().any(|tap| tap.record == record.0)
            || known.is_some_and(|context| context.round == Some(round.round_id()))
    }

    /// The tile that a tap of the open round stands on, where it can be read and nothing replaced it.
    fn standing_tile(&self, tap: RecordId) -> Option<Tile> {
        let memory = self.memory.borrow();
        let round = memory.round.as_ref()?.round_id();
        let known = memory.records.get(tap).filter(|known| known.stands())?;
        let tile = Tile::of_code(known.text(names::TILE)?)?;
        if known.context()?.round != Some(round) {
            return None;
        }
        let replaces = |other: &Record| {
            let context = other.context().filter(|_| other.stands());
            context.is_some_and(|context| context.promoted_from == Some(tap))
        };
        (!memory.records.iter().any(replaces)).then_some(tile)
    }

    /// Stops the round: its report is kept and the open round goes.
    ///
    /// # Errors
    /// `NoRound`; the store's: then it is still open.
    pub async fn stop_round(&self, remark: &str, nobody: bool) -> Result<(), JournalError> {
        let (record, now, campaign) =
            (RecordId(self.random()), self.outside.now(), self.campaign());
        // Planned once its turn has come: a tap that is still being written is in the report.
        self.write_planned(Box::new(|round| {
            let round = round.ok_or(JournalError::NoRound)?;
            let act = round.report(campaign, now, remark, nobody);
            Ok(Change::of(RecordKind::RoundReport, record, act).round(|_, _| None))
        }))
        .await?;
        Ok(())
    }

    /// Reports, outside a round, that an organisation or an area has nobody to count.
    ///
    /// # Errors
    /// The store's.
    pub async fn report_nobody(
        &self,
        organisation: Option<OrganisationId>,
        area: Option<String>,
    ) -> Result<(), JournalError> {
        let now = self.outside.now();
        let mut context = self.context(now);
        context.round = None;
        context.organisation = organisation;
        context.area = area;
        let mut answers = Answers::default();
        answers.set("counted_nobody", "yes");
        let act = Act::Create { context, answers };
        self.write(Change::of(
            RecordKind::RoundReport,
            RecordId(self.random()),
            act,
        ))
        .await?;
        Ok(())
    }
}

/// The names of all fields of either, in order.
pub(crate) fn fields<'a>(one: &'a Answers, other: &'a Answers) -> Vec<&'a String> {
    let mut names: Vec<&String> = one.map().keys().chain(other.map().keys()).collect();
    names.sort();
    names.dedup();
    names
}

fn withdrawal(
    kind: RecordKind,
    record: RecordId,
    reason: &str,
    tile: Option<Tile>,
) -> Change<'static> {
    let act = Act::Withdraw {
        reason: reason.to_owned(),
    };
    Change::of(kind, record, act).round(move |round, _| {
        let mut round = round?;
        match kind {
            RecordKind::Person => round.persons = round.persons.saturating_sub(1),
            _ => round.untapped(record.0, tile),
        }
        Some(round)
    })
}
