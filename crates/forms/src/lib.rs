//! Questionnaires in XLSForm: sheets read and checked into a [`Form`], and a [`Session`] of filling one in.
//!
//! Not here: screens, storage, clocks. Times come in as arguments, answers go out as
//! [`Answers`](veldpost_domain::Answers).
#![warn(missing_docs)]

pub mod date;
mod decimal;
mod evaluate;
mod expression;
pub mod form;
#[cfg(feature = "judge")]
pub mod judge;
#[cfg(feature = "reader")]
pub mod reader;
pub mod session;
mod value;

pub use form::{Form, FormError, Kind};
pub use session::{AnswerError, Moment, Problem, Reason, Session};
