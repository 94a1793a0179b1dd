//! What expressions are read against: the form's items, and which of them a name means.
//!
//! Not here: grammar (see `parse`).

use crate::expression::{ItemId, Op, OpId};
use crate::form::{Item, Kind};

/// The part of a form that expressions are read against, and what reading adds to it.
#[derive(Default)]
pub(super) struct Scope {
    pub items: Vec<Item>,
    pub ops: Vec<Op>,
    /// Texts of patterns and their tables.
    pub patterns: Vec<(String, Vec<u8>)>,
}

impl Scope {
    pub(super) fn push(&mut self, op: Op) -> OpId {
        self.ops.push(op);
        OpId::try_from(self.ops.len() - 1).unwrap_or(OpId::MAX)
    }

    /// The item that `${name}` means.
    pub(super) fn named(&self, name: &str) -> Result<ItemId, String> {
        if name.starts_with("last-saved#") {
            return Err("answers of an earlier record are not available".into());
        }
        let mut found = (1..)
            .zip(self.items.iter().skip(1))
            .filter(|(_, item)| item.name == name);
        match (found.next(), found.next()) {
            (Some((id, item)), None) if item.kind != Kind::Group => Ok(id),
            (Some(_), None) => Err(format!("${{{name}}} is a group, which has no value")),
            (Some(_), Some(_)) => Err(format!("there is more than one {name}: use other names")),
            (None, _) => {
                let near = self.items.iter().skip(1).map(|item| item.name.as_str());
                let hint = nearest(name, near).map_or(String::new(), |n| format!("; is it {n}?"));
                Err(format!("there is no question {name}{hint}"))
            }
        }
    }

    /// `${name}` as seen from `holder`: through the nearest repeat that both are in.
    pub(super) fn reference(&mut self, name: &str, holder: ItemId) -> Result<OpId, String> {
        let item = self.named(name)?;
        let around = self.repeats_around(holder);
        let shared = self
            .repeats_around(item)
            .into_iter()
            .find(|repeat| around.contains(repeat));
        Ok(self.push(Op::Reference {
            item,
            shared: shared.unwrap_or(0),
        }))
    }

    /// The repeats that an item lies in, the innermost first.
    pub(super) fn repeats_around(&self, item: ItemId) -> Vec<ItemId> {
        let mut around = Vec::new();
        let mut at = item;
        while at > 0 {
            at = self.items[usize::from(at)].parent;
            if self.items[usize::from(at)].kind == Kind::Repeat {
                around.push(at);
            }
        }
        around
    }
}

/// The name that is at most two letters away.
pub(super) fn nearest<'a>(name: &str, others: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |other: &str| {
        let other: Vec<char> = other.chars().collect();
        let mut row: Vec<usize> = (0..=other.len()).collect();
        for (i, a) in name.chars().enumerate() {
            let mut corner = row[0];
            row[0] = i + 1;
            for (j, b) in other.iter().enumerate() {
                let above = row[j + 1];
                let step = corner + usize::from(a != *b);
                row[j + 1] = step.min(above + 1).min(row[j] + 1);
                corner = above;
            }
        }
        row.last().copied().unwrap_or(usize::MAX)
    };
    let scored = others.map(|other| (distance(other), other));
    let best = scored.min_by_key(|(distance, _)| *distance)?;
    (best.0 > 0 && best.0 <= 2 && best.0 < name.chars().count()).then_some(best.1)
}
