//! Expressions as a flat list of operations, each after the ones that it uses.
//!
//! Not here: their text (see `reader::expression`) and their evaluation (see `evaluate`).

use minicbor::{Decode, Encode};

/// Index of an operation.
pub(crate) type OpId = u32;
/// Index of an item of the form; 0 is the form itself.
pub(crate) type ItemId = u16;

/// One operation. Operands are indexes below its own, so that a list can hold no loop.
#[derive(Clone, PartialEq, Encode, Decode)]
pub(crate) enum Op {
    #[n(0)]
    Number(#[n(0)] f64),
    #[n(1)]
    Text(#[n(0)] String),
    /// `.`
    #[n(2)]
    Own,
    /// `${name}`: all instances of `item` below the instance of `shared` that holds the expression.
    #[n(3)]
    Reference {
        #[n(0)]
        item: ItemId,
        #[n(1)]
        shared: ItemId,
    },
    /// A column of the choice that a filter looks at.
    #[n(4)]
    Column(#[n(0)] u16),
    #[n(5)]
    Negate(#[n(0)] OpId),
    #[n(6)]
    Binary(#[n(0)] Operator, #[n(1)] OpId, #[n(2)] OpId),
    #[n(7)]
    Call(#[n(0)] Function, #[n(1)] Vec<OpId>),
    /// `position(..)`, with the number of steps up.
    #[n(8)]
    Position(#[n(0)] u8),
    /// The text of an operand against a compiled pattern.
    #[n(9)]
    Matches(#[n(0)] OpId, #[n(1)] u16),
    /// `jr:choice-name()`: the label of a code, by the choices of a question.
    #[n(10)]
    ChoiceName(#[n(0)] OpId, #[n(1)] ItemId),
    #[n(11)]
    Truth(#[n(0)] bool),
}

impl Op {
    /// The operations that this one uses.
    pub(crate) fn operands(&self) -> &[OpId] {
        match self {
            Self::Negate(one) | Self::Matches(one, _) | Self::ChoiceName(one, _) => {
                core::slice::from_ref(one)
            }
            Self::Call(_, operands) => operands,
            _ => &[],
        }
    }

    /// The two operations that a binary one uses.
    pub(crate) fn pair(&self) -> Option<[OpId; 2]> {
        match self {
            Self::Binary(_, left, right) => Some([*left, *right]),
            _ => None,
        }
    }
}

/// Operators between two operands, the weakest first.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Operator {
    #[n(0)]
    Or,
    #[n(1)]
    And,
    #[n(2)]
    Equal,
    #[n(3)]
    NotEqual,
    #[n(4)]
    Less,
    #[n(5)]
    LessOrEqual,
    #[n(6)]
    Greater,
    #[n(7)]
    GreaterOrEqual,
    #[n(8)]
    Add,
    #[n(9)]
    Subtract,
    #[n(10)]
    Multiply,
    #[n(11)]
    Divide,
    #[n(12)]
    Modulo,
}

/// Functions; those with a shape of their own are operations instead.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Function {
    #[n(0)]
    Not,
    #[n(1)]
    If,
    #[n(2)]
    Coalesce,
    #[n(3)]
    Selected,
    #[n(4)]
    CountSelected,
    #[n(5)]
    StringLength,
    #[n(6)]
    Today,
    #[n(7)]
    Now,
    #[n(8)]
    Date,
    #[n(9)]
    Int,
    #[n(10)]
    Round,
    #[n(11)]
    Number,
    #[n(12)]
    String,
    #[n(13)]
    Concat,
    #[n(14)]
    Once,
    #[n(15)]
    Count,
    #[n(16)]
    Sum,
    #[n(17)]
    IndexedRepeat,
    #[n(18)]
    FormatDate,
}

impl Function {
    /// How many arguments it takes: least and most.
    pub(crate) const fn arity(self) -> (usize, usize) {
        match self {
            Self::Today | Self::Now => (0, 0),
            Self::Selected | Self::FormatDate => (2, 2),
            Self::If => (3, 3),
            Self::Coalesce => (2, 16),
            Self::Round => (1, 2),
            Self::Concat => (1, 64),
            Self::IndexedRepeat => (3, 7),
            _ => (1, 1),
        }
    }
}
