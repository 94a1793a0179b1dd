//! What rows say about one another: expressions, texts, choices, once all names are known.
//!
//! Not here: which rows there are (see the parent module).

use super::super::expression::is_worked_out;
use super::super::sheet::{Row, Sheet};
use super::super::{Mistake, words};
use super::super::{parse::Role, scope::nearest};
use super::{Builder, bare_reference};
use crate::expression::{Function, ItemId, Op, OpId};
use crate::form::{Choice, ChoiceList, Initial, Item, Kind, Part, Text};

impl<'a> Builder<'a> {
    pub(super) fn choice_lists(&mut self, sheet: &Sheet) -> Vec<ChoiceList> {
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
    pub(super) fn expressions(&mut self) {
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
            let op = self.op(Op::Call(Function::Selected, vec![reference, code]));
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
