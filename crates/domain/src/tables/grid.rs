//! The two tables as rows and columns. Only cells are stored; what can be added up is added up when
//! it is read, so that totals close by construction.
//!
//! Not here: which record goes to which cell (see [`super::CountFacts`]).

use super::CountFacts;
use crate::{LivingSituation, Municipality};

/// Table 1: people by living situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SituationTable {
    pub(crate) adults: [u32; 8],
    pub(crate) minors_direct: [u32; 8],
}

/// A row of Table 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SituationRow {
    /// One living situation.
    Situation(LivingSituation),
    /// All of them.
    Total,
}

/// A column of Table 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SituationColumn {
    /// People of 18 and older, and those whose age is not known.
    Adults,
    /// Minors directly involved.
    MinorsDirect,
    /// Both.
    Total,
}

impl SituationRow {
    /// The rows from top to bottom.
    pub fn all() -> impl Iterator<Item = Self> {
        LivingSituation::ALL
            .into_iter()
            .map(Self::Situation)
            .chain([Self::Total])
    }

    /// The label of 2024.
    #[must_use]
    pub const fn label_nl(self) -> &'static str {
        match self {
            Self::Situation(situation) => situation.label_nl(),
            Self::Total => "Totaal",
        }
    }

    /// The label in English.
    #[must_use]
    pub const fn label_en(self) -> &'static str {
        match self {
            Self::Situation(situation) => situation.label_en(),
            Self::Total => "Total",
        }
    }
}

impl SituationColumn {
    /// The columns from left to right.
    pub const ALL: [Self; 3] = [Self::Adults, Self::MinorsDirect, Self::Total];

    /// The label in Dutch.
    #[must_use]
    pub const fn label_nl(self) -> &'static str {
        match self {
            Self::Adults => "Volwassenen",
            Self::MinorsDirect => "Minderjarigen direct betrokken",
            Self::Total => "Totaal",
        }
    }

    /// The label in English.
    #[must_use]
    pub const fn label_en(self) -> &'static str {
        match self {
            Self::Adults => "Adults",
            Self::MinorsDirect => "Minors directly involved",
            Self::Total => "Total",
        }
    }
}

impl SituationTable {
    pub(super) fn add(&mut self, facts: &CountFacts) {
        self.adults[facts.situation as usize] += facts.adults();
        self.minors_direct[facts.situation as usize] += facts.minors();
    }

    /// One cell; totals are added up here.
    #[must_use]
    pub fn cell(&self, row: SituationRow, column: SituationColumn) -> u32 {
        let of = |cells: &[u32; 8]| match row {
            SituationRow::Situation(situation) => cells[situation as usize],
            SituationRow::Total => cells.iter().sum(),
        };
        match column {
            SituationColumn::Adults => of(&self.adults),
            SituationColumn::MinorsDirect => of(&self.minors_direct),
            SituationColumn::Total => of(&self.adults) + of(&self.minors_direct),
        }
    }
}

/// Table 2: adults by living situation and municipality, with minors below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MunicipalityTable {
    pub(crate) adults: [[u32; 10]; 8],
    pub(crate) minors_direct: [u32; 10],
    pub(crate) minors_indirect: [u32; 10],
}

/// A row of Table 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MunicipalityRow {
    /// Adults in one living situation.
    Situation(LivingSituation),
    /// Adults outside, in emergency shelter and in accommodation for the homeless.
    Subtotal,
    /// All adults.
    Total,
    /// Minors directly involved; not part of [`MunicipalityRow::Total`].
    MinorsDirect,
    /// Minors indirectly involved; part of no total.
    MinorsIndirect,
}

/// A column of Table 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MunicipalityColumn {
    /// One municipality, outside the region, or unknown.
    Municipality(Municipality),
    /// All of them.
    Total,
}

impl MunicipalityRow {
    /// The rows from top to bottom; the subtotal stands below what it adds up.
    pub fn all() -> impl Iterator<Item = Self> {
        let (above, below) = LivingSituation::ALL.split_at(3);
        (above.iter().copied().map(Self::Situation))
            .chain([Self::Subtotal])
            .chain(below.iter().copied().map(Self::Situation))
            .chain([Self::Total, Self::MinorsDirect, Self::MinorsIndirect])
    }

    /// The label of 2024.
    #[must_use]
    pub const fn label_nl(self) -> &'static str {
        match self {
            Self::Situation(situation) => situation.label_nl(),
            Self::Subtotal => "Subtotaal",
            Self::Total => "Totaal",
            Self::MinorsDirect => "Minderjarigen <18 direct betrokken",
            Self::MinorsIndirect => "Minderjarigen <18 indirect betrokken",
        }
    }

    /// The label in English.
    #[must_use]
    pub const fn label_en(self) -> &'static str {
        match self {
            Self::Situation(situation) => situation.label_en(),
            Self::Subtotal => "Subtotal",
            Self::Total => "Total",
            Self::MinorsDirect => "Minors <18 directly involved",
            Self::MinorsIndirect => "Minors <18 indirectly involved",
        }
    }
}

impl MunicipalityColumn {
    /// The columns from left to right.
    pub fn all() -> impl Iterator<Item = Self> {
        Municipality::ALL
            .into_iter()
            .map(Self::Municipality)
            .chain([Self::Total])
    }

    /// The label of 2024.
    #[must_use]
    pub const fn label_nl(self) -> &'static str {
        match self {
            Self::Municipality(municipality) => municipality.label_nl(),
            Self::Total => "Totalen",
        }
    }

    /// The label in English.
    #[must_use]
    pub const fn label_en(self) -> &'static str {
        match self {
            Self::Municipality(municipality) => municipality.label_en(),
            Self::Total => "Totals",
        }
    }
}

impl MunicipalityTable {
    pub(super) fn add(&mut self, facts: &CountFacts, column: Municipality) {
        self.adults[facts.situation as usize][column as usize] += facts.adults();
        self.minors_direct[column as usize] += facts.minors();
        self.minors_indirect[column as usize] += facts.minors_indirect;
    }

    /// One cell; subtotals and totals are added up here.
    #[must_use]
    pub fn cell(&self, row: MunicipalityRow, column: MunicipalityColumn) -> u32 {
        match column {
            MunicipalityColumn::Municipality(municipality) => self.single(row, municipality),
            MunicipalityColumn::Total => Municipality::ALL
                .into_iter()
                .map(|municipality| self.single(row, municipality))
                .sum(),
        }
    }

    fn single(&self, row: MunicipalityRow, column: Municipality) -> u32 {
        let adults = |wanted: fn(&LivingSituation) -> bool| -> u32 {
            LivingSituation::ALL
                .into_iter()
                .filter(wanted)
                .map(|situation| self.adults[situation as usize][column as usize])
                .sum()
        };
        match row {
            MunicipalityRow::Situation(situation) => {
                self.adults[situation as usize][column as usize]
            }
            MunicipalityRow::Subtotal => adults(|situation| situation.in_subtotal()),
            MunicipalityRow::Total => adults(|_| true),
            MunicipalityRow::MinorsDirect => self.minors_direct[column as usize],
            MunicipalityRow::MinorsIndirect => self.minors_indirect[column as usize],
        }
    }
}
