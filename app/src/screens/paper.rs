//! Turflijst: an A4 sheet to count on with a pen, when there is no phone or no battery.
//!
//! Not here: what is done with it afterwards; every mark becomes a tap.

use crate::browser::files;
use crate::components::page::Page;
use crate::routes::Screen;
use crate::services::field::{Field, for_reading, reason_label, tile_label};
use crate::text::{Text, paper};
use crate::view::prelude::*;
use veldpost_domain::Date;
use veldpost_journal::{TapReason, Tile};

/// Columns to fill in by hand: hours or places.
const COLUMNS: usize = 5;

/// The sheet.
#[component]
pub fn PaperSheet() -> impl IntoView {
    let field = expect_context::<Field>();
    let count_date = field
        .settings()
        .and_then(|settings| Date::parse(&settings.count_date));
    let lines = [
        (
            paper::COUNT_DATE,
            count_date.map_or_else(String::new, for_reading),
        ),
        (paper::ORGANISATION, String::new()),
        (paper::CREW, String::new()),
        (paper::MUNICIPALITY, String::new()),
        (paper::TIMES, String::new()),
    ];
    let lines = lines.map(|(label, value)| {
        view! {
            <div>
                <dt>{label.get()}</dt>
                <dd>{value}</dd>
            </div>
        }
    });
    let columns: Vec<_> = (1..=COLUMNS)
        .map(|n| view! { <th scope="col">{paper::COLUMN.with(&[("n", &n)])}</th> })
        .collect();
    let rows: Vec<View> = Tile::ALL
        .map(tile_label)
        .into_iter()
        .chain([paper::TOTAL])
        .map(row)
        .collect();
    let reasons = TapReason::ALL
        .map(|reason| reason_label(reason).get())
        .join(", ");
    view! {
        <Page title=paper::TITLE back=Screen::Home>
            <p class="screen-only">{paper::WHAT.get()}</p>
            <div class="buttons">
                <button
                    type="button"
                    class="button button-primary button-big"
                    on:click=move |_| files::print()
                >
                    {paper::PRINT.get()}
                </button>
            </div>
            <dl class="write-in">{lines}</dl>
            <p>{paper::HOW.with(&[("reasons", &reasons)])}</p>
            <div class="table-region" role="region" aria-labelledby="sheet" tabindex="0">
                <table class="table tally-sheet">
                    <caption id="sheet">{paper::CAPTION.get()}</caption>
                    <thead>
                        <tr>
                            <th scope="col" class="corner">
                                {paper::WHO.get()}
                            </th>
                            {columns}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <dl class="write-in">
                <div>
                    <dt>{paper::REMARK.get()}</dt>
                    <dd></dd>
                </div>
            </dl>
            <p class="hint">{paper::AFTER.get()}</p>
        </Page>
    }
}

/// A row of empty boxes.
fn row(label: Text) -> View {
    let boxes: Vec<_> = (0..COLUMNS).map(|_| view! { <td></td> }).collect();
    view! {
        <tr>
            <th scope="row">{label.get()}</th>
            {boxes}
        </tr>
    }
    .into_view()
}
