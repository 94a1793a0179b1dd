//! Languages and texts: which columns hold them, and `${name}` within them.
//!
//! Not here: which rows need a text (see `survey` and `choices`).

use super::sheet::{Row, Sheet, canonical};
use crate::form::Language;

/// A column of texts: its kind (`label`) and the index of its language.
pub(super) struct TextColumn {
    pub column: usize,
    pub kind: &'static str,
    pub language: usize,
}

/// All languages of a form, and where their texts are in one sheet.
#[derive(Default)]
pub(super) struct Languages(pub Vec<Language>);

const KINDS: [(&str, &[&str]); 4] = [
    ("label", &["label", "caption"]),
    ("hint", &["hint"]),
    (
        "required_message",
        &["required_message", "requiredmsg", "required_msg"],
    ),
    (
        "constraint_message",
        &[
            "constraint_message",
            "constraining_message",
            "constraint_msg",
        ],
    ),
];

impl Languages {
    /// The text columns of a sheet; languages not met before are added.
    pub(super) fn columns(&mut self, sheet: &Sheet, default: &str) -> Vec<TextColumn> {
        let mut columns = Vec::new();
        for (column, header) in sheet.header.iter().enumerate() {
            let (kind, language) = header.split_once("::").unwrap_or((header, ""));
            let kind = canonical(kind);
            let Some((kind, _)) = KINDS
                .iter()
                .find(|(_, names)| names.contains(&kind.as_str()))
            else {
                continue;
            };
            let language = language.trim();
            // A plain column is in the default language.
            let language = if language.is_empty() {
                default
            } else {
                language
            };
            columns.push(TextColumn {
                column,
                kind,
                language: self.index(language),
            });
        }
        columns
    }

    pub(super) fn index(&mut self, name: &str) -> usize {
        let language = match name.rsplit_once('(') {
            Some((name, code)) => Language {
                name: name.trim().to_owned(),
                code: code.trim_end_matches(')').trim().to_owned(),
            },
            None => Language {
                name: name.to_owned(),
                code: String::new(),
            },
        };
        let found = self.0.iter().position(|other| *other == language);
        found.unwrap_or_else(|| {
            self.0.push(language);
            self.0.len() - 1
        })
    }
}

/// The texts of one kind in a row, by language.
pub(super) fn texts<'a>(row: &'a Row, columns: &[TextColumn], kind: &str) -> Vec<(usize, &'a str)> {
    let of_kind = columns.iter().filter(|column| column.kind == kind);
    let cells = of_kind.map(|column| (column.language, row.cell(Some(column.column))));
    cells.filter(|(_, text)| !text.is_empty()).collect()
}

/// A text cut at its `${name}`s: plain pieces and names in turn, starting with a plain one.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        pieces.push(plain);
        pieces.push(name);
        rest = after;
    }
    pieces.push(rest);
    pieces
}
