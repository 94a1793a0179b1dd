//! A CSV sheet as rows of named cells.
//!
//! Not here: what the columns mean. Spaces are treated as pyxform treats them.

use super::{Mistake, Sheets};

/// A sheet with its header.
pub(super) struct Sheet {
    pub name: &'static str,
    /// As written, trimmed.
    pub header: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row that is not empty.
pub(super) struct Row {
    /// As a spreadsheet counts: the header is 1.
    pub number: usize,
    pub cells: Vec<String>,
}

impl Sheets {
    pub(super) fn sheet(&self, name: &'static str, mistakes: &mut Vec<Mistake>) -> Sheet {
        let text = match name {
            "survey" => &self.survey,
            "choices" => &self.choices,
            _ => &self.settings,
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut sheet = Sheet {
            name,
            header: Vec::new(),
            rows: Vec::new(),
        };
        // The csv crate skips empty lines, which a spreadsheet counts; the record's line counts line
        // breaks within cells, which a spreadsheet does not.
        let mut lines_in_cells = 0;
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let row = error
                        .position()
                        .map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
                    let reason = "is not valid CSV".to_owned();
                    mistakes.push(Mistake {
                        sheet: name,
                        row,
                        column: String::new(),
                        reason,
                    });
                    break;
                }
            };
            let line = record.position().map_or(1, csv::Position::line);
            let number = usize::try_from(line).unwrap_or(1) - lines_in_cells;
            lines_in_cells += record
                .iter()
                .map(|cell| cell.matches('\n').count())
                .sum::<usize>();
            let cells: Vec<String> = record.iter().map(clean).collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            if sheet.header.is_empty() {
                sheet.header = cells;
            } else {
                sheet.rows.push(Row { number, cells });
            }
        }
        refuse_twins(&sheet, mistakes);
        sheet
    }
}

impl Sheet {
    /// The columns whose header is one of these names, however it is spelt.
    pub(super) fn column(&self, names: &[&str]) -> Option<usize> {
        self.header
            .iter()
            .position(|header| names.contains(&canonical(header).as_str()))
    }

    pub(super) fn mistake(&self, row: usize, column: &str, reason: impl Into<String>) -> Mistake {
        Mistake {
            sheet: self.name,
            row,
            column: column.to_owned(),
            reason: reason.into(),
        }
    }
}

impl Row {
    /// The cell of a column; the empty text when there is none.
    pub(super) fn cell(&self, column: Option<usize>) -> &str {
        column
            .and_then(|column| self.cells.get(column))
            .map_or("", String::as_str)
    }
}

/// A header in lower case with underscores.
pub(super) fn canonical(header: &str) -> String {
    header.trim().to_lowercase().replace(' ', "_")
}

/// Without space around, and with single spaces within.
fn clean(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    for c in cell.trim().chars() {
        if !(c == ' ' && out.ends_with(' ')) {
            out.push(c);
        }
    }
    out
}

/// Two columns of one name cannot both be meant.
fn refuse_twins(sheet: &Sheet, mistakes: &mut Vec<Mistake>) {
    for (place, column) in sheet.header.iter().enumerate() {
        if !column.is_empty() && sheet.header.iter().take(place).any(|other| other == column) {
            let reason = "this column occurs twice".to_owned();
            mistakes.push(Mistake {
                sheet: sheet.name,
                row: 1,
                column: column.clone(),
                reason,
            });
        }
    }
}
