//! The survey sheet: rows into items, nested and named.
//!
//! Not here: their expressions and texts (see `contents`), what a report needs (see `binding`).

mod columns;
mod contents;

use super::choices::{self, RawLists};
use super::scope::Scope;
use super::sheet::{Row, Sheet, canonical};
use super::words::{Languages, TextColumn};
use super::{Mistake, Sheets, link};
use crate::expression::ItemId;
use crate::form::{Definition, Form, Item, Kind, Language, Part, Text};
use columns::{UNSUPPORTED, kind_of, known_columns};
use std::collections::BTreeMap;

/// An item with the row that it comes from.
struct Source<'a> {
    row: Option<&'a Row>,
    or_other: bool,
    list_name: String,
}

/// Everything in the making.
struct Builder<'a> {
    sheet: &'a Sheet,
    columns: BTreeMap<&'static str, usize>,
    texts: Vec<TextColumn>,
    languages: Vec<Language>,
    lists: RawLists,
    scope: Scope,
    sources: Vec<Source<'a>>,
    mistakes: &'a mut Vec<Mistake>,
}

pub(super) fn build(sheets: &Sheets, mistakes: &mut Vec<Mistake>) -> Option<Form> {
    let settings = sheets.sheet("settings", mistakes);
    let survey = sheets.sheet("survey", mistakes);
    let choices_sheet = sheets.sheet("choices", mistakes);
    let setting = |names: &[&str]| {
        let column = settings.column(names);
        settings
            .rows
            .first()
            .map_or("", |row| row.cell(column))
            .to_owned()
    };
    let default_language = setting(&["default_language"]);
    let mut languages = Languages::default();
    let texts = languages.columns(&survey, &default_language);
    let choice_texts = languages.columns(&choices_sheet, &default_language);
    let lists = choices::read(&choices_sheet, &choice_texts, mistakes);
    if languages.0.is_empty() {
        languages.index(&default_language);
    }
    let chosen = if default_language.is_empty() {
        0
    } else {
        languages.index(&default_language)
    };

    let mut builder = Builder {
        sheet: &survey,
        columns: known_columns(&survey, mistakes),
        texts,
        languages: languages.0,
        lists,
        scope: Scope::default(),
        sources: Vec::new(),
        mistakes,
    };
    builder.root();
    builder.rows();
    builder.check_names();
    let lists = builder.choice_lists(&choices_sheet);
    builder.expressions();
    let rows: BTreeMap<String, usize> = builder
        .scope
        .items
        .iter()
        .zip(&builder.sources)
        .map(|(item, source)| (item.name.clone(), source.row.map_or(0, |row| row.number)))
        .collect();
    let Builder {
        scope,
        languages,
        mistakes,
        ..
    } = builder;
    if !mistakes.is_empty() {
        return None;
    }
    let or = |value: String, fallback: &str| {
        if value.is_empty() {
            fallback.to_owned()
        } else {
            value
        }
    };
    let id = or(setting(&["form_id", "set_form_id"]), "form");
    let definition = Definition {
        title: or(setting(&["form_title", "set_form_title"]), &id),
        id,
        version: setting(&["version"]),
        languages,
        items: scope.items,
        lists,
        ops: scope.ops,
        patterns: scope.patterns.into_iter().map(|(_, table)| table).collect(),
        default_language: u16::try_from(chosen).unwrap_or(0),
    };
    link(
        definition,
        |name| rows.get(name).copied().unwrap_or(0),
        mistakes,
    )
}

fn empty_item(name: &str, kind: Kind, parent: ItemId) -> Item {
    Item {
        name: name.to_owned(),
        kind,
        parent,
        label: Text::default(),
        hint: Text::default(),
        appearance: String::new(),
        relevant: None,
        required: None,
        required_message: Text::default(),
        constraint: None,
        constraint_message: Text::default(),
        calculation: None,
        initial: None,
        read_only: None,
        choice_filter: None,
        repeat_count: None,
        list: None,
    }
}

impl<'a> Builder<'a> {
    fn cell(&self, row: &'a Row, column: &str) -> &'a str {
        row.cell(self.columns.get(column).copied())
    }

    fn complain(&mut self, row: Option<&Row>, column: &str, reason: impl Into<String>) {
        let header = self
            .columns
            .get(column)
            .and_then(|place| self.sheet.header.get(*place));
        let column = header.map_or(column, String::as_str);
        let row = row.map_or(0, |row| row.number);
        self.mistakes.push(self.sheet.mistake(row, column, reason));
    }

    fn root(&mut self) {
        self.push(empty_item("", Kind::Group, 0), None, String::new(), false);
    }

    fn push(
        &mut self,
        item: Item,
        row: Option<&'a Row>,
        list_name: String,
        or_other: bool,
    ) -> ItemId {
        self.scope.items.push(item);
        self.sources.push(Source {
            row,
            or_other,
            list_name,
        });
        ItemId::try_from(self.scope.items.len() - 1).unwrap_or(ItemId::MAX)
    }

    /// Rows into items: kinds, names and nesting.
    fn rows(&mut self) {
        let sheet = self.sheet;
        let mut open: Vec<ItemId> = vec![0];
        for row in &sheet.rows {
            let cell = self.cell(row, "type");
            if cell.is_empty() {
                let name = self.cell(row, "name");
                if !name.is_empty() {
                    self.complain(Some(row), "type", format!("{name} has no type"));
                }
                continue;
            }
            self.refuse_unsupported(row);
            let parent = open.last().copied().unwrap_or(0);
            match canonical(cell).as_str() {
                "begin_group" | "begin_repeat" => {
                    let repeat = canonical(cell) == "begin_repeat";
                    let kind = if repeat { Kind::Repeat } else { Kind::Group };
                    let name = self.name(row);
                    if repeat {
                        self.counter(row, &name, parent);
                    }
                    let item = empty_item(&name, kind, parent);
                    open.push(self.push(item, Some(row), String::new(), false));
                }
                "end_group" | "end_repeat" => {
                    let kind = self.scope.items[usize::from(parent)].kind;
                    let expected = if kind == Kind::Repeat {
                        "end_repeat"
                    } else {
                        "end_group"
                    };
                    if parent == 0 {
                        self.complain(Some(row), "type", "nothing is open here");
                    } else {
                        if canonical(cell) != expected {
                            let name = self.scope.items[usize::from(parent)].name.clone();
                            let reason = format!("{name} is open and ends with {expected}");
                            self.complain(Some(row), "type", reason);
                        }
                        open.pop();
                    }
                }
                _ => self.question(row, cell, parent),
            }
        }
        for group in open.into_iter().skip(1) {
            let row = self.sources[usize::from(group)].row;
            self.complain(row, "type", "this is never ended");
        }
    }

    fn question(&mut self, row: &'a Row, cell: &str, parent: ItemId) {
        match kind_of(cell) {
            Ok((kind, list_name, or_other)) => {
                let name = self.name(row);
                let item = empty_item(&name, kind, parent);
                self.push(item, Some(row), list_name.clone(), or_other);
                if or_other {
                    self.push_other(&name, parent, &list_name);
                }
            }
            Err(reason) => self.complain(Some(row), "type", reason),
        }
    }

    /// `or_other` adds the choice `other` to the list, and a text question after the select.
    fn push_other(&mut self, name: &str, parent: ItemId, list_name: &str) {
        let words = |dutch: &str, english: &str| -> Vec<(usize, String)> {
            let word = |language: &Language| match language.code.as_str() {
                "nl" => dutch.to_owned(),
                _ => english.to_owned(),
            };
            self.languages.iter().map(word).enumerate().collect()
        };
        let (other, specify) = (
            words("Anders", "Other"),
            words("Namelijk:", "Specify other."),
        );
        if let Some(list) = self
            .lists
            .lists
            .iter_mut()
            .find(|list| list.name == list_name)
            && !list.choices.iter().any(|choice| choice.code == "other")
        {
            let columns = vec![String::new(); self.lists.columns.len()];
            let (row, code) = (0, "other".to_owned());
            list.choices.push(choices::RawChoice {
                row,
                code,
                columns,
                labels: other,
            });
        }
        let mut item = empty_item(&format!("{name}_other"), Kind::Text, parent);
        let part = |(_, text): (usize, String)| vec![Part::Plain(text)];
        item.label = Text(specify.into_iter().map(part).collect());
        self.push(item, None, String::new(), false);
    }

    /// A count that is more than a question's name becomes a calculation of its own, as in pyxform.
    fn counter(&mut self, row: &'a Row, name: &str, parent: ItemId) {
        let count = self.cell(row, "repeat_count");
        if !count.is_empty() && bare_reference(count).is_none() {
            let item = empty_item(&format!("{name}_count"), Kind::Calculate, parent);
            self.push(item, Some(row), String::new(), false);
        }
    }

    fn name(&mut self, row: &'a Row) -> String {
        let name = self.cell(row, "name").to_owned();
        let mut letters = name.chars();
        let starts = letters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_');
        if name.is_empty() {
            self.complain(Some(row), "name", "a name is needed");
        } else if !starts || !letters.all(|c| c.is_alphanumeric() || "_-.".contains(c)) {
            let reason = format!(
                "{name} is no name: it starts with a letter or _ and has only letters, digits, _ - ."
            );
            self.complain(Some(row), "name", reason);
        } else if name == "meta" {
            self.complain(
                Some(row),
                "name",
                "meta is a name that XForms keeps for itself",
            );
        }
        name
    }

    fn refuse_unsupported(&mut self, row: &'a Row) {
        for (place, header) in self.sheet.header.iter().enumerate() {
            let base = canonical(header.split("::").next().unwrap_or(header));
            if UNSUPPORTED.contains(&base.as_str()) && !row.cell(Some(place)).is_empty() {
                let reason = "this column is not supported".to_owned();
                self.mistakes
                    .push(self.sheet.mistake(row.number, header, reason));
            }
        }
    }

    /// Names must differ among all that is not in a further repeat; a group may share one.
    fn check_names(&mut self) {
        let mut seen: BTreeMap<(ItemId, String, bool), ItemId> = BTreeMap::new();
        for index in 1..self.scope.items.len() {
            let id = ItemId::try_from(index).unwrap_or(ItemId::MAX);
            let item = &self.scope.items[index];
            let is_group = item.kind == Kind::Group;
            let level = if is_group {
                item.parent
            } else {
                self.scope.repeats_around(id).first().copied().unwrap_or(0)
            };
            let name = item.name.clone();
            if let Some(other) = seen.insert((level, name.clone(), is_group), id) {
                let other = self.sources[usize::from(other)]
                    .row
                    .map_or(0, |row| row.number);
                let row = self.sources[index].row;
                self.complain(
                    row,
                    "name",
                    format!("{name} occurs twice, first in row {other}"),
                );
            }
        }
    }
}

/// The name in a text that is nothing but `${name}`.
fn bare_reference(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['$', '{', '}'])).then_some(name.trim())
}
