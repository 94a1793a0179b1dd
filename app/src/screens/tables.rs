//! Tabellen: the region's tables in the layout of 2024, on screen, on paper and as a file.
//!
//! Not here: how a table is made (`veldpost_domain`) and when (`services::field`).

mod grid;
mod others;

use crate::browser::{clock, files};
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::screens::records::LockedLine;
use crate::services::field::{Field, Mode, for_reading};
use crate::services::post::{Post, Published, Reading};
use crate::text::{self, Language, Text, tables};
use crate::view::prelude::*;
use veldpost_domain::{Tables as Counted, export, tables as domain};
use veldpost_envelope::Purpose;
use wasm_bindgen_futures::spawn_local;

/// Table 1 and Table 2, and what must stand beside them.
#[component]
pub fn Tables() -> impl IntoView {
    let field = expect_context::<Field>();
    let post = expect_context::<Post>();
    let counted = Memo::new(move |_| field.tables());
    let published = result(field, post);
    let results = others::Results::read(field, post);
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
            if let Some(result) = results.chosen() {
                let above = others::above(&result, results);
                return whole(field, &result.tables, Some(above)).into_view();
            }
            let result = published.get();
            match stands(field, post) {
                Reading::Begun => {
                    view! { <p role="status">{tables::READING.get()}</p> }.into_view()
                }
                Reading::Failed => view! { <p role="alert">{tables::UNREAD.get()}</p> }.into_view(),
                Reading::Kept(now) => shown(field, &now, result, None),
                Reading::Done => counted.with(|counted| match counted {
                    Some(now) => {
                        let late = field.book().map(|book| post.late(book.campaign()));
                        shown(field, now, result, late)
                    }
                    None => view! { <p>{tables::NO_DATE.get()}</p> }.into_view(),
                }),
            }
        }
    };
    let back = expect_context::<Router>().region_or_home();
    view! {
        <Page title=tables::TITLE class="page-wide" back=back>
            <Notice />
            <TakenAlong field=field post=post />
            {body}
            <others::List results=results />
        </Page>
    }
}

/// How far the reading is that these tables hang on: where there is nobody to receive from, all was read by the unlock.
fn stands(field: Field, post: Post) -> Reading {
    let shared = field.membership().is_some_and(|it| it.is_shared());
    if shared {
        post.reading.get()
    } else {
        Reading::Done
    }
}

/// The result once there is one, otherwise what counts now; `late` is known once all was read.
fn shown(field: Field, now: &Counted, result: Option<Published>, late: Option<usize>) -> View {
    let Some(result) = result else {
        return whole(field, now, None).into_view();
    };
    let above = frozen(&result, now, late);
    whole(field, &result.tables, Some(above)).into_view()
}

/// The published result of the campaign that is shown, once there is one.
fn result(field: Field, post: Post) -> RwSignal<Option<Published>> {
    let published = RwSignal::new(None);
    Effect::new(move |_| {
        post.moved.track();
        field.commits.track();
        let Some(book) = field.book() else { return };
        spawn_local(async move {
            let found = post.published(book.campaign()).await;
            // The screen may have been left.
            if published
                .try_get_untracked()
                .is_some_and(|known| known != found)
            {
                published.try_set(found);
            }
        });
    });
    published
}

/// That these tables do not change any more, and what came since, once that is known.
fn frozen(result: &Published, now: &Counted, late: Option<usize>) -> View {
    let date = clock::date_for_reading(result.at);
    let later = late.map(|late| {
        if late == 0 && *now == result.tables {
            return tables::NOTHING_LATER.get().to_owned();
        }
        tables::LATER.with(&[
            ("late", &late),
            ("forms", &now.forms),
            ("seen", &now.seen_only),
        ])
    });
    view! {
        <div class="banner banner-ok">
            <h2 class="banner-title">{tables::PUBLISHED.with(&[("date", &date)])}</h2>
            <p>{tables::PUBLISHED_VERSION.with(&[("version", &result.version)])}</p>
            <p>{later}</p>
        </div>
    }
    .into_view()
}

fn whole(field: Field, counted: &Counted, above: Option<View>) -> impl IntoView + use<> {
    let day = for_reading(counted.count_date);
    let damaged = field.damaged();
    let told = (damaged > 0).then(|| {
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
        <p class="print-only">{printed(field)}</p>
        <p class="hint screen-only">{tables::CONFIDENTIAL.get()}</p>
        {above}
        {told}
        {empty}
        {figures(counted)}
        <Acts counted=counted.clone() unreadable=damaged />
        <div class="banner banner-warning">
            <h2 class="banner-title">{tables::COMPARE.get()}</h2>
            <p>{tables::COMPARE_WHAT.get()}</p>
        </div>
        {grid::table_1(counted, &day)}
        <p class="hint">{tables::NOT_PRINTED.get()}</p>
        {sheet(field, grid::table_2_by_origin(counted, &day), tables::UNCERTAIN)}
        {sheet(field, grid::table_2_by_stay(counted, &day), tables::STAY_2024)}
    }
}

/// How much was taken along by who counted alone first, and where it is decided whether it counts.
#[component]
fn TakenAlong(field: Field, post: Post) -> impl IntoView {
    let router = expect_context::<Router>();
    let numbers = Memo::new(move |_| {
        field.commits.track();
        let campaign = field.book().map(|book| book.campaign())?;
        let numbers = field.unlocked.get().then(|| post.along_of(campaign))?;
        (numbers != (0, 0)).then_some(numbers)
    });
    move || {
        let (counted, rest) = numbers.get()?;
        let words = match (counted, rest) {
            (0, _) => tables::ALONG_NONE,
            (_, 0) => tables::ALONG_ALL,
            _ => tables::ALONG_SOME,
        };
        let words = words.with(&[("n", &(counted + rest)), ("counted", &counted)]);
        Some(view! {
            <section class="stack">
                <p>{words}</p>
                <div class="buttons screen-only">
                    <button
                        type="button"
                        class="button button-quiet"
                        on:click=move |_| router.go(Screen::Odd)
                    >
                        {tables::ALONG_DECIDE.get()}
                    </button>
                </div>
            </section>
        })
    }
}

/// What the region is called; none where nobody else joins.
fn region_name(field: Field) -> Option<String> {
    let settings = field.settings()?;
    settings.region.filter(|name| !name.is_empty())
}

/// What stands on each sheet: whose it is, and that it is not for everybody.
fn printed(field: Field) -> String {
    let date = clock::date_for_reading(clock::now());
    match region_name(field) {
        Some(region) => tables::PRINTED_OF.with(&[("region", &region), ("date", &date)]),
        None => tables::PRINTED.with(&[("date", &date)]),
    }
}

/// A table on a sheet of its own when printed, with its note.
fn sheet(field: Field, table: View, note: Text) -> View {
    view! {
        <div class="stack print-wide">
            {table}
            <p class="hint">{note.get()}</p>
            <p class="print-only">{printed(field)}</p>
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
fn Acts(counted: Counted, unreadable: usize) -> impl IntoView {
    let region = region_name(expect_context::<Field>());
    let counted = StoredValue::new_local(counted);
    let went = RwSignal::new(None::<String>);
    let download = move |_| {
        let name = format!("veldpost-tabellen-{}.csv", clock::date(clock::now()));
        // Made at the tap, from what is shown.
        let beside = export::Beside {
            region: region.as_deref(),
            unreadable,
        };
        let csv = counted.with_value(|counted| export::report(counted, &beside));
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
