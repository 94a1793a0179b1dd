//! The survey sheet: rows into items, then their expressions and texts.
//!
//! Not here: the grammar of expressions (see `parse`), what a report needs (see `binding`).

use super::choices::{self, RawLists};
use super::expression::is_worked_out;
use super::parse::{Role, Scope, nearest};
use super::sheet::{Row, Sheet, canonical};
use super::words::{self, Languages, TextColumn};
use super::{Mistake, Sheets, link};
use crate::expression::{ItemId, Op, OpId};
use crate::form::{
    Choice, ChoiceList, Definition, Form, Initial, Item, Kind, Language, Part, Text,
};
use std::collections::BTreeMap;

/// Columns with one meaning each, in every spelling that pyxform takes.
const COLUMNS: [(&str, &[&str]); 12] = [
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
const UNSUPPORTED: [&str; 14] = [
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

fn known_columns(sheet: &Sheet, mistakes: &mut Vec<Mistake>) -> BTreeMap<&'static str, usize> {
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
fn kind_of(cell: &str) -> Result<(Kind, String, bool), String> {
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

    fn choice_lists(&mut self, sheet: &Sheet) -> Vec<ChoiceList> {
        let mut filtered: Vec<&str> = Vec::new();
        for source in &self.sources {
            let Some(row) = source.row else { continue };
            if !self.cell(row, "choice_filter").is_empty() {
                filtered.push(&source.list_name);
            }
        }
        let filtered: Vec<String> = filtered.into_iter().map(str::to_owned).collect();
        let raw = core::mem::take(&mut self.lists.lists);
        let mut lists = Vec::new();
        for list in &raw {
            let with_columns = filtered.contains(&list.name);
            let mut choices = Vec::new();
            for choice in &list.choices {
                let texts: Vec<(usize, &str)> = choice
                    .labels
                    .iter()
                    .map(|(language, text)| (*language, text.as_str()))
                    .collect();
                let label = self.text(&texts, 0, |reason| {
                    sheet.mistake(choice.row, "label", reason)
                });
                let mut columns = Vec::new();
                if with_columns {
                    columns.clone_from(&choice.columns);
                    columns.push(choice.code.clone());
                }
                choices.push(Choice {
                    code: choice.code.clone(),
                    label,
                    columns,
                });
            }
            lists.push(ChoiceList {
                name: list.name.clone(),
                choices,
            });
        }
        for index in 0..self.scope.items.len() {
            let (list_name, row) = (
                self.sources[index].list_name.clone(),
                self.sources[index].row,
            );
            if list_name.is_empty() {
                continue;
            }
            match lists.iter().position(|list| list.name == list_name) {
                Some(list) => self.scope.items[index].list = u16::try_from(list).ok(),
                None => {
                    let near = nearest(&list_name, lists.iter().map(|list| list.name.as_str()));
                    let hint = near.map_or(String::new(), |near| format!("; is it {near}?"));
                    let reason = format!("the choices sheet has no list {list_name}{hint}");
                    self.complain(row, "type", reason);
                }
            }
        }
        lists
    }

    /// A text in all languages, or complaints about those that lack it.
    fn text(
        &mut self,
        texts: &[(usize, &str)],
        holder: ItemId,
        mistake: impl Fn(String) -> Mistake,
    ) -> Text {
        if texts.is_empty() {
            return Text::default();
        }
        let mut lines = Vec::new();
        for language in 0..self.languages.len() {
            let Some((_, text)) = texts.iter().find(|(other, _)| *other == language) else {
                let name = self.languages[language].name.clone();
                let name = if name.is_empty() {
                    "the default language".to_owned()
                } else {
                    name
                };
                self.mistakes
                    .push(mistake(format!("the translation into {name} is missing")));
                continue;
            };
            let mut parts = Vec::new();
            for (place, piece) in words::pieces(text).into_iter().enumerate() {
                if place % 2 == 0 {
                    if !piece.is_empty() {
                        parts.push(Part::Plain(piece.to_owned()));
                    }
                    continue;
                }
                match self.scope.reference(piece.trim(), holder) {
                    Ok(op) => parts.push(Part::Output(op)),
                    Err(reason) => self.mistakes.push(mistake(reason)),
                }
            }
            lines.push(parts);
        }
        Text(lines)
    }

    /// Everything that may refer to other rows, now that all names are known.
    fn expressions(&mut self) {
        for index in 1..self.scope.items.len() {
            let id = ItemId::try_from(index).unwrap_or(ItemId::MAX);
            let item = &self.scope.items[index];
            match self.sources[index].row {
                None => self.other_question(index),
                Some(row) if item.kind == Kind::Calculate && !self.is_own(row, index) => {
                    let count = self.cell(row, "repeat_count");
                    let op = self.expression(row, "repeat_count", count, id, Role::Other);
                    self.scope.items[index].calculation = op;
                }
                Some(row) => self.fill(row, index, id),
            }
        }
    }

    /// Whether the item is the row's own, not the counter that came with a repeat.
    fn is_own(&self, row: &Row, index: usize) -> bool {
        self.scope.items[index].name == row.cell(self.columns.get("name").copied())
    }

    fn other_question(&mut self, index: usize) {
        // The select stands right before it.
        let select = ItemId::try_from(index - 1).unwrap_or(0);
        let name = self.scope.items[index - 1].name.clone();
        if self.sources[index - 1].or_other
            && let Ok(reference) = self.scope.reference(&name, select)
        {
            let code = self.op(Op::Text("other".into()));
            let selected = crate::expression::Function::Selected;
            let op = self.op(Op::Call(selected, vec![reference, code]));
            self.scope.items[index].relevant = Some(op);
        }
    }

    fn op(&mut self, op: Op) -> OpId {
        self.scope.ops.push(op);
        OpId::try_from(self.scope.ops.len() - 1).unwrap_or(OpId::MAX)
    }

    fn fill(&mut self, row: &'a Row, index: usize, id: ItemId) {
        let kind = self.scope.items[index].kind;
        let parse = |builder: &mut Self, column: &str, role| {
            let text = builder.cell(row, column);
            builder.expression(row, column, text, id, role)
        };
        let relevant = parse(self, "relevant", Role::Other);
        let constraint = parse(self, "constraint", Role::Constraint);
        let calculation = parse(self, "calculation", Role::Calculation);
        let required = self.yes_no(row, "required", id, Role::Constraint);
        let read_only = self.yes_no(row, "read_only", id, Role::Other);
        if kind == Kind::Calculate && calculation.is_none() && self.cell(row, "default").is_empty()
        {
            self.complain(
                Some(row),
                "calculation",
                "a calculate row needs a calculation",
            );
        }
        let mut columns = self.lists.columns.clone();
        columns.push("name".into());
        let choice_filter = parse(self, "choice_filter", Role::Filter(&columns));
        if choice_filter.is_some() && self.scope.items[index].list.is_none() {
            self.complain(
                Some(row),
                "choice_filter",
                "only a select question has choices",
            );
        }
        let repeat_count = self.repeat_count(row, index, id);
        let initial = self.initial(row, kind, id);
        let label = self.words(row, "label", id);
        let hint = self.words(row, "hint", id);
        if kind.is_shown() && label.0.is_empty() && hint.0.is_empty() {
            self.complain(Some(row), "label", "a question needs a label");
        }
        let required_message = self.words(row, "required_message", id);
        let constraint_message = self.words(row, "constraint_message", id);
        let appearance = self.cell(row, "appearance").to_owned();
        let item = &mut self.scope.items[index];
        *item = Item {
            relevant,
            constraint,
            calculation,
            required,
            read_only,
            choice_filter,
            repeat_count,
            initial,
            label,
            hint,
            required_message,
            constraint_message,
            appearance,
            ..item.clone()
        };
    }

    fn words(&mut self, row: &Row, kind: &'static str, holder: ItemId) -> Text {
        let texts = words::texts(row, &self.texts, kind);
        let sheet = self.sheet;
        self.text(&texts, holder, |reason| {
            sheet.mistake(row.number, kind, reason)
        })
    }

    fn expression(
        &mut self,
        row: &'a Row,
        column: &str,
        text: &str,
        holder: ItemId,
        role: Role<'_>,
    ) -> Option<OpId> {
        if text.is_empty() {
            return None;
        }
        match self.scope.parse(text, holder, role) {
            Ok(op) => Some(op),
            Err(reason) => {
                self.complain(Some(row), column, reason);
                None
            }
        }
    }

    /// `yes`, `no`, or an expression.
    fn yes_no(&mut self, row: &'a Row, column: &str, id: ItemId, role: Role<'_>) -> Option<OpId> {
        match self.cell(row, column) {
            "no" | "No" | "NO" | "false" | "False" | "FALSE" => None,
            "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" => Some(self.op(Op::Truth(true))),
            text => self.expression(row, column, text, id, role),
        }
    }

    fn repeat_count(&mut self, row: &'a Row, index: usize, id: ItemId) -> Option<OpId> {
        let text = self.cell(row, "repeat_count");
        if text.is_empty() {
            return None;
        }
        if self.scope.items[index].kind != Kind::Repeat {
            self.complain(Some(row), "repeat_count", "only a repeat has a count");
            return None;
        }
        let name = self.scope.items[index].name.clone();
        let name = bare_reference(text).map_or(format!("{name}_count"), str::to_owned);
        match self.scope.reference(&name, id) {
            Ok(op) => Some(op),
            Err(reason) => {
                self.complain(Some(row), "repeat_count", reason);
                None
            }
        }
    }

    fn initial(&mut self, row: &'a Row, kind: Kind, id: ItemId) -> Option<Initial> {
        let text = self.cell(row, "default");
        let has_hyphens = matches!(kind, Kind::Date | Kind::Geopoint);
        if text.is_empty() || !kind.is_leaf() {
            None
        } else if is_worked_out(text, has_hyphens) {
            self.expression(row, "default", text, id, Role::Other)
                .map(Initial::WorkedOut)
        } else {
            Some(Initial::Fixed(text.to_owned()))
        }
    }
}

/// The name in a text that is nothing but `${name}`.
fn bare_reference(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['$', '{', '}'])).then_some(name.trim())
}
