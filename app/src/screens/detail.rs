//! Registratie: one record in plain words, and what can be done with it.
//!
//! Not here: changing its answers (`record`, `check`). A locked device sees when and of what kind.

mod sheet;
mod withdraw;

use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::screens::records::{LockedLine, badges, title};
use crate::services::field::{Field, Line, Listed, Places, Purpose, Standing};
use crate::services::post::Post;
use crate::text::{common, detail};
use crate::view::prelude::*;
use sheet::Sheet;
use veldpost_domain::RecordKind;
use veldpost_envelope::wire::Standing as Taken;
use veldpost_sync::Attention;
use withdraw::Withdraw;

/// The record that was chosen in the list.
#[component]
pub fn Detail() -> impl IntoView {
    let field = expect_context::<Field>();
    // Kept here: locking forgets it, and what is left to show needs it.
    let chosen = field.selected();
    let sheet = AsyncDerived::new_unsync(move || {
        let commit = field.commits.get();
        Sheet::read(field, chosen, commit)
    });
    let body = move || {
        let commit = field.commits.get();
        sheet.with(
            |sheet| match sheet.as_ref().filter(|sheet| sheet.commit == commit) {
                None => view! { <p role="status">{detail::LOADING.get()}</p> }.into_view(),
                Some(Sheet { listed: None, .. }) => nothing().into_view(),
                Some(
                    sheet @ Sheet {
                        listed: Some(listed),
                        ..
                    },
                ) => view! { {whole(sheet, *listed)} <Acts listed=*listed /> }.into_view(),
            },
        )
    };
    view! {
        <Page title=detail::TITLE back=Screen::Records>
            <Notice />
            {body}
        </Page>
    }
}

/// After a reload, or an address that was typed: no record is in hand.
fn nothing() -> impl IntoView {
    let router = expect_context::<Router>();
    view! {
        <p>{detail::NOTHING.get()}</p>
        <button
            type="button"
            class="button button-primary button-big"
            on:click=move |_| router.replace(Screen::Records)
        >
            {title(expect_context::<Field>()).get()}
        </button>
    }
}

fn whole(sheet: &Sheet, listed: Listed) -> View {
    let locked = (!listed.readable).then(|| view! { <LockedLine /> });
    let conflict = (!sheet.conflicts.is_empty()).then(|| {
        view! {
            <div class="banner banner-warning">
                <h2 class="banner-title">{detail::CONFLICT.get()}</h2>
                <p>{detail::CONFLICT_WHAT.with(&[("names", &sheet.conflicts.join(", "))])}</p>
            </div>
        }
    });
    let others = (!sheet.others.is_empty()).then(|| {
        view! {
            <details class="why">
                <summary>{detail::OTHERS.get()}</summary>
                {lists(&sheet.others)}
            </details>
        }
    });
    let history: Vec<_> = sheet
        .history
        .iter()
        .cloned()
        .map(|one| view! { <li>{one}</li> })
        .collect();
    let history = (!history.is_empty()).then(|| {
        view! {
            <section class="stack" aria-labelledby="history">
                <h2 id="history">{detail::HISTORY.get()}</h2>
                <ul>{history}</ul>
            </section>
        }
    });
    view! {
        <p>
            <strong dir="auto">{sheet.title.clone()}</strong>
            " "
            {badges(listed.record, listed.standing, sheet.places.clone())}
        </p>
        {why(listed, sheet.places.clone())}
        {locked}
        {conflict}
        {lists(&sheet.facts)}
        {lists(&sheet.lines)}
        {others}
        {history}
    }
    .into_view()
}

/// Why *Let op* stands beside it, as far as this device knows.
fn why(listed: Listed, places: Places) -> View {
    let post = expect_context::<Post>();
    let why = Memo::new(move |_| {
        let attention = post.attention_of_record(listed.record, &places);
        let summary = post.summary.get();
        let joined = summary.is_some_and(|summary| summary.standing == Taken::Joined);
        attention.map(|attention| (attention, joined))
    });
    let why = move || {
        why.get().map(|(attention, joined)| match attention {
            Attention::Apart if joined => detail::WHY_JOINED.get().to_owned(),
            Attention::Apart => detail::WHY_APART.get().to_owned(),
            Attention::Unreadable => detail::WHY_UNREADABLE.get().to_owned(),
            Attention::Conflict => detail::WHY_CONFLICT.get().to_owned(),
            Attention::Refused(code) => detail::WHY_REFUSED.with(&[("code", &code.text())]),
        })
    };
    view! { {move || why().map(|words| view! { <p>{words}</p> })} }.into_view()
}

/// Lines as summary lists, each under its heading.
fn lines_of(rows: Vec<View>) -> Option<View> {
    (!rows.is_empty()).then(|| view! { <dl class="summary-list">{rows}</dl> }.into_view())
}

fn lists(lines: &[Line]) -> Vec<View> {
    let (mut parts, mut rows) = (Vec::new(), Vec::new());
    for line in lines {
        match line.clone() {
            Line::Heading(heading) => {
                parts.extend(lines_of(core::mem::take(&mut rows)));
                if !heading.is_empty() {
                    parts.push(view! { <h2>{heading}</h2> }.into_view());
                }
            }
            Line::Answer(question, answer) => rows.push(
                view! {
                    <div class="summary-row">
                        <dt>{question}</dt>
                        <dd dir="auto">{answer}</dd>
                    </div>
                }
                .into_view(),
            ),
        }
    }
    parts.extend(lines_of(rows));
    parts
}

/// What can be done with this record now.
#[component]
fn Acts(listed: Listed) -> impl IntoView {
    let field = expect_context::<Field>();
    let stands = listed.standing == Standing::Stands;
    let in_round = field.round.with_untracked(|round| {
        let taps = round.as_ref().map(|round| &round.taps);
        taps.is_some_and(|taps| taps.iter().any(|tap| tap.record_id() == listed.record))
    });
    let change = stands && listed.readable && listed.kind == RecordKind::Person;
    let seen = stands && listed.kind == RecordKind::Observation;
    let promote = seen && (listed.readable || in_round);
    let act = move |label: &'static str, purpose: Purpose, screen: Screen| {
        view! {
            <button
                type="button"
                class="button button-primary button-big"
                on:click=move |_| field.open_form(purpose, screen)
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="stack">
            {change
                .then(|| act(common::CHANGE.get(), Purpose::Amend(listed.record), Screen::Check))}
            {promote
                .then(|| {
                    act(detail::PROMOTE.get(), Purpose::Promote(listed.record), Screen::Record)
                })}
            {(listed.standing != Standing::Withdrawn).then(|| view! { <Withdraw listed=listed /> })}
        </div>
    }
}
