//! The tables as rows and columns; every number carries its codes, so that it can be read by itself.
//!
//! Not here: what stands around them.

use crate::text::{self, Language, tables};
use crate::view::prelude::*;
use veldpost_domain::baseline::{self, Certainty};
use veldpost_domain::tables::{
    MunicipalityColumn, MunicipalityRow, MunicipalityTable, SituationColumn, SituationRow,
};
use veldpost_domain::{Municipality, Tables};

fn is_dutch() -> bool {
    text::language() == Language::Nl
}

/// A number with its codes. The element holds the number and nothing else.
fn number(table: &'static str, row: &'static str, column: &'static str, value: u32) -> View {
    view! {
        <span data-table=table data-row=row data-column=column>
            {value}
        </span>
    }
    .into_view()
}

/// A table in the region that it scrolls in.
fn region(id: &'static str, caption: String, head: View, body: Vec<View>) -> View {
    view! {
        <div class="table-region" role="region" aria-labelledby=id tabindex="0">
            <table class="table">
                <caption id=id>
                    <span class="caption">{caption}</span>
                </caption>
                <thead>{head}</thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
    .into_view()
}

fn row(is_sum: bool, label: &'static str, cells: Vec<View>) -> View {
    view! {
        <tr class:sum=is_sum>
            <th scope="row">{label}</th>
            {cells}
        </tr>
    }
    .into_view()
}

/// Table 1, with 2024 in a column beside each of its columns.
pub fn table_1(counted: &Tables, day: &str) -> View {
    let label = |column: SituationColumn| {
        if is_dutch() {
            column.label_nl()
        } else {
            column.label_en()
        }
    };
    let pairs: Vec<_> = SituationColumn::ALL
        .map(|column| {
            view! {
                <th scope="colgroup" colspan="2" class="pair-start">
                    {label(column)}
                </th>
            }
        })
        .into_iter()
        .collect();
    let years: Vec<_> = SituationColumn::ALL
        .map(|_| {
            view! {
                <th scope="col" class="pair-start">
                    {tables::NOW.get()}
                </th>
                <th scope="col" class="then">
                    "2024"
                </th>
            }
        })
        .into_iter()
        .collect();
    let head = view! {
        <tr>
            <th scope="col" class="corner" rowspan="2">
                {tables::SITUATION.get()}
            </th>
            {pairs}
        </tr>
        <tr>{years}</tr>
    }
    .into_view();
    let body = SituationRow::all().map(|at| {
        let cells = SituationColumn::ALL.map(|column| {
            let (of, then) = (situation_code(at), situation_column_code(column));
            let now = counted.by_situation.cell(at, column);
            let before = baseline::TABLE_1.cell(at, column);
            view! {
                <td class="pair-start" class:zero=now == 0>
                    {number("1", of, then, now)}
                </td>
                <td class="then">{number("1-2024", of, then, before)}</td>
            }
            .into_view()
        });
        let label = if is_dutch() {
            at.label_nl()
        } else {
            at.label_en()
        };
        row(at == SituationRow::Total, label, cells.into())
    });
    let caption = tables::TABLE_1.with(&[("date", &day)]);
    region("table-1", caption, head, body.collect())
}

/// Table 2 by municipality of origin, with 2024 under each number.
pub fn table_2_by_origin(counted: &Tables, day: &str) -> View {
    let caption = tables::TABLE_2_ORIGIN.with(&[("date", &day)]);
    table_2(
        "2-origin",
        "table-2-origin",
        caption,
        &counted.by_origin,
        true,
    )
}

/// Table 2 by municipality of stay. 2024 has no such table.
pub fn table_2_by_stay(counted: &Tables, day: &str) -> View {
    let caption = tables::TABLE_2_STAY.with(&[("date", &day)]);
    table_2("2-stay", "table-2-stay", caption, &counted.by_stay, false)
}

fn table_2(
    code: &'static str,
    id: &'static str,
    caption: String,
    table: &MunicipalityTable,
    with_2024: bool,
) -> View {
    let columns: Vec<_> = MunicipalityColumn::all()
        .map(|column| {
            let label = if is_dutch() {
                column.label_nl()
            } else {
                column.label_en()
            };
            view! { <th scope="col">{label}</th> }
        })
        .collect();
    let head = view! {
        <tr>
            <th scope="col" class="corner">
                {tables::SITUATION.get()}
            </th>
            {columns}
        </tr>
    }
    .into_view();
    let body = MunicipalityRow::all().map(|at| {
        let cells = MunicipalityColumn::all().map(|column| {
            let (of, under) = (municipality_row_code(at), municipality_code(column));
            let now = table.cell(at, column);
            let then = with_2024.then(|| then(at, column));
            view! {
                <td class:zero=now == 0>
                    {number(code, of, under, now)} {then}
                </td>
            }
            .into_view()
        });
        let is_sum = matches!(at, MunicipalityRow::Subtotal | MunicipalityRow::Total);
        let label = if is_dutch() {
            at.label_nl()
        } else {
            at.label_en()
        };
        row(is_sum, label, cells.collect())
    });
    region(id, caption, head, body.collect())
}

/// The number of 2024, with a mark where the source leaves room for doubt.
fn then(row: MunicipalityRow, column: MunicipalityColumn) -> View {
    let value = baseline::TABLE_2.cell(row, column);
    let mark = match baseline::certainty(row, column) {
        Certainty::Certain => "",
        Certainty::Uncertain => "*",
        Certainty::Corrected => "**",
    };
    view! {
        <span class="then">
            <span class="visually-hidden">"2024: "</span>
            {number("2-2024", municipality_row_code(row), municipality_code(column), value)}
            {mark}
        </span>
    }
    .into_view()
}

const fn situation_code(row: SituationRow) -> &'static str {
    match row {
        SituationRow::Situation(situation) => situation.code(),
        SituationRow::Total => "total",
    }
}

const fn situation_column_code(column: SituationColumn) -> &'static str {
    match column {
        SituationColumn::Adults => "adults",
        SituationColumn::MinorsDirect => "minors_direct",
        SituationColumn::Total => "total",
    }
}

const fn municipality_row_code(row: MunicipalityRow) -> &'static str {
    match row {
        MunicipalityRow::Situation(situation) => situation.code(),
        MunicipalityRow::Subtotal => "subtotal",
        MunicipalityRow::Total => "total",
        MunicipalityRow::MinorsDirect => "minors_direct",
        MunicipalityRow::MinorsIndirect => "minors_indirect",
    }
}

const fn municipality_code(column: MunicipalityColumn) -> &'static str {
    match column {
        MunicipalityColumn::Municipality(municipality) => Municipality::code(municipality),
        MunicipalityColumn::Total => "total",
    }
}
