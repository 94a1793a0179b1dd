//! The region's tables of November 2024, the count that later ones are held against.
//!
//! Source: Visie maatschappelijke opvang en beschermd wonen, centrumgemeente Enschede, 2025 (tables 1
//! and 2, after Toebes, Homan and Wegman, Bureau HHM, 2024). `baseline-2024/` holds the same as CSV; a
//! test compares the two. Not here: how many forms and organisations there were; it was not published.

use crate::tables::{
    MunicipalityColumn, MunicipalityRow, MunicipalityTable, SituationColumn, SituationTable,
};
use crate::{LivingSituation, Municipality};

/// Table 1. The column of totals was not printed; it is added up.
pub const TABLE_1: SituationTable = SituationTable {
    adults: [33, 42, 107, 34, 43, 198, 11, 19],
    minors_direct: [3, 1, 5, 5, 5, 41, 2, 3],
};

/// Table 2. The source does not say for certain whether it is by stay or by origin; it speaks of where
/// people came from, so it stands beside Table 2 by origin.
pub const TABLE_2: MunicipalityTable = MunicipalityTable {
    adults: [
        [0, 0, 27, 0, 4, 0, 0, 1, 0, 1],
        [0, 0, 40, 0, 0, 0, 0, 0, 0, 2],
        [0, 0, 79, 0, 24, 0, 0, 1, 2, 1],
        [1, 0, 10, 0, 7, 0, 0, 0, 12, 4],
        [1, 2, 16, 3, 6, 2, 0, 9, 0, 4],
        [6, 1, 98, 5, 47, 9, 4, 7, 9, 12],
        [1, 0, 7, 0, 3, 0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0, 0, 0, 0, 18],
    ],
    minors_direct: [1, 0, 29, 4, 19, 1, 0, 0, 3, 8],
    minors_indirect: [3, 0, 28, 3, 20, 1, 0, 2, 3, 11],
};

/// How much the source can be trusted for one cell of [`TABLE_2`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Every reading of the printed numbers that closes has this one.
    Certain,
    /// Two readings close: these three numbers stand either in the row of institutions or in that of
    /// non-conventional dwellings.
    Uncertain,
    /// The source prints 41; its cells, and the totals, ask for 42.
    Corrected,
}

/// How much the source can be trusted for one cell of [`TABLE_2`].
#[must_use]
pub fn certainty(row: MunicipalityRow, column: MunicipalityColumn) -> Certainty {
    use LivingSituation::{Institution, NonConventional};
    use Municipality::{Haaksbergen, Oldenzaal, OutsideRegion, Unknown};
    let MunicipalityColumn::Municipality(municipality) = column else {
        return Certainty::Certain;
    };
    match (row, municipality) {
        (
            MunicipalityRow::Situation(Institution | NonConventional),
            Haaksbergen | Oldenzaal | OutsideRegion,
        ) => Certainty::Uncertain,
        (MunicipalityRow::Total, Unknown) => Certainty::Corrected,
        _ => Certainty::Certain,
    }
}

/// Whether a column of [`TABLE_1`] was printed, or is added up here.
#[must_use]
pub fn was_printed(column: SituationColumn) -> bool {
    column != SituationColumn::Total
}

#[cfg(test)]
mod tests {
    use super::{Certainty, TABLE_1, TABLE_2, certainty};
    use crate::LivingSituation;
    use crate::export;
    use crate::tables::{MunicipalityColumn, MunicipalityRow, SituationColumn, SituationRow};

    #[test]
    fn the_constants_equal_the_published_tables() {
        assert_eq!(
            export::table_1_plain(&TABLE_1),
            include_str!("../baseline-2024/table1.csv")
        );
        assert_eq!(
            export::table_2_plain(&TABLE_2),
            include_str!("../baseline-2024/table2.csv")
        );
    }

    #[test]
    fn both_tables_speak_of_the_same_552_people() {
        for situation in LivingSituation::ALL {
            assert_eq!(
                TABLE_1.cell(SituationRow::Situation(situation), SituationColumn::Adults),
                TABLE_2.cell(
                    MunicipalityRow::Situation(situation),
                    MunicipalityColumn::Total
                ),
            );
        }
        assert_eq!(
            TABLE_1.cell(SituationRow::Total, SituationColumn::Total),
            552
        );
        assert_eq!(
            TABLE_2.cell(MunicipalityRow::Subtotal, MunicipalityColumn::Total),
            182
        );
        assert_eq!(
            TABLE_2.cell(MunicipalityRow::MinorsIndirect, MunicipalityColumn::Total),
            71
        );
    }

    #[test]
    fn six_cells_are_uncertain_and_one_total_is_corrected() {
        let all = || {
            MunicipalityRow::all().flat_map(|row| MunicipalityColumn::all().map(move |c| (row, c)))
        };
        let count = |wanted| {
            all()
                .filter(|(row, column)| certainty(*row, *column) == wanted)
                .count()
        };
        assert_eq!(count(Certainty::Uncertain), 6);
        assert_eq!(count(Certainty::Corrected), 1);
    }
}
