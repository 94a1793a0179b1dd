//! Tables as text that leaves the app: CSV for Dutch Excel, and a plain form for comparing.
//!
//! Not here: files, sharing, XLSX, and records (no record leaves by this way).

use crate::baseline::{self, Certainty};
use crate::tables::{
    LOWER_BOUND_NL, MunicipalityColumn, MunicipalityRow, MunicipalityTable, SituationColumn,
    SituationRow, SituationTable, Tables,
};
use std::borrow::Cow;

/// What Excel needs to see that a CSV file is UTF-8.
const BOM: &str = "\u{feff}";

/// A cell of text, safe to open: RFC 4180 quotes, and `'` before what a spreadsheet would calculate.
///
/// Separators of every locale are quoted, so that a file opened with the wrong one does not fall
/// apart into cells that were not checked.
#[must_use]
pub fn cell(text: &str) -> Cow<'_, str> {
    const CALCULATES: [char; 12] = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠',
    ];
    let calculates = text.starts_with(CALCULATES);
    let needs_quotes = text.contains([';', ',', '"', '\t', '\r', '\n']);
    if !calculates && !needs_quotes {
        return Cow::Borrowed(text);
    }
    let mut cell = String::with_capacity(text.len() + 3);
    if needs_quotes {
        cell.push('"');
    }
    if calculates {
        cell.push('\'');
    }
    for letter in text.chars() {
        if letter == '"' {
            cell.push('"');
        }
        cell.push(letter);
    }
    if needs_quotes {
        cell.push('"');
    }
    Cow::Owned(cell)
}

/// Lines of cells.
struct Csv {
    text: String,
    separator: char,
    line_end: &'static str,
    starts_line: bool,
}

impl Csv {
    fn new(start: &str, separator: char, line_end: &'static str) -> Self {
        Self {
            text: start.to_owned(),
            separator,
            line_end,
            starts_line: true,
        }
    }

    fn text(&mut self, text: &str) -> &mut Self {
        if !self.starts_line {
            self.text.push(self.separator);
        }
        self.starts_line = false;
        self.text.push_str(&cell(text));
        self
    }

    fn number(&mut self, number: u32) -> &mut Self {
        self.text(&number.to_string())
    }

    fn end(&mut self) {
        self.text.push_str(self.line_end);
        self.starts_line = true;
    }
}

/// Table 1 as the file of the count of 2024 has it: commas, LF, identifiers in the first row.
#[must_use]
pub fn table_1_plain(table: &SituationTable) -> String {
    let mut csv = Csv::new(
        "leefsituatie,volwassenen,minderjarigen_direct,totaal\n",
        ',',
        "\n",
    );
    for row in SituationRow::all() {
        csv.text(row.label_nl());
        for column in SituationColumn::ALL {
            csv.number(table.cell(row, column));
        }
        csv.end();
    }
    csv.text
}

/// Table 2 as the file of the count of 2024 has it: commas and LF.
#[must_use]
pub fn table_2_plain(table: &MunicipalityTable) -> String {
    let mut csv = Csv::new("", ',', "\n");
    csv.text("leefsituatie");
    write_table_2(&mut csv, table);
    csv.text
}

/// What a file says beside the tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The name of the region, where it has one: it stands beside the count date.
    pub region: Option<&'a str>,
    /// Records that stand aside on the device and are in no table.
    pub unreadable: usize,
}

/// Everything that a coordinator reports, for Dutch Excel: semicolons, BOM and CRLF, with 2024 beside
/// Table 1 and below Table 2.
#[must_use]
pub fn report(tables: &Tables, beside: &Beside<'_>) -> String {
    let mut csv = Csv::new(BOM, ';', "\r\n");
    csv.text("Tabel 1: Resultaten ETHOS-telling")
        .text(&tables.count_date.to_string());
    if let Some(region) = beside.region {
        csv.text(region);
    }
    csv.end();
    csv.text("Leefsituatie");
    for column in SituationColumn::ALL {
        csv.text(column.label_nl());
    }
    for column in SituationColumn::ALL {
        csv.text(&format!("{} (2024)", column.label_nl()));
    }
    csv.end();
    for row in SituationRow::all() {
        csv.text(row.label_nl());
        for table in [&tables.by_situation, &baseline::TABLE_1] {
            for column in SituationColumn::ALL {
                csv.number(table.cell(row, column));
            }
        }
        csv.end();
    }
    for (title, table) in [
        (
            "Tabel 2: Dak- en thuislozen per gemeente van herkomst",
            &tables.by_origin,
        ),
        (
            "Tabel 2: Dak- en thuislozen per gemeente van verblijf",
            &tables.by_stay,
        ),
        (
            "Tabel 2: Dak- en thuislozen per gemeente, november 2024",
            &baseline::TABLE_2,
        ),
    ] {
        csv.end();
        csv.text(title).end();
        csv.text("Leefsituatie");
        write_table_2(&mut csv, table);
    }
    write_remarks(&mut csv);
    write_beside(&mut csv, tables, beside.unreadable);
    csv.text
}

/// The municipalities, after the label that the caller wrote, and all rows.
fn write_table_2(csv: &mut Csv, table: &MunicipalityTable) {
    for column in MunicipalityColumn::all() {
        csv.text(column.label_nl());
    }
    csv.end();
    for row in MunicipalityRow::all() {
        csv.text(row.label_nl());
        for column in MunicipalityColumn::all() {
            csv.number(table.cell(row, column));
        }
        csv.end();
    }
}

/// Which cells of 2024 are not certain.
fn write_remarks(csv: &mut Csv) {
    for (wanted, remark) in [
        (
            Certainty::Uncertain,
            "2024 onzeker in de bron (instelling of niet-conventioneel)",
        ),
        (Certainty::Corrected, "2024 verbeterd (in de bron staat 41)"),
    ] {
        csv.text(remark);
        for row in MunicipalityRow::all() {
            for column in MunicipalityColumn::all() {
                if baseline::certainty(row, column) == wanted {
                    csv.text(&format!("{} / {}", row.label_nl(), column.label_nl()));
                }
            }
        }
        csv.end();
    }
}

/// What stands beside the tables.
fn write_beside(csv: &mut Csv, tables: &Tables, unreadable: usize) {
    csv.end();
    for (label, number) in [
        (
            "Personen (volwassenen en minderjarigen direct betrokken)",
            tables.people(),
        ),
        ("Aantal formulieren", tables.forms),
        ("Aantal organisaties", tables.organisations),
        (
            "Mogelijk dubbel (formulieren met dezelfde code)",
            tables.doubles.forms,
        ),
        (
            "Niet te vergelijken (te weinig code)",
            tables.doubles.not_comparable,
        ),
        ("Alleen gezien", tables.seen_only),
        ("waarvan vanavond al geteld", tables.seen_counted_already),
        ("Minimum", tables.minimum()),
        ("Maximum", tables.maximum()),
    ] {
        csv.text(label).number(number).end();
    }
    if unreadable > 0 {
        csv.text("Niet te lezen op dit toestel (niet geteld)")
            .text(&unreadable.to_string())
            .end();
    }
    csv.end();
    csv.text(LOWER_BOUND_NL).end();
}

#[cfg(test)]
mod tests {
    use super::{Beside, cell, report};
    use crate::record::RecordSet;
    use crate::{Date, Scope, Tables};

    #[test]
    fn the_region_stands_beside_the_count_date_and_moves_nothing() {
        let scope = Scope {
            campaign: None,
            count_date: Date::parse("2026-11-27").unwrap(),
        };
        let tables = Tables::compute(RecordSet::default().iter(), &scope);
        let beside = Beside::default();
        let named = Beside {
            region: Some("=Twente; Oost"),
            ..beside
        };
        let (named, unnamed) = (report(&tables, &named), report(&tables, &beside));
        let title = "\u{feff}Tabel 1: Resultaten ETHOS-telling;2026-11-27";
        assert!(unnamed.starts_with(&format!("{title}\r\n")));
        assert!(named.starts_with(&format!("{title};\"'=Twente; Oost\"\r\n")));
        let rest = |csv: &str| csv.split_once('\n').map(|(_, rest)| rest.to_owned());
        assert_eq!(rest(&named), rest(&unnamed));
        // What could not be read is a line of its own, and only where there is something.
        let short = Beside {
            unreadable: 12,
            ..beside
        };
        let line = "Niet te lezen op dit toestel (niet geteld);12\r\n";
        assert!(report(&tables, &short).contains(line));
        assert!(!unnamed.contains("Niet te lezen"));
    }

    #[test]
    fn a_cell_that_a_spreadsheet_would_calculate_becomes_text() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+31", "'+31"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "\"'\tx\""),
            ("\r=x", "\"'\r=x\""),
            ("\0x", "'\0x"),
            ("＝1", "'＝1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠1", "'＠1"),
            ("=cmd|' /C calc'!A0;1", "\"'=cmd|' /C calc'!A0;1\""),
            ("a=1", "a=1"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn separators_quotes_and_line_ends_are_quoted() {
        for (text, expected) in [
            ("a;b", "\"a;b\""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
