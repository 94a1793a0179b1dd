//! Expressions as a flat list of operations, each after the ones that it uses.
//!
//! Not here: their text (see `reader::expression`) and their evaluation (see `evaluate`).

/// Index of an operation.
pub(crate) type OpId = u32;
/// Index of an item of the form; 0 is the form itself.
pub(crate) type ItemId = u16;

/// One operation. Operands are indexes below its own, so that a list can hold no loop.
#[derive(Clone, PartialEq)]
pub(crate) enum Op {
    Number(f64),
    Text(String),
    /// `.`
    Own,
    /// `${name}`: all instances of `item` below the instance of `shared` that holds the expression.
    Reference {
        item: ItemId,
        shared: ItemId,
    },
    /// A column of the choice that a filter looks at.
    Column(u16),
    Negate(OpId),
    Binary(Operator, OpId, OpId),
    Call(Function, Vec<OpId>),
    /// `position(..)`, with the number of steps up.
    Position(u8),
    /// The text of an operand against a compiled pattern.
    Matches(OpId, u16),
    /// `jr:choice-name()`: the label of a code, by the choices of a question.
    ChoiceName(OpId, ItemId),
    Truth(bool),
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
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Operator {
    pub(crate) const ALL: [Self; 13] = [
        Self::Or,
        Self::And,
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Modulo,
    ];
}

/// Functions; those with a shape of their own are operations instead.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Not,
    If,
    Coalesce,
    Selected,
    CountSelected,
    StringLength,
    Today,
    Now,
    Date,
    Int,
    Round,
    Number,
    String,
    Concat,
    Once,
    Count,
    Sum,
    IndexedRepeat,
    FormatDate,
}

impl Function {
    pub(crate) const ALL: [Self; 19] = [
        Self::Not,
        Self::If,
        Self::Coalesce,
        Self::Selected,
        Self::CountSelected,
        Self::StringLength,
        Self::Today,
        Self::Now,
        Self::Date,
        Self::Int,
        Self::Round,
        Self::Number,
        Self::String,
        Self::Concat,
        Self::Once,
        Self::Count,
        Self::Sum,
        Self::IndexedRepeat,
        Self::FormatDate,
    ];

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
