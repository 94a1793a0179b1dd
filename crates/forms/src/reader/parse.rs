//! The grammar of expressions: tokens in, operations out.
//!
//! Not here: XPath in full. What is not in the list below is refused with the reason.

use super::expression::{Token, What, tokens};
use super::pattern;
use super::scope::{Scope, nearest};
use crate::expression::{Function, ItemId, Op, OpId, Operator};
use crate::form::Kind;

/// What an expression is for; some may look at more than others.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Role<'a> {
    /// `.` means the answer itself.
    Constraint,
    /// Only for this may `once()` be used.
    Calculation,
    /// Bare names mean these columns of the choices.
    Filter(&'a [String]),
    Other,
}

const FUNCTIONS: [(&str, Function); 19] = [
    ("not", Function::Not),
    ("if", Function::If),
    ("coalesce", Function::Coalesce),
    ("selected", Function::Selected),
    ("count-selected", Function::CountSelected),
    ("string-length", Function::StringLength),
    ("today", Function::Today),
    ("now", Function::Now),
    ("date", Function::Date),
    ("int", Function::Int),
    ("round", Function::Round),
    ("number", Function::Number),
    ("string", Function::String),
    ("concat", Function::Concat),
    ("once", Function::Once),
    ("count", Function::Count),
    ("sum", Function::Sum),
    ("indexed-repeat", Function::IndexedRepeat),
    ("format-date", Function::FormatDate),
];

/// Deeper nesting is refused; the session's evaluator recurses as deep.
const DEEPEST: usize = 60;

impl Scope {
    /// Reads an expression that belongs to `holder`.
    pub(super) fn parse(
        &mut self,
        text: &str,
        holder: ItemId,
        role: Role<'_>,
    ) -> Result<OpId, String> {
        let tokens = tokens(text)?;
        let mut parser = Parser {
            scope: self,
            tokens,
            next: 0,
            holder,
            role,
            depth: 0,
        };
        let op = parser.operation(0)?;
        match parser.peek() {
            None => Ok(op),
            Some(_) => Err(parser.unexpected("an operator")),
        }
    }
}

struct Parser<'s, 'r> {
    scope: &'s mut Scope,
    tokens: Vec<Token>,
    next: usize,
    holder: ItemId,
    role: Role<'r>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn peek(&self) -> Option<&What> {
        self.tokens.get(self.next).map(|token| &token.what)
    }

    fn take(&mut self) -> Option<What> {
        let token = self.tokens.get(self.next)?;
        self.next += 1;
        Some(token.what.clone())
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(What::Sign(other)) if *other == sign);
        self.next += usize::from(found);
        found
    }

    fn unexpected(&self, wanted: &str) -> String {
        match self.tokens.get(self.next) {
            Some(token) => format!("expected {wanted} at character {}", token.at),
            None => format!("expected {wanted} at the end"),
        }
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.take_sign(sign) {
            Ok(())
        } else {
            Err(self.unexpected(sign))
        }
    }

    /// The operator that comes next, with how tightly it binds.
    fn operator(&self) -> Option<(Operator, u8)> {
        Some(match self.peek()? {
            What::Name(name) => match name.as_str() {
                "or" => (Operator::Or, 1),
                "and" => (Operator::And, 2),
                "div" => (Operator::Divide, 6),
                "mod" => (Operator::Modulo, 6),
                _ => return None,
            },
            What::Sign(sign) => match *sign {
                "=" => (Operator::Equal, 3),
                "!=" => (Operator::NotEqual, 3),
                "<" => (Operator::Less, 4),
                "<=" => (Operator::LessOrEqual, 4),
                ">" => (Operator::Greater, 4),
                ">=" => (Operator::GreaterOrEqual, 4),
                "+" => (Operator::Add, 5),
                "-" => (Operator::Subtract, 5),
                "*" => (Operator::Multiply, 6),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Operands with operators that bind tighter than `than`; all associate to the left.
    fn operation(&mut self, than: u8) -> Result<OpId, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("this is nested too deeply".into());
        }
        let mut left = self.operand()?;
        while let Some((operator, strength)) = self.operator() {
            if strength <= than {
                break;
            }
            self.next += 1;
            let right = self.operation(strength)?;
            left = self.scope.push(Op::Binary(operator, left, right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<OpId, String> {
        if self.take_sign("-") {
            if matches!(self.peek(), Some(What::Sign("-"))) {
                return Err("two minus signs in a row".into());
            }
            let operand = self.operand()?;
            return Ok(self.scope.push(Op::Negate(operand)));
        }
        if self.take_sign("(") {
            let inner = self.operation(0)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let wanted = "a question, a text, a number or a function";
        let Some(what) = self.peek().cloned() else {
            return Err(self.unexpected(wanted));
        };
        let at = self.tokens.get(self.next).map_or(0, |token| token.at);
        let op = match what {
            What::Number(number) => Op::Number(number),
            What::Text(text) => Op::Text(text),
            What::Reference(name) => {
                self.next += 1;
                return self.scope.reference(&name, self.holder);
            }
            What::Dot if self.role == Role::Constraint => Op::Own,
            What::Dot => return Err("a single point has a meaning in a constraint only".into()),
            What::DotDot => return Err("a path has a meaning in position() only".into()),
            What::Name(name) => {
                self.next += 1;
                if self.take_sign("(") {
                    return self.call(&name, at);
                }
                return self.column(&name, at);
            }
            What::Sign(_) => return Err(self.unexpected(wanted)),
        };
        self.next += 1;
        Ok(self.scope.push(op))
    }

    fn column(&mut self, name: &str, at: usize) -> Result<OpId, String> {
        if let Role::Filter(columns) = self.role {
            let found = columns.iter().position(|column| column == name);
            let column = found.and_then(|column| u16::try_from(column).ok());
            let column = column.ok_or(format!("the choices sheet has no column {name}"))?;
            return Ok(self.scope.push(Op::Column(column)));
        }
        Err(format!(
            "{name} at character {at} is no function; a question is written ${{{name}}}"
        ))
    }

    fn call(&mut self, name: &str, at: usize) -> Result<OpId, String> {
        match name {
            "position" => return self.position(),
            "regex" => return self.regex(),
            "jr:choice-name" => return self.choice_name(),
            "true" | "false" => {
                self.expect(")")?;
                return Ok(self.scope.push(Op::Truth(name == "true")));
            }
            _ => {}
        }
        let found = FUNCTIONS.iter().find(|(known, _)| *known == name);
        let Some((_, function)) = found else {
            let near = nearest(name, FUNCTIONS.iter().map(|(known, _)| *known));
            let hint = near.map_or(String::new(), |near| format!("; is it {near}()?"));
            return Err(format!(
                "the function {name}() at character {at} is not supported{hint}"
            ));
        };
        if *function == Function::Once && self.role != Role::Calculation {
            return Err("once() has a meaning in a calculation only".into());
        }
        let mut operands = Vec::new();
        while !self.take_sign(")") {
            if !operands.is_empty() {
                self.expect(",")?;
            }
            operands.push(self.operation(0)?);
        }
        let (least, most) = function.arity();
        if !(least..=most).contains(&operands.len()) {
            let wanted = if least == most {
                format!("{least}")
            } else {
                format!("{least} to {most}")
            };
            return Err(format!(
                "{name}() takes {wanted} arguments, not {}",
                operands.len()
            ));
        }
        match function {
            Function::Count | Function::Sum => self.check_set(name, *function, &operands)?,
            Function::IndexedRepeat => self.check_indexed(&operands)?,
            Function::FormatDate => self.check_format(&operands)?,
            _ => {}
        }
        Ok(self.scope.push(Op::Call(*function, operands)))
    }

    fn check_set(&self, name: &str, function: Function, operands: &[OpId]) -> Result<(), String> {
        let set = operands.first().map(|op| &self.scope.ops[*op as usize]);
        let Some(Op::Reference { item, .. }) = set else {
            return Err(format!(
                "{name}() needs a question or a repeat, as ${{name}}"
            ));
        };
        let kind = self.scope.items[usize::from(*item)].kind;
        if function == Function::Sum && kind == Kind::Repeat {
            return Err("sum() needs a question, not a repeat".into());
        }
        Ok(())
    }

    /// Pairs of a repeat around the question and a number; references start from the form.
    fn check_indexed(&mut self, operands: &[OpId]) -> Result<(), String> {
        let wrong = "indexed-repeat() takes a question, then a repeat that it is in and a number, \
                     up to three times";
        if operands.len().is_multiple_of(2) {
            return Err(wrong.into());
        }
        let target = |scope: &Scope, op: &OpId| match scope.ops[*op as usize] {
            Op::Reference { item, .. } => Some(item),
            _ => None,
        };
        let question = operands
            .first()
            .and_then(|op| target(self.scope, op))
            .ok_or(wrong)?;
        let around = self.scope.repeats_around(question);
        for pair in operands[1..].chunks_exact(2) {
            let repeat = target(self.scope, &pair[0]).ok_or(wrong)?;
            if !around.contains(&repeat) {
                return Err(wrong.into());
            }
            self.scope.ops[pair[0] as usize] = Op::Reference {
                item: repeat,
                shared: 0,
            };
        }
        self.scope.ops[operands[0] as usize] = Op::Reference {
            item: question,
            shared: 0,
        };
        Ok(())
    }

    fn check_format(&self, operands: &[OpId]) -> Result<(), String> {
        let Some(Op::Text(format)) = operands.get(1).map(|op| &self.scope.ops[*op as usize]) else {
            return Err("the format of format-date() must be a text in quotes".into());
        };
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c == '%'
                && !chars
                    .next()
                    .is_some_and(|code| "YymnbdeHhMS3a%".contains(code))
            {
                return Err("format-date() knows %Y %y %m %n %b %d %e %a %H %h %M %S %3".into());
            }
        }
        Ok(())
    }

    /// `position(..)`, `position(../..)`
    fn position(&mut self) -> Result<OpId, String> {
        let mut steps = 0u8;
        loop {
            if self.take() != Some(What::DotDot) || steps > 30 {
                return Err("position() takes .. or ../.. only".into());
            }
            steps += 1;
            if !self.take_sign("/") {
                break;
            }
        }
        self.expect(")")?;
        Ok(self.scope.push(Op::Position(steps)))
    }

    fn regex(&mut self) -> Result<OpId, String> {
        let operand = self.operation(0)?;
        self.expect(",")?;
        let Some(What::Text(text)) = self.take() else {
            return Err("the pattern of regex() must be a text in quotes".into());
        };
        self.expect(")")?;
        let patterns = &mut self.scope.patterns;
        let found = patterns.iter().position(|(other, _)| *other == text);
        let index = match found {
            Some(index) => index,
            None => {
                let table = pattern::compile(&text)?;
                patterns.push((text, table));
                patterns.len() - 1
            }
        };
        let index = u16::try_from(index).map_err(|_| "too many patterns".to_owned())?;
        Ok(self.scope.push(Op::Matches(operand, index)))
    }

    /// `jr:choice-name(${q}, '${q}')`
    fn choice_name(&mut self) -> Result<OpId, String> {
        let operand = self.operation(0)?;
        self.expect(",")?;
        let wrong = "jr:choice-name() takes a code and a select question in quotes: '${name}'";
        let Some(What::Text(text)) = self.take() else {
            return Err(wrong.into());
        };
        self.expect(")")?;
        let name = text
            .trim()
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        let item = self.scope.named(name.ok_or(wrong)?.trim())?;
        let kind = self.scope.items[usize::from(item)].kind;
        if !matches!(kind, Kind::SelectOne | Kind::SelectMultiple) {
            return Err(wrong.into());
        }
        Ok(self.scope.push(Op::ChoiceName(operand, item)))
    }
}
