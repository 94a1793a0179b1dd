//! One record in a few words: what a list shows, and what stands above a record.
//!
//! Not here: all of its answers (`services::field`'s plain lines).

use crate::services::field::{Field, Labels, Listed, reason_label, tile_label, was_left};
use crate::text::{self, Text, records};
use crate::view::prelude::*;
use veldpost_domain::tables::name;
use veldpost_domain::{LivingSituation, Record, RecordId, RecordKind};
use veldpost_journal::{TapReason, Tile};

/// "Man, 18 tot 20, in de openbare ruimte"; while it cannot be read, what kind it is.
pub fn short(field: Field, listed: &Listed, labels: &Labels) -> String {
    let book = field.book().filter(|_| listed.readable);
    let words = book.and_then(|book| Some(of_record(book.records().get(listed.record)?, labels)));
    words.unwrap_or_else(|| unread(field, listed))
}

/// The tile of one of the last taps is known while the round is open; of the rest, the kind.
fn unread(field: Field, listed: &Listed) -> String {
    let tile = field
        .round
        .with(|round| tile_of(round.as_ref()?, listed.record));
    let label = tile.map_or_else(|| kind_label(listed.kind), tile_label);
    label.get().to_owned()
}

fn tile_of(round: &veldpost_journal::rows::OpenRound, record: RecordId) -> Option<Tile> {
    Tile::at(
        round
            .taps
            .iter()
            .find(|tap| tap.record_id() == record)?
            .tile,
    )
}

/// What a record is about.
pub const fn kind_label(kind: RecordKind) -> Text {
    match kind {
        RecordKind::Person => records::PERSON,
        RecordKind::Observation => records::OBSERVATION,
        RecordKind::RoundReport => records::REPORT,
        RecordKind::Unknown(_) => records::UNKNOWN,
    }
}

fn of_record(record: &Record, labels: &Labels) -> String {
    let mut parts = match record.kind() {
        RecordKind::Person => vec![
            gender(record, labels),
            age(record, labels),
            situation(record),
        ],
        RecordKind::Observation => {
            vec![
                tile(record).map(|tile| tile_label(tile).get().to_owned()),
                situation(record),
            ]
        }
        RecordKind::RoundReport => vec![Some(report(record))],
        RecordKind::Unknown(_) => Vec::new(),
    };
    parts.push(was_left(record).then(|| records::LEFT.get().to_owned()));
    parts.push(reason(record).map(|reason| reason_label(reason).get().to_owned()));
    let mut words = String::new();
    for part in parts.into_iter().flatten() {
        if words.is_empty() {
            words = part;
        } else {
            words.push_str(", ");
            words.push_str(&text::without_capital(&part));
        }
    }
    if words.is_empty() {
        kind_label(record.kind()).get().to_owned()
    } else {
        words
    }
}

fn gender(record: &Record, labels: &Labels) -> Option<String> {
    Some(
        labels
            .get(name::GENDER, record.text(name::GENDER)?)
            .to_owned(),
    )
}

fn age(record: &Record, labels: &Labels) -> Option<String> {
    if let Some(year) = record.text(name::BIRTH_YEAR) {
        return Some(records::BORN.with(&[("year", &year)]));
    }
    match record.text(name::AGE_BAND)? {
        "unknown" => Some(records::AGE_UNKNOWN.get().to_owned()),
        band => Some(labels.get(name::AGE_BAND, band).to_owned()),
    }
}

/// One or two words: the whole label of the tables would fill a row of a phone.
fn situation(record: &Record) -> Option<String> {
    use LivingSituation as S;
    let code = record.text(name::LIVING_SITUATION)?;
    let words = match S::from_answer(Some(code)) {
        S::PublicSpace => records::OUTSIDE,
        S::EmergencyShelter => records::EMERGENCY_SHELTER,
        S::HomelessAccommodation => records::SHELTER,
        S::Institution => records::INSTITUTION,
        S::NonConventional => records::NO_DWELLING,
        S::FamilyFriends => records::FAMILY_FRIENDS,
        S::ThreatenedEviction => records::EVICTION,
        S::Unknown => records::PLACE_UNKNOWN,
    };
    Some(words.get().to_owned())
}

/// The tile that was tapped.
pub fn tile(record: &Record) -> Option<Tile> {
    Tile::of_code(record.text(name::TILE)?)
}

/// Why it stayed a tap.
pub fn reason(record: &Record) -> Option<TapReason> {
    let code = record.text(name::OBSERVATION_REASON)?;
    TapReason::ALL
        .into_iter()
        .find(|reason| reason.code() == code)
}

/// Everybody in the report of a round.
pub fn counted(record: &Record) -> u64 {
    let totals = Tile::ALL.map(|tile| format!("total_{}", tile.code()));
    let totals = totals.iter().map(String::as_str).chain(["total_persons"]);
    totals
        .filter_map(|name| record.text(name)?.parse::<u64>().ok())
        .sum()
}

fn report(record: &Record) -> String {
    if record.text("counted_nobody") == Some("yes") {
        return records::NOBODY.get().to_owned();
    }
    if record.text("total_persons").is_none() && record.text("remark").is_some() {
        return records::ONLY_REMARK.get().to_owned();
    }
    records::ROUND_TOTAL.with(&[("n", &counted(record))])
}
