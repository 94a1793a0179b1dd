//! The device's book: what is recorded is sealed, written in one transaction, folded, read back.
//!
//! Not here: the browser, the clock, randomness (they come in), questionnaires, sync. A journal
//! that is locked writes; one that is unlocked reads too.

#![warn(missing_docs)]

mod begin_again;
mod begun;
mod create;
mod drafts;
mod error;
mod fold;
mod grow;
mod identity;
mod import;
mod join;
mod journal;
mod kept_tables;
mod letterbox;
mod membership;
mod on_paper;
pub mod outside;
mod planned;
mod record;
mod remark;
mod round;
mod row;
pub mod rows;
mod shelves;
pub mod tile;
pub mod typed;
mod unkept;
mod vault;
mod write;

pub use begin_again::{Left, left_for};
pub use create::{Kind, NewRegion, Protection};
pub use drafts::{FoundDraft, LeftForm, OPEN_FOR, UNFINISHED, UNFINISHED_TYPED};
pub use error::JournalError;
pub use fold::RunPlace;
pub use join::NewMember;
pub use journal::{Journal, start_rows};
pub use kept_tables::{open_counted, open_tables, seal_counted, seal_tables};
pub use letterbox::{HeldWriter, SyncRows};
pub use outside::{DeviceBound, Outside};
pub use record::{Filled, MISTAKE, Seen, Undone};
pub use remark::Remark;
pub use round::{UNDO_STEPS, names};
pub use row::{Fields, FieldsOf, Row};
pub use tile::{TapReason, Tile};
pub use vault::Unlocked;
pub use write::MAX_OPERATIONS;
