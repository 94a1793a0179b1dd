//! The choices sheet: lists of codes with labels, and columns for filters.
//!
//! Not here: which question uses which list (see `survey`).

use super::Mistake;
use super::sheet::{Sheet, canonical};
use super::words::TextColumn;

/// A list as the sheet has it.
pub(super) struct RawList {
    pub name: String,
    pub choices: Vec<RawChoice>,
}

/// A choice as the sheet has it.
pub(super) struct RawChoice {
    pub row: usize,
    pub code: String,
    /// Cells of the columns that are neither code nor text, by header.
    pub columns: Vec<String>,
    /// Labels by language.
    pub labels: Vec<(usize, String)>,
}

/// The lists of a sheet and the headers of their further columns.
pub(super) struct RawLists {
    pub lists: Vec<RawList>,
    pub columns: Vec<String>,
}

pub(super) fn read(sheet: &Sheet, texts: &[TextColumn], mistakes: &mut Vec<Mistake>) -> RawLists {
    let list = sheet.column(&["list_name"]);
    let code = sheet.column(&["name", "value"]);
    let mut out = RawLists {
        lists: Vec::new(),
        columns: Vec::new(),
    };
    if sheet.header.is_empty() {
        return out;
    }
    for (name, column) in [("list_name", list), ("name", code)] {
        if column.is_none() {
            mistakes.push(sheet.mistake(1, name, "this column is missing"));
        }
    }
    let further: Vec<usize> = (0..sheet.header.len())
        .filter(|c| Some(*c) != list && Some(*c) != code && !texts.iter().any(|t| t.column == *c))
        .filter(|c| {
            sheet
                .header
                .get(*c)
                .is_some_and(|header| !header.is_empty())
        })
        .collect();
    out.columns = further.iter().map(|c| sheet.header[*c].clone()).collect();
    for row in &sheet.rows {
        let (list_name, code) = (row.cell(list), row.cell(code));
        if list_name.is_empty() {
            let reason = "a choice needs the name of its list";
            mistakes.push(sheet.mistake(row.number, "list_name", reason));
            continue;
        }
        if code.is_empty() {
            mistakes.push(sheet.mistake(row.number, "name", "a choice needs a code"));
            continue;
        }
        if code.contains(char::is_whitespace) {
            let reason =
                "a code must not contain spaces: several codes are stored separated by them";
            mistakes.push(sheet.mistake(row.number, "name", reason));
        }
        for column in &sheet.header {
            let unsupported = canonical(column);
            let media = ["image", "audio", "video", "big-image", "media"];
            let cell = row.cell(sheet.header.iter().position(|other| other == column));
            if media
                .iter()
                .any(|m| unsupported.split("::").next() == Some(*m))
                && !cell.is_empty()
            {
                mistakes.push(sheet.mistake(row.number, column, "media are not supported"));
            }
        }
        let labels: Vec<(usize, String)> = super::words::texts(row, texts, "label")
            .into_iter()
            .map(|(l, t)| (l, t.into()))
            .collect();
        if labels.is_empty() {
            mistakes.push(sheet.mistake(row.number, "label", "a choice needs a label"));
        }
        let choice = RawChoice {
            row: row.number,
            code: code.to_owned(),
            columns: further
                .iter()
                .map(|column| row.cell(Some(*column)).to_owned())
                .collect(),
            labels,
        };
        let position = out.lists.iter().position(|list| list.name == list_name);
        let position = position.unwrap_or_else(|| {
            out.lists.push(RawList {
                name: list_name.to_owned(),
                choices: Vec::new(),
            });
            out.lists.len() - 1
        });
        let choices = &mut out.lists[position].choices;
        if choices.iter().any(|other| other.code == choice.code) {
            let reason = format!(
                "the code {} occurs twice in the list {list_name}",
                choice.code
            );
            mistakes.push(sheet.mistake(row.number, "name", reason));
        }
        choices.push(choice);
    }
    out
}
