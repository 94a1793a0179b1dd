//! The columns of the survey sheet, and the types in the first of them.
//!
//! Not here: what the cells hold (see the parent module and `contents`).

use super::super::Mistake;
use super::super::scope::nearest;
use super::super::sheet::{Sheet, canonical};
use crate::form::Kind;
use std::collections::BTreeMap;

/// Columns with one meaning each, in every spelling that pyxform takes.
pub(super) const COLUMNS: [(&str, &[&str]); 12] = [
    ("type", &["type", "command"]),
    ("name", &["name", "tag", "value"]),
    ("appearance", &["appearance"]),
    ("relevant", &["relevant", "relevance"]),
    ("required", &["required"]),
    ("constraint", &["constraint"]),
    ("calculation", &["calculation", "calculate"]),
    ("default", &["default"]),
    ("read_only", &["read_only", "readonly"]),
    ("choice_filter", &["choice_filter"]),
    ("repeat_count", &["repeat_count", "count", "jr:count"]),
    // Words for interviewers, which no screen shows.
    ("guidance_hint", &["guidance_hint"]),
];

/// Columns that would change what a form does and are not supported.
pub(super) const UNSUPPORTED: [&str; 14] = [
    "trigger",
    "parameters",
    "image",
    "audio",
    "video",
    "big-image",
    "media",
    "autoplay",
    "bind",
    "body",
    "instance",
    "save_to",
    "query",
    "noapperrorstring",
];

pub(super) fn known_columns(
    sheet: &Sheet,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<&'static str, usize> {
    let mut columns = BTreeMap::new();
    for (name, spellings) in COLUMNS {
        if let Some(column) = sheet.column(spellings) {
            columns.insert(name, column);
        }
    }
    for needed in ["type", "name"] {
        if !columns.contains_key(needed) {
            mistakes.push(sheet.mistake(1, needed, "this column is missing"));
        }
    }
    let texts = ["label", "hint", "required_message", "constraint_message"];
    let known: Vec<&str> = COLUMNS
        .iter()
        .flat_map(|(_, names)| names.iter().copied())
        .chain(texts)
        .collect();
    for header in &sheet.header {
        let base = canonical(header.split("::").next().unwrap_or(header));
        if known.contains(&base.as_str()) || UNSUPPORTED.contains(&base.as_str()) {
            continue;
        }
        // Columns for authors' own use are welcome; a slip of the pen is not.
        if let Some(near) = nearest(&base, known.iter().copied().filter(|name| name.len() > 4)) {
            mistakes.push(sheet.mistake(1, header, format!("unknown column; is it {near}?")));
        }
    }
    columns
}

/// Kind, list and `or_other` of a type cell.
pub(super) fn kind_of(cell: &str) -> Result<(Kind, String, bool), String> {
    let lower = cell.to_lowercase();
    let mut words = cell.split_whitespace();
    for (prefix, kind) in [
        ("select_one ", Kind::SelectOne),
        ("select one from ", Kind::SelectOne),
        ("select one ", Kind::SelectOne),
        ("select1 ", Kind::SelectOne),
        ("select_multiple ", Kind::SelectMultiple),
        ("select multiple ", Kind::SelectMultiple),
        ("select all that apply from ", Kind::SelectMultiple),
    ] {
        if lower.starts_with(prefix) {
            let mut words = cell
                .split_whitespace()
                .skip(prefix.split_whitespace().count());
            let list = words.next().unwrap_or_default().to_owned();
            return match words.next() {
                None => Ok((kind, list, false)),
                Some("or_other") => Ok((kind, list, true)),
                Some("or") if words.next() == Some("specify") => Ok((kind, list, true)),
                Some(word) => Err(format!("{word} after the list has no meaning")),
            };
        }
    }
    let kind = match lower.as_str() {
        "text" | "string" => Kind::Text,
        "integer" | "int" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "date" => Kind::Date,
        "note" => Kind::Note,
        "calculate" => Kind::Calculate,
        "hidden" => Kind::Hidden,
        "acknowledge" | "trigger" => Kind::Acknowledge,
        "geopoint" => Kind::Geopoint,
        "select_one" | "select_multiple" => return Err("a list must follow".into()),
        _ => {
            let known = [
                "text",
                "integer",
                "decimal",
                "date",
                "note",
                "calculate",
                "hidden",
                "acknowledge",
                "geopoint",
                "select_one",
                "select_multiple",
                "begin_group",
                "begin_repeat",
                "end_group",
                "end_repeat",
            ];
            let first = words.next().unwrap_or_default();
            let near = nearest(first, known.iter().copied());
            let hint = near.map_or(String::new(), |near| format!("; is it {near}?"));
            return Err(format!("the type {cell} is not supported{hint}"));
        }
    };
    Ok((kind, String::new(), false))
}
