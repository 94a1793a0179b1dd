//! Tabellen: the region's tables in the layout of 2024, on screen, on paper and as a file.
//!
//! Not here: how a table is made (`veldpost_domain`) and when (`services::field`).

mod grid;

use crate::browser::{clock, files};
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::Screen;
use crate::screens::records::LockedLine;
use crate::services::field::{Field, Mode, for_reading};
use crate::text::{self, Language, Text, tables};
use crate::view::prelude::*;
use veldpost_domain::{Tables as Counted, export, tables as domain};
use veldpost_envelope::Purpose;

/// Table 1 and Table 2, and what must stand beside them.
#[component]
pub fn Tables() -> impl IntoView {
    let field = expect_context::<Field>();
    let counted = Memo::new(move |_| field.tables());
    let body = move || {
        if field.mode == Mode::Practice {
            view! { <p>{tables::PRACTICE.get()}</p> }.into_view()
        } else if field.membership().is_some_and(|membership| {
            membership.is_shared() && !membership.coordinates(Purpose::Count)
        }) {
            // What this device wrote itself is no table of the region.
            view! { <p>{tables::MEMBER.get()}</p> }.into_view()
        } else if !field.unlocked.get() {
            view! {
                <p>{tables::LOCKED.get()}</p>
                <LockedLine />
            }
            .into_view()
        } else {
            counted.with(|counted| match counted {
                Some(counted) => whole(field, counted).into_view(),
                None => view! { <p>{tables::NO_DATE.get()}</p> }.into_view(),
            })
        }
    };
    view! {
        <Page title=tables::TITLE class="page-wide" back=Screen::Home>
            <Notice />
            {body}
        </Page>
    }
}

fn whole(field: Field, counted: &Counted) -> impl IntoView + use<> {
    let day = for_reading(counted.count_date);
    let damaged = field.damaged();
    let damaged = (damaged > 0).then(|| {
        view! {
            <div class="banner banner-warning">
                <p>{tables::DAMAGED.with(&[("n", &damaged)])}</p>
            </div>
        }
    });
    let empty = (counted.forms == 0).then(|| view! { <p>{tables::EMPTY.get()}</p> });
    view! {
        <p>
            {tables::COUNT_OF.with(&[("date", &day)])} " " <strong>{lower_bound()}</strong>
        </p>
        <p class="print-only">{printed()}</p>
        <p class="hint screen-only">{tables::CONFIDENTIAL.get()}</p>
        {damaged}
        {empty}
        {figures(counted)}
        <Acts />
        <div class="banner banner-warning">
            <h2 class="banner-title">{tables::COMPARE.get()}</h2>
            <p>{tables::COMPARE_WHAT.get()}</p>
        </div>
        {grid::table_1(counted, &day)}
        <p class="hint">{tables::NOT_PRINTED.get()}</p>
        {sheet(grid::table_2_by_origin(counted, &day), tables::UNCERTAIN)}
        {sheet(grid::table_2_by_stay(counted, &day), tables::STAY_2024)}
    }
}

fn printed() -> String {
    tables::PRINTED.with(&[("date", &clock::date_for_reading(clock::now()))])
}

/// A table on a sheet of its own when printed, with its note.
fn sheet(table: View, note: Text) -> View {
    view! {
        <div class="stack print-wide">
            {table}
            <p class="hint">{note.get()}</p>
            <p class="print-only">{printed()}</p>
        </div>
    }
    .into_view()
}

fn lower_bound() -> &'static str {
    match text::language() {
        Language::Nl => domain::LOWER_BOUND_NL,
        Language::En => domain::LOWER_BOUND_EN,
    }
}

/// What stands beside the tables: how much they rest on, and how far they may be off.
fn figures(counted: &Counted) -> View {
    let range = tables::RANGE.with(&[("from", &counted.minimum()), ("to", &counted.maximum())]);
    let known: [(&str, Text, String); 7] = [
        ("people", tables::PEOPLE, counted.people().to_string()),
        ("range", tables::MIN_MAX, range),
        ("forms", tables::FORMS, counted.forms.to_string()),
        (
            "organisations",
            tables::ORGANISATIONS,
            counted.organisations.to_string(),
        ),
        (
            "seen_only",
            tables::SEEN_ONLY,
            counted.seen_only.to_string(),
        ),
        (
            "doubles",
            tables::DOUBLES,
            counted.doubles.forms.to_string(),
        ),
        (
            "not_comparable",
            tables::NOT_COMPARABLE,
            counted.doubles.not_comparable.to_string(),
        ),
    ];
    let known = known.map(|(code, label, value)| {
        view! {
            <div>
                <dt>{label.get()}</dt>
                <dd data-figure=code>{value}</dd>
            </div>
        }
    });
    view! { <dl class="figures">{known}</dl> }.into_view()
}

/// Paper and a file; where the file went is said.
#[component]
fn Acts() -> impl IntoView {
    let field = expect_context::<Field>();
    let went = RwSignal::new(None::<String>);
    let download = move |_| {
        // Made at the tap, from what is shown: the memo and this read the same records.
        let Some(counted) = untrack(|| field.tables()) else {
            return;
        };
        let name = format!("veldpost-tabellen-{}.csv", clock::date(clock::now()));
        let csv = export::report(&counted);
        let words = if files::download(&name, "text/csv;charset=utf-8", csv.as_bytes()) {
            tables::WENT.with(&[("name", &name)])
        } else {
            tables::REFUSED.get().to_owned()
        };
        went.set(Some(words));
    };
    view! {
        <div class="stack screen-only">
            <div class="buttons">
                <button type="button" class="button" on:click=move |_| files::print()>
                    {tables::PRINT.get()}
                </button>
                <button type="button" class="button" on:click=download>
                    {tables::CSV.get()}
                </button>
            </div>
            <p class="status" role="status">
                {move || went.get()}
            </p>
        </div>
    }
}
