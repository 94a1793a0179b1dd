//! Who may have said what: one test a rule of `docs/format.md`, section 17, and that order makes no difference.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

#[path = "authority/alone.rs"]
mod alone;
#[path = "authority/authors.rs"]
mod authors;
#[path = "authority/carried.rs"]
mod carried;
#[path = "authority/chains.rs"]
mod chains;
#[path = "authority/entries.rs"]
mod entries;
#[path = "authority/late.rs"]
mod late;
#[path = "authority/laws.rs"]
mod laws;
#[path = "authority/table.rs"]
mod table;
#[path = "authority/who_may.rs"]
mod who_may;
