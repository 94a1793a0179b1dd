//! The region's tables of what is unlocked, made anew after each commit and not for each cell.
//!
//! Not here: how a table is made (`veldpost_domain::tables`) and how it looks (`screens::tables`).

use super::{Book, Field, Mode};
use leptos::prelude::*;
use veldpost_domain::{Date, Scope, Tables};

impl Field {
    /// The tables of this campaign, tracked; none while locked, nor in practice.
    pub fn tables(self) -> Option<Tables> {
        self.commits.track();
        if !self.unlocked.get() || self.mode == Mode::Practice {
            return None;
        }
        self.tables_of(&*self.book()?)
    }

    /// The same of this book, as it stands.
    pub fn tables_of(self, book: &Book) -> Option<Tables> {
        let scope = self.scope_of(book)?;
        Some(Tables::compute(book.records().iter(), &scope))
    }

    /// What the tables of this book are about.
    pub fn scope_of(self, book: &Book) -> Option<Scope> {
        let settings = book.settings();
        Some(Scope {
            campaign: Some(book.campaign()),
            // A count date that does not exist cannot be set; today's would move people between columns.
            count_date: Date::parse(&settings.count_date)?,
        })
    }

    /// Rows that did not open at the last unlock: they are in no table.
    pub fn damaged(self) -> usize {
        self.commits.track();
        self.book().map_or(0, |book| book.damaged())
    }
}
