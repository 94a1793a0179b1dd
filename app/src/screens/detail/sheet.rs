//! What one record says, read once and put into words before it is shown.
//!
//! Not here: how it looks. Nothing in it is kept when the screen goes.

use super::withdraw::reason_label as withdrawal_label;
use crate::browser::clock;
use crate::screens::records::words;
use crate::screens::start_round::{municipality_label, situation_label, source_label};
use crate::services::field::{
    Field, Labels, Line, Listed, Places, clock_time, lines, question, reason_label, tile_label,
    was_left,
};
use crate::text::{Text, common, detail, records, stop_round};
use std::sync::Arc;
use veldpost_domain::tables::name;
use veldpost_domain::{Act, Answer, Answers, LivingSituation, Record, RecordId, RecordKind};
use veldpost_forms::Form;
use veldpost_journal::{Tile, UNFINISHED, UNFINISHED_TYPED};

/// One record in words.
pub struct Sheet {
    /// The commit that it was read at: after the next one it is out of date.
    pub commit: u32,
    /// None: no record was chosen, or there is none of that id.
    pub listed: Option<Listed>,
    /// Its kind, or a few words of it.
    pub title: String,
    /// When, where, by whom.
    pub facts: Vec<Line>,
    /// What was answered.
    pub lines: Vec<Line>,
    /// Answers that no page of this questionnaire shows.
    pub others: Vec<Line>,
    /// What happened to it after it was recorded.
    pub history: Vec<String>,
    /// Questions that two devices answered differently.
    pub conflicts: Vec<String>,
    /// Where what this device wrote of it stands.
    pub places: Places,
}

impl Sheet {
    /// Reads what can be read now.
    pub async fn read(field: Field, chosen: Option<RecordId>, commit: u32) -> Self {
        let mut sheet = Self {
            commit,
            listed: None,
            title: String::new(),
            facts: Vec::new(),
            lines: Vec::new(),
            others: Vec::new(),
            history: Vec::new(),
            conflicts: Vec::new(),
            places: Places::default(),
        };
        let form = field.form().await;
        let Some(id) = chosen else { return sheet };
        let Some(listed) = field.listed(id).await else {
            return sheet;
        };
        let labels = form.as_ref().map_or_else(Labels::default, Labels::of);
        sheet.places = field.places().await;
        sheet.listed = Some(listed);
        sheet.title = words::short(field, &listed, &labels);
        sheet
            .facts
            .push(answer(detail::WHEN, date_and_time(listed.at)));
        let Some(book) = field.book().filter(|_| listed.readable) else {
            return sheet;
        };
        let known = book.records();
        let Some(record) = known.get(id) else {
            return sheet;
        };
        sheet.facts.extend(circumstances(field, record));
        if was_left(record) {
            sheet.facts.push(answer(records::LEFT, detail::LEFT.get()));
        }
        let answers = record.answers();
        match (record.kind(), &form) {
            (RecordKind::Person, Some(form)) => {
                let mut answers = answers.into_owned();
                answers.map_mut().remove(UNFINISHED);
                if let Some(Answer::Text(typed)) = answers.map_mut().remove(UNFINISHED_TYPED) {
                    sheet
                        .facts
                        .extend(typed.lines().map(|line| typed_line(form, line)));
                }
                (sheet.lines, sheet.others) = lines(form, &answers);
            }
            (RecordKind::Observation, _) => sheet.lines = observation(record, &answers),
            (RecordKind::RoundReport, _) => sheet.lines = report(record),
            _ => sheet.others = bare(&answers),
        }
        let label = |name: &str| label(form.as_ref(), name);
        sheet.history = history(record, label);
        sheet.conflicts = record
            .conflicts()
            .iter()
            .map(|one| label(one.name))
            .collect();
        sheet
    }
}

/// The words for the name of an answer: those of an observation are the app's own.
fn label(form: Option<&Arc<Form>>, name: &str) -> String {
    let own = match name {
        name::TILE => Some(detail::TILE),
        name::OBSERVATION_REASON => Some(detail::REASON_SEEN),
        UNFINISHED => Some(records::LEFT),
        UNFINISHED_TYPED => Some(detail::TYPED),
        _ => None,
    };
    let label = own.map(|own| own.get().to_owned());
    let label = label.or_else(|| question(form?, name));
    label.unwrap_or_else(|| name.to_owned())
}

/// `name: text`, by the words of its question.
fn typed_line(form: &Arc<Form>, line: &str) -> Line {
    let (name, text) = line.split_once(": ").unwrap_or_default();
    let label = question(form, name).unwrap_or_else(|| name.to_owned());
    answer(detail::TYPED, format!("{label}: {text}"))
}

fn answer(question: Text, answer: impl Into<String>) -> Line {
    Line::Answer(question.get().to_owned(), answer.into())
}

fn date_and_time(at: i64) -> String {
    format!("{} {}", clock::date_for_reading(at), clock::time_of_day(at))
}

fn circumstances(field: Field, record: &Record) -> Vec<Line> {
    let Some(context) = record.context() else {
        return Vec::new();
    };
    let organisation = context.organisation;
    let organisation = organisation.and_then(|id| field.book()?.organisation_name(id));
    let promoted = context
        .promoted_from
        .map(|_| detail::FROM_TAP.get().to_owned());
    let known = [
        (detail::AREA, context.area.clone()),
        (detail::ORGANISATION, organisation),
        (detail::CREW, context.crew.clone()),
        (detail::ORIGIN, promoted),
    ];
    known
        .into_iter()
        .filter_map(|(name, value)| Some(answer(name, value?)))
        .collect()
}

fn observation(record: &Record, answers: &Answers) -> Vec<Line> {
    let tile = words::tile(record).map(|tile| tile_label(tile).get());
    let reason = words::reason(record).map(|reason| reason_label(reason).get());
    let situation = answers.text(name::LIVING_SITUATION);
    let situation = situation.map(|code| situation_label(LivingSituation::from_answer(Some(code))));
    let known = [
        (detail::TILE, tile),
        (detail::REASON_SEEN, reason),
        (detail::SITUATION, situation),
        (
            detail::MUNICIPALITY,
            answers
                .text(name::MUNICIPALITY_STAY)
                .map(municipality_label),
        ),
        (
            detail::SOURCE,
            answers
                .text(name::SOURCE)
                .and_then(source_label)
                .map(Text::get),
        ),
    ];
    known
        .into_iter()
        .filter_map(|(name, value)| Some(answer(name, value?)))
        .collect()
}

fn report(record: &Record) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |label: Text, name: &str| {
        if let Some(number) = record.text(name) {
            lines.push(answer(label, number));
        }
    };
    for tile in Tile::ALL {
        add(tile_label(tile), &format!("total_{}", tile.code()));
    }
    add(stop_round::PERSONS, "total_persons");
    add(detail::REMARK, "remark");
    if let Some(start) = record.text("started_at").and_then(|at| at.parse().ok()) {
        lines.push(answer(detail::BEGAN, date_and_time(start)));
        lines.push(answer(
            stop_round::TOTAL,
            words::counted(record).to_string(),
        ));
    }
    let nobody = record.text("counted_nobody") == Some("yes");
    if nobody {
        lines.push(answer(records::NOBODY, common::YES.get()));
    }
    if record.text("risk_accepted").is_some() {
        lines.push(answer(detail::RISK, common::YES.get()));
    }
    lines
}

fn bare(answers: &Answers) -> Vec<Line> {
    let texts = answers
        .map()
        .keys()
        .filter_map(|name| Some((name, answers.text(name)?)));
    texts
        .map(|(name, value)| Line::Answer(name.clone(), value.to_owned()))
        .collect()
}

/// Amendments and withdrawals, oldest first.
fn history(record: &Record, label: impl Fn(&str) -> String) -> Vec<String> {
    let lines = record.operations().filter_map(|operation| {
        let at = date_and_time(clock_time(operation.hlc));
        match &operation.act {
            Act::Create { .. } => None,
            Act::Amend { changes } => {
                let mut names: Vec<String> = changes.iter().map(|one| label(&one.name)).collect();
                names.dedup();
                Some(detail::AMENDED.with(&[("time", &at), ("names", &names.join(", "))]))
            }
            Act::Withdraw { reason } => {
                let reason = withdrawal_label(reason).get();
                Some(detail::WITHDRAWN.with(&[("time", &at), ("reason", &reason)]))
            }
        }
    });
    lines.collect()
}
