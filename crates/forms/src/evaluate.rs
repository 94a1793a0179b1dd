//! Evaluation: an operation, seen from a slot, gives a value; never an error, never a panic.
//!
//! Not here: when to evaluate (see `session::settle`). Semantics are those that ODK's two engines agree on.

mod functions;

use crate::expression::{Function, Op, OpId, Operator};
use crate::form::{Form, Part, Text};
use crate::session::Moment;
use crate::session::tree::{SlotId, Tree};
use crate::value::Value;

/// What expressions can see.
#[derive(Clone, Copy)]
pub(crate) struct Evaluator<'a> {
    pub form: &'a Form,
    pub tree: &'a Tree,
    pub now: Moment,
    /// Index of the language in use.
    pub language: usize,
    /// Columns of the choice that a filter looks at.
    pub columns: &'a [String],
}

impl Evaluator<'_> {
    pub(crate) fn value(&self, op: OpId, at: SlotId) -> Value {
        match self.form.op(op) {
            Op::Number(number) => Value::Number(*number),
            Op::Text(text) => Value::Text(text.clone()),
            Op::Truth(truth) => Value::Truth(*truth),
            Op::Own => self.tree.slot(at).value.clone(),
            Op::Reference { item, shared } => self
                .tree
                .first(self.form, *item, *shared, at)
                .map_or_else(Value::blank, |slot| self.tree.value(slot)),
            Op::Column(column) => self
                .columns
                .get(usize::from(*column))
                .map_or_else(Value::blank, |text| Value::Text(text.clone())),
            Op::Negate(operand) => Value::Number(-self.value(*operand, at).number()),
            Op::Binary(operator, left, right) => self.binary(*operator, *left, *right, at),
            Op::Call(function, operands) => self.call(*function, operands, at),
            Op::Position(steps) => self.position(*steps, at),
            Op::Matches(operand, pattern) => {
                let text = self.value(*operand, at).into_text();
                let pattern = self.form.plan.patterns.get(usize::from(*pattern));
                Value::Truth(pattern.is_some_and(|pattern| pattern.matches(&text)))
            }
            Op::ChoiceName(operand, item) => {
                let code = self.value(*operand, at).into_text();
                Value::Text(self.choice_label(*item, &code, at))
            }
        }
    }

    /// Several instances are true together, whatever their values, as XPath has it.
    pub(crate) fn truth(&self, op: OpId, at: SlotId) -> bool {
        if let Op::Reference { item, shared } = self.form.op(op)
            && self.tree.all(self.form, *item, *shared, at).len() > 1
        {
            return true;
        }
        self.value(op, at).truth()
    }

    fn binary(&self, operator: Operator, left: OpId, right: OpId, at: SlotId) -> Value {
        match operator {
            Operator::Or => return Value::Truth(self.truth(left, at) || self.truth(right, at)),
            Operator::And => return Value::Truth(self.truth(left, at) && self.truth(right, at)),
            _ => {}
        }
        if let Some(compare) = comparison(operator) {
            // Where a question has several instances, one that compares is enough.
            let rights = self.values(right, at);
            let any = |left: &Value| rights.iter().any(|right| compare(left, right));
            return Value::Truth(self.values(left, at).iter().any(any));
        }
        let (left, right) = (
            self.value(left, at).number(),
            self.value(right, at).number(),
        );
        Value::Number(match operator {
            Operator::Add => left + right,
            Operator::Subtract => left - right,
            Operator::Multiply => left * right,
            Operator::Divide => left / right,
            _ => left % right,
        })
    }

    /// The values of all instances that a reference means; one value for anything else.
    fn values(&self, op: OpId, at: SlotId) -> Vec<Value> {
        match self.form.op(op) {
            Op::Reference { item, shared } => {
                let slots = self.tree.all(self.form, *item, *shared, at);
                slots
                    .into_iter()
                    .map(|slot| self.tree.value(slot))
                    .collect()
            }
            _ => vec![self.value(op, at)],
        }
    }

    fn call(&self, function: Function, operands: &[OpId], at: SlotId) -> Value {
        let value = |place: usize| {
            operands
                .get(place)
                .map_or_else(Value::blank, |operand| self.value(*operand, at))
        };
        match function {
            Function::Not => Value::Truth(!value(0).truth()),
            Function::If => {
                let condition = operands
                    .first()
                    .is_some_and(|operand| self.truth(*operand, at));
                value(if condition { 1 } else { 2 })
            }
            Function::Coalesce => {
                let mut values = (0..operands.len()).map(value);
                values
                    .find(|value| !value.is_blank())
                    .unwrap_or_else(Value::blank)
            }
            Function::Once => {
                let own = self.tree.value(at);
                if own.is_blank() { value(0) } else { own }
            }
            Function::Selected => functions::selected(&value(0), &value(1)),
            Function::CountSelected => functions::count_selected(&value(0)),
            Function::StringLength => functions::string_length(&value(0)),
            Function::Today => Value::Day(self.now.day()),
            Function::Now => Value::Instant(self.now.local(), self.now.offset_minutes),
            Function::Date => value(0).day().map_or_else(Value::blank, Value::Day),
            Function::Int => Value::Number(value(0).number().trunc()),
            Function::Round => {
                let places = if operands.len() > 1 {
                    value(1).number()
                } else {
                    0.0
                };
                functions::round(value(0).number(), places)
            }
            Function::Number => Value::Number(value(0).number()),
            Function::String => Value::Text(value(0).into_text()),
            Function::Concat => {
                let values = operands
                    .iter()
                    .flat_map(|operand| self.values(*operand, at));
                Value::Text(values.map(Value::into_text).collect())
            }
            Function::FormatDate => {
                let dutch = self.language_code() == "nl";
                functions::format_date(&value(0), &value(1).text(), dutch)
            }
            Function::Count => functions::number_of(self.relevant_slots(operands, at).len()),
            Function::Sum => Value::Number(self.sum(operands, at)),
            Function::IndexedRepeat => self.indexed(operands, at),
        }
    }

    fn language_code(&self) -> &str {
        self.form
            .languages()
            .get(self.language)
            .map_or("", |language| &language.code)
    }

    /// The relevant slots that the reference in the first operand names.
    fn relevant_slots(&self, operands: &[OpId], at: SlotId) -> Vec<SlotId> {
        let Some(Op::Reference { item, shared }) = operands.first().map(|op| self.form.op(*op))
        else {
            return Vec::new();
        };
        let mut slots = self.tree.all(self.form, *item, *shared, at);
        slots.retain(|slot| self.tree.slot(*slot).relevant);
        slots
    }

    /// Blank and non-numeric instances are skipped, as in JavaRosa.
    fn sum(&self, operands: &[OpId], at: SlotId) -> f64 {
        let slots = self.relevant_slots(operands, at);
        let numbers = slots
            .iter()
            .map(|slot| self.tree.slot(*slot).value.number());
        numbers
            .filter(|number| !number.is_nan())
            .fold(0.0, |sum, number| sum + number)
    }

    /// `indexed-repeat(${x}, ${repeat}, i, …)`: a repeat without an index is followed in the own
    /// instance, or else in the first.
    fn indexed(&self, operands: &[OpId], at: SlotId) -> Value {
        let Some(Op::Reference { item, .. }) = operands.first().map(|op| self.form.op(*op)) else {
            return Value::blank();
        };
        let mut wanted = Vec::new();
        for pair in operands.get(1..).unwrap_or_default().chunks_exact(2) {
            if let Op::Reference { item, .. } = self.form.op(pair[0]) {
                wanted.push((*item, self.value(pair[1], at).number()));
            }
        }
        let mut choose = |repeat: SlotId, item| {
            let instances = &self.tree.slot(repeat).children;
            let chosen = match wanted.iter().find(|(repeat, _)| *repeat == item) {
                Some((_, number)) => functions::place(*number).and_then(|i| instances.get(i)),
                None => {
                    let own = self.tree.anchor(at, item);
                    instances
                        .iter()
                        .find(|id| **id == own)
                        .or_else(|| instances.first())
                }
            };
            chosen.copied().into_iter().collect()
        };
        let found = self.tree.pick(self.form, *item, 0, at, &mut choose);
        found
            .first()
            .map_or_else(Value::blank, |slot| self.tree.value(*slot))
    }

    /// The place of the node so many steps up among its like: 1 for anything but an instance.
    fn position(&self, steps: u8, at: SlotId) -> Value {
        let mut node = at;
        for _ in 0..steps {
            node = self.tree.slot(node).parent;
            // A repeat is no node of its own in a record; its instances are.
            let slot = self.tree.slot(node);
            if slot.number == 0 && self.form.item(slot.item).kind == crate::Kind::Repeat {
                node = slot.parent;
            }
        }
        Value::Number(f64::from(self.tree.slot(node).number.max(1)))
    }

    fn choice_label(&self, item: u16, code: &str, at: SlotId) -> String {
        let list = self
            .form
            .item(item)
            .list
            .and_then(|list| self.form.list(list));
        let choice = list.and_then(|list| list.choices.iter().find(|choice| choice.code == code));
        choice.map_or_else(String::new, |choice| self.text(&choice.label, at))
    }

    /// A text of the form in the language in use, with `${name}` filled in.
    pub(crate) fn text(&self, text: &Text, at: SlotId) -> String {
        let mut out = String::new();
        for part in text.0.get(self.language).into_iter().flatten() {
            match part {
                Part::Plain(plain) => out.push_str(plain),
                Part::Output(op) => out.push_str(&self.value(*op, at).text()),
            }
        }
        out
    }
}

/// The comparison that an operator stands for, if it is one.
fn comparison(operator: Operator) -> Option<fn(&Value, &Value) -> bool> {
    Some(match operator {
        Operator::Equal => |left, right| left.equals(right),
        Operator::NotEqual => |left, right| !left.equals(right),
        Operator::Less => |left, right| left.number() < right.number(),
        Operator::LessOrEqual => |left, right| left.number() <= right.number(),
        Operator::Greater => |left, right| left.number() > right.number(),
        Operator::GreaterOrEqual => |left, right| left.number() >= right.number(),
        _ => return None,
    })
}
