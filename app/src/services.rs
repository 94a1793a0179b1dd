//! What lives as long as the page: it owns the journal, so that a save outlives the screen that
//! asked for it.
//!
//! Not here: what a screen shows of it.

pub mod announcer;
pub mod enrol;
pub mod field;
pub mod guest;
pub mod install;
pub mod made_up;
pub mod post;
pub mod preferences;
pub mod recovery;
pub mod typed;
pub mod update;
pub mod wake;
