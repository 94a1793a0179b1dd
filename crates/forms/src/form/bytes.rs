//! A form as compact bytes, and back, whatever the bytes are.
//!
//! Not here: what the fields mean. The bytes are made by the same build that reads them and are never
//! stored or sent, so they are no format; CBOR by derive took four times the code in the app.

use super::{
    Choice, ChoiceList, Definition, Form, FormError, Initial, Item, Kind, Language, Part, Text,
};
use crate::expression::{Function, Op, Operator};

/// First byte of a compiled form; another layout is another number.
const LAYOUT: u8 = 2;

impl Form {
    /// The form as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![LAYOUT];
        self.definition.pack(&mut bytes);
        bytes
    }

    /// The form in `bytes`.
    ///
    /// # Errors
    /// When the bytes are not a form, or one that contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormError> {
        let Some((&LAYOUT, body)) = bytes.split_first() else {
            return Err(FormError::NotAForm);
        };
        let mut rest = body;
        match Definition::unpack(&mut rest) {
            Some(definition) if rest.is_empty() => Self::link(definition),
            _ => Err(FormError::NotAForm),
        }
    }
}

/// Something that has bytes. Reading takes them off the front.
trait Packed: Sized {
    fn pack(&self, out: &mut Vec<u8>);
    fn unpack(rest: &mut &[u8]) -> Option<Self>;
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, others) = rest.split_first()?;
    *rest = others;
    Some(*first)
}

/// Seven bits a byte, the lowest first.
impl Packed for u32 {
    fn pack(&self, out: &mut Vec<u8>) {
        let mut left = *self;
        while left >= 0x80 {
            out.push((left & 0x7f) as u8 | 0x80);
            left >>= 7;
        }
        out.push(left as u8);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        let mut number = 0;
        for place in 0..5 {
            let next = byte(rest)?;
            number |= u32::from(next & 0x7f) << (7 * place);
            if next < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

impl Packed for u16 {
    fn pack(&self, out: &mut Vec<u8>) {
        u32::from(*self).pack(out);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        u32::unpack(rest)?.try_into().ok()
    }
}

impl Packed for f64 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        let (number, others) = rest.split_first_chunk()?;
        *rest = others;
        Some(Self::from_le_bytes(*number))
    }
}

fn pack_slice(slice: &[u8], out: &mut Vec<u8>) {
    u32::try_from(slice.len()).unwrap_or(u32::MAX).pack(out);
    out.extend_from_slice(slice);
}

fn unpack_slice<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::unpack(rest)? as usize;
    let (slice, others) = rest.split_at_checked(length)?;
    *rest = others;
    Some(slice)
}

impl Packed for String {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_slice(self.as_bytes(), out);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        core::str::from_utf8(unpack_slice(rest)?)
            .ok()
            .map(Into::into)
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        u32::try_from(self.len()).unwrap_or(u32::MAX).pack(out);
        self.iter().for_each(|item| item.pack(out));
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        let count = u32::unpack(rest)?;
        // Nothing is reserved: a false count ends where the bytes do.
        let mut items = Self::new();
        for _ in 0..count {
            items.push(T::unpack(rest)?);
        }
        Some(items)
    }
}

/// Nothing is 0; a number is one more than itself.
impl Packed for Option<u32> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.map_or(0, |number| number + 1).pack(out);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        Some(u32::unpack(rest)?.checked_sub(1))
    }
}

/// A table's bytes.
struct Table(Vec<u8>);

impl Packed for Table {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_slice(&self.0, out);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        unpack_slice(rest).map(|slice| Self(slice.into()))
    }
}

/// Index in a list of all there are.
fn pack_index<T: PartialEq>(all: &[T], one: &T, out: &mut Vec<u8>) {
    out.push(all.iter().position(|other| other == one).unwrap_or(0) as u8);
}

fn unpack_index<T: Copy>(all: &[T], rest: &mut &[u8]) -> Option<T> {
    all.get(usize::from(byte(rest)?)).copied()
}

impl Packed for Op {
    fn pack(&self, out: &mut Vec<u8>) {
        let numbers = |tag: u8, numbers: &[u32], out: &mut Vec<u8>| {
            out.push(tag);
            numbers.iter().for_each(|number| number.pack(out));
        };
        match self {
            Self::Number(number) => {
                out.push(0);
                number.pack(out);
            }
            Self::Text(text) => {
                out.push(1);
                text.pack(out);
            }
            Self::Own => out.push(2),
            Self::Reference { item, shared } => {
                numbers(3, &[u32::from(*item), u32::from(*shared)], out);
            }
            Self::Column(column) => numbers(4, &[u32::from(*column)], out),
            Self::Negate(operand) => numbers(5, &[*operand], out),
            Self::Binary(operator, left, right) => {
                numbers(6, &[*left, *right], out);
                pack_index(&Operator::ALL, operator, out);
            }
            Self::Call(function, operands) => {
                out.push(7);
                pack_index(&Function::ALL, function, out);
                operands.pack(out);
            }
            Self::Position(steps) => numbers(8, &[u32::from(*steps)], out),
            Self::Matches(operand, table) => numbers(9, &[*operand, u32::from(*table)], out),
            Self::ChoiceName(operand, item) => numbers(10, &[*operand, u32::from(*item)], out),
            Self::Truth(truth) => numbers(11, &[u32::from(*truth)], out),
        }
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        Some(match byte(rest)? {
            0 => Self::Number(f64::unpack(rest)?),
            1 => Self::Text(String::unpack(rest)?),
            2 => Self::Own,
            3 => Self::Reference {
                item: u16::unpack(rest)?,
                shared: u16::unpack(rest)?,
            },
            4 => Self::Column(u16::unpack(rest)?),
            5 => Self::Negate(u32::unpack(rest)?),
            6 => {
                let (left, right) = (u32::unpack(rest)?, u32::unpack(rest)?);
                Self::Binary(unpack_index(&Operator::ALL, rest)?, left, right)
            }
            7 => Self::Call(unpack_index(&Function::ALL, rest)?, Vec::unpack(rest)?),
            8 => Self::Position(u32::unpack(rest)?.try_into().ok()?),
            9 => Self::Matches(u32::unpack(rest)?, u16::unpack(rest)?),
            10 => Self::ChoiceName(u32::unpack(rest)?, u16::unpack(rest)?),
            11 => Self::Truth(u32::unpack(rest)? != 0),
            _ => return None,
        })
    }
}

impl Packed for Part {
    fn pack(&self, out: &mut Vec<u8>) {
        let (op, plain) = match self {
            Self::Plain(plain) => (None, plain.as_str()),
            Self::Output(op) => (Some(*op), ""),
        };
        op.pack(out);
        if op.is_none() {
            pack_slice(plain.as_bytes(), out);
        }
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        Some(match Option::unpack(rest)? {
            Some(op) => Self::Output(op),
            None => Self::Plain(String::unpack(rest)?),
        })
    }
}

impl Packed for Text {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        Vec::unpack(rest).map(Self)
    }
}

impl Packed for Choice {
    fn pack(&self, out: &mut Vec<u8>) {
        self.code.pack(out);
        self.label.pack(out);
        self.columns.pack(out);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        let (code, label) = (String::unpack(rest)?, Text::unpack(rest)?);
        Some(Self {
            code,
            label,
            columns: Vec::unpack(rest)?,
        })
    }
}

impl Packed for ChoiceList {
    fn pack(&self, out: &mut Vec<u8>) {
        self.name.pack(out);
        self.choices.pack(out);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        Some(Self {
            name: String::unpack(rest)?,
            choices: Vec::unpack(rest)?,
        })
    }
}

impl Packed for Language {
    fn pack(&self, out: &mut Vec<u8>) {
        self.name.pack(out);
        self.code.pack(out);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        Some(Self {
            name: String::unpack(rest)?,
            code: String::unpack(rest)?,
        })
    }
}

impl Packed for Item {
    fn pack(&self, out: &mut Vec<u8>) {
        self.name.pack(out);
        pack_index(&Kind::ALL, &self.kind, out);
        self.parent.pack(out);
        let texts = [
            &self.label,
            &self.hint,
            &self.required_message,
            &self.constraint_message,
        ];
        texts.iter().for_each(|text| text.pack(out));
        self.appearance.pack(out);
        let (fixed, worked_out) = match &self.initial {
            Some(Initial::Fixed(text)) => (text.as_str(), None),
            Some(Initial::WorkedOut(op)) => ("", Some(*op)),
            None => ("", None),
        };
        pack_slice(fixed.as_bytes(), out);
        let expressions = [
            worked_out,
            self.relevant,
            self.required,
            self.constraint,
            self.calculation,
            self.read_only,
            self.choice_filter,
            self.repeat_count,
            self.list.map(u32::from),
        ];
        expressions.iter().for_each(|op| op.pack(out));
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        let name = String::unpack(rest)?;
        let kind = unpack_index(&Kind::ALL, rest)?;
        let parent = u16::unpack(rest)?;
        let mut texts = [const { Text(Vec::new()) }; 4];
        for text in &mut texts {
            *text = Text::unpack(rest)?;
        }
        let [label, hint, required_message, constraint_message] = texts;
        let appearance = String::unpack(rest)?;
        let fixed = String::unpack(rest)?;
        let mut numbers = [None; 9];
        for number in &mut numbers {
            *number = Option::unpack(rest)?;
        }
        let [
            worked_out,
            relevant,
            required,
            constraint,
            calculation,
            read_only,
            choice_filter,
            repeat_count,
            list,
        ] = numbers;
        let initial = match worked_out {
            Some(op) => Some(Initial::WorkedOut(op)),
            None if fixed.is_empty() => None,
            None => Some(Initial::Fixed(fixed)),
        };
        let list = match list {
            Some(list) => Some(u16::try_from(list).ok()?),
            None => None,
        };
        Some(Self {
            name,
            kind,
            parent,
            label,
            hint,
            appearance,
            relevant,
            required,
            required_message,
            constraint,
            constraint_message,
            calculation,
            initial,
            read_only,
            choice_filter,
            repeat_count,
            list,
        })
    }
}

impl Packed for Definition {
    fn pack(&self, out: &mut Vec<u8>) {
        for text in [&self.id, &self.version, &self.title] {
            text.pack(out);
        }
        self.languages.pack(out);
        self.items.pack(out);
        self.lists.pack(out);
        self.ops.pack(out);
        let tables: Vec<Table> = self
            .patterns
            .iter()
            .map(|table| Table(table.clone()))
            .collect();
        tables.pack(out);
        self.default_language.pack(out);
    }

    fn unpack(rest: &mut &[u8]) -> Option<Self> {
        Some(Self {
            id: String::unpack(rest)?,
            version: String::unpack(rest)?,
            title: String::unpack(rest)?,
            languages: Vec::unpack(rest)?,
            items: Vec::unpack(rest)?,
            lists: Vec::unpack(rest)?,
            ops: Vec::unpack(rest)?,
            patterns: Vec::<Table>::unpack(rest)?
                .into_iter()
                .map(|table| table.0)
                .collect(),
            default_language: u16::unpack(rest)?,
        })
    }
}
