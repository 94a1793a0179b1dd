//! Mijn registraties: what this device recorded, newest first, as far as it can be read now. For who coordinates:
//! Registraties, of this device or of the whole region.
//!
//! Not here: what a list is made from (`services::field`). Fifty at a time: a list of thousands
//! neither janks nor keeps a screen reader busy.

pub mod words;

use crate::browser::{clock, life};
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::services::field::{Choice, Field, Listed, Listing, Places, Purpose, Standing};
use crate::services::post::Post;
use crate::text::{Text, records};
use crate::view::prelude::*;
use veldpost_domain::{RecordId, RecordKind};
use veldpost_journal::UNFINISHED;
use veldpost_sync::RecordState;

/// Rows on one page of the list.
const ROWS: usize = 50;
const DAY: i64 = 86_400_000;

/// Kinds that can be asked for.
const KINDS: [(&str, Text, Option<RecordKind>); 4] = [
    ("all", records::ANY_KIND, None),
    ("person", records::PERSONS, Some(RecordKind::Person)),
    (
        "observation",
        records::OBSERVATIONS,
        Some(RecordKind::Observation),
    ),
    ("report", records::REPORTS, Some(RecordKind::RoundReport)),
];

/// The list.
#[component]
pub fn Records() -> impl IntoView {
    let field = expect_context::<Field>();
    let listing = AsyncDerived::new_unsync(move || {
        let commit = field.commits.get();
        field.listing(commit)
    });
    // A list of before the last commit, or before the lock, is not shown.
    let read = move |read: &dyn Fn(&Listing) -> View| {
        let commit = field.commits.get();
        listing.with(|listing| {
            listing
                .as_ref()
                .filter(|listing| listing.commit == commit)
                .map(read)
        })
    };
    let summary = move || {
        read(&|listing| {
            let choice = field.choice.get();
            let found = chosen(&listing.records, choice).count();
            let nothing = if listing.records.is_empty() {
                Some(records::EMPTY)
            } else {
                let own = choice.of_all || listing.records.iter().any(|listed| listed.own);
                (!own).then_some(records::NONE_OWN)
            };
            summary(found, choice.skip, nothing).into_view()
        })
        .unwrap_or_else(|| records::LOADING.get().into_view())
    };
    view! {
        <Page title=title(field) back=Screen::Home>
            <Notice />
            <LockedLine />
            <Filters />
            <Unfinished />
            <p class="status" role="status" id="summary" tabindex="-1">
                {summary}
            </p>
            {move || read(&|listing| rows(field, listing))}
        </Page>
    }
}

/// What the list is called, here and where it is opened: who coordinates may see more than the own.
pub fn title(field: Field) -> Text {
    if field.reads_others() {
        records::TITLE_REGION
    } else {
        records::TITLE
    }
}

fn summary(found: usize, skip: usize, nothing: Option<Text>) -> String {
    match found {
        0 => nothing.unwrap_or(records::NONE_FOUND).get().to_owned(),
        1 => records::ONE.get().to_owned(),
        _ if found <= ROWS => records::NUMBER.with(&[("n", &found)]),
        _ => {
            let to = (skip + ROWS).min(found);
            records::PAGE.with(&[("from", &(skip + 1)), ("to", &to), ("n", &found)])
        }
    }
}

/// What the choice lets through, in the order of the list.
fn chosen(records: &[Listed], choice: Choice) -> impl Iterator<Item = &Listed> {
    let from = if choice.tonight {
        last_noon()
    } else {
        i64::MIN
    };
    records.iter().filter(move |listed| {
        listed.at >= from
            && choice.kind.is_none_or(|kind| listed.kind == kind)
            && (listed.unfinished || !choice.unfinished)
            && (choice.of_all || listed.own)
    })
}

/// A night begins at noon: who counts at one o'clock still means this night.
fn last_noon() -> i64 {
    let now = clock::now();
    let shift = i64::from(clock::offset_minutes(now)) * 60_000 - DAY / 2;
    (now + shift).div_euclid(DAY) * DAY - shift
}

/// The rows of one page of the list, under the day that they were made on.
fn rows(field: Field, listing: &Listing) -> View {
    let choice = field.choice.get();
    let found = chosen(&listing.records, choice).count();
    let mut days: Vec<(String, Vec<View>)> = Vec::new();
    for listed in chosen(&listing.records, choice)
        .skip(choice.skip)
        .take(ROWS)
    {
        let day = clock::date_for_reading(listed.at);
        let words = words::short(field, listed, &listing.labels);
        let row = row(field, *listed, words, listing.places.clone());
        match days.last_mut().filter(|(known, _)| *known == day) {
            Some((_, rows)) => rows.push(row),
            None => days.push((day, vec![row])),
        }
    }
    let days: Vec<View> = days
        .into_iter()
        .map(|(day, rows)| group(day, rows))
        .collect();
    view! { {days} {pager(field, found)} }.into_view()
}

fn group(day: String, rows: Vec<View>) -> View {
    view! {
        <section class="stack">
            <h2>{day}</h2>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_view()
}

fn row(field: Field, listed: Listed, words: String, places: Places) -> View {
    view! {
        <li>
            <button type="button" class="row" on:click=move |_| field.select(listed.record)>
                <span class="row-time">{clock::time_of_day(listed.at)}</span>
                <span class="row-main">
                    <span dir="auto">{words}</span>
                    {badges(listed.record, listed.standing, places)}
                </span>
            </button>
        </li>
    }
    .into_view()
}

/// The badges of a record: whether it counts, and how far it has got.
pub fn badges(record: RecordId, standing: Standing, places: Places) -> View {
    let post = expect_context::<Post>();
    let counts = match standing {
        Standing::Stands => None,
        Standing::Withdrawn => Some(("badge", records::WITHDRAWN)),
        Standing::Replaced => Some(("badge badge-done", records::REPLACED)),
    };
    let far = Memo::new(move |_| post.state_of_record(record, &places));
    let counts = counts.map(|badge| shown(badge).into_view());
    let alone = counts.is_none();
    let far = move || match far.get() {
        Some(state) => Some(shown(state_label(state))),
        None => alone.then(|| shown(state_label(RecordState::Kept))),
    };
    view! {
        {counts}
        {far}
    }
    .into_view()
}

fn shown((class, words): (&'static str, Text)) -> View {
    view! { <span class=class>{words.get()}</span> }.into_view()
}

/// The badge of how far a record has got: its class and its word.
pub const fn state_label(state: RecordState) -> (&'static str, Text) {
    match state {
        RecordState::Draft => ("badge badge-draft", records::DRAFT),
        RecordState::Kept => ("badge badge-saved", records::SAVED),
        RecordState::HandedOver => ("badge badge-sent", records::HANDED_OVER),
        RecordState::Received => ("badge badge-received", records::RECEIVED),
        RecordState::Attention => ("badge badge-attention", records::ATTENTION),
    }
}

/// To newer and older records, when there are more than fit.
fn pager(field: Field, found: usize) -> Option<View> {
    let skip = field.choice.get().skip;
    let turn = move |skip: usize| {
        field.choice.update(|choice| choice.skip = skip);
        life::focus_first("#summary");
    };
    let newer = (skip > 0).then(|| {
        view! {
            <button type="button" class="button" on:click=move |_| turn(skip.saturating_sub(ROWS))>
                {records::NEWER.get()}
            </button>
        }
    });
    let older = (skip + ROWS < found).then(|| {
        view! {
            <button type="button" class="button" on:click=move |_| turn(skip + ROWS)>
                {records::OLDER.get()}
            </button>
        }
    });
    (found > ROWS).then(|| {
        view! {
            <nav class="buttons buttons-even" aria-label=records::PAGES.get()>
                {newer}
                {older}
            </nav>
        }
        .into_view()
    })
}

/// Says what a locked device shows, and where to unlock.
#[component]
pub fn LockedLine() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    move || {
        let _ = field.unlocked.get();
        if field.reads_nothing() {
            return Some(view! { <p class="hint">{records::LOCKED_OUT.get()}</p> }.into_view());
        }
        (!field.unlocked.get()).then(|| {
            view! {
                <div class="banner banner-info">
                    <p>{records::LOCKED.get()}</p>
                    <div class="buttons">
                        <button
                            type="button"
                            class="button"
                            on:click=move |_| router.go(Screen::Unlock)
                        >
                            {records::UNLOCK.get()}
                        </button>
                    </div>
                </div>
            }
            .into_view()
        })
    }
}

#[component]
fn Filters() -> impl IntoView {
    let field = expect_context::<Field>();
    let when = move |event| {
        let tonight = event_target_value(&event) == "tonight";
        field.choice.update(|choice| {
            *choice = Choice {
                tonight,
                skip: 0,
                ..*choice
            }
        });
    };
    let what = move |event| {
        let code = event_target_value(&event);
        let kind = KINDS
            .iter()
            .find(|(known, ..)| *known == code)
            .and_then(|(.., kind)| *kind);
        field.choice.update(|choice| {
            *choice = Choice {
                kind,
                unfinished: code == UNFINISHED,
                skip: 0,
                ..*choice
            }
        });
    };
    let whose = move |event| {
        let of_all = event_target_value(&event) == "all";
        field.choice.update(|choice| {
            *choice = Choice {
                of_all,
                skip: 0,
                ..*choice
            }
        });
    };
    let now = field.choice.get_untracked();
    // Of a locked device there is nothing but its own.
    let whose = move || {
        let of_all = field.choice.with_untracked(|choice| choice.of_all);
        (field.unlocked.get() && field.reads_others()).then(|| {
            view! {
                <div class="field">
                    <label class="label" for="whose">{records::WHOSE.get()}</label>
                    <select class="input" id="whose" autocomplete="off" on:change=whose>
                        <option value="own" selected=!of_all>{records::OWN.get()}</option>
                        <option value="all" selected=of_all>{records::OF_ALL.get()}</option>
                    </select>
                </div>
            }
        })
    };
    let kinds = KINDS.map(|(code, label, kind)| {
        let selected = now.kind == kind && !now.unfinished;
        view! { <option value=code selected=selected>{label.get()}</option> }
    });
    view! {
        {whose}
        <div class="buttons buttons-even">
            <div class="field">
                <label class="label" for="when">{records::WHEN.get()}</label>
                <select class="input" id="when" autocomplete="off" on:change=when>
                    <option value="all" selected=!now.tonight>{records::ANY_TIME.get()}</option>
                    <option value="tonight" selected=now.tonight>{records::TONIGHT.get()}</option>
                </select>
            </div>
            <div class="field">
                <label class="label" for="what">{records::WHAT.get()}</label>
                <select class="input" id="what" autocomplete="off" on:change=what>
                    {kinds}
                    <option value=UNFINISHED selected=now.unfinished>{records::LEFT.get()}</option>
                </select>
            </div>
        </div>
    }
}

/// Forms that were left, on top of everything.
#[component]
fn Unfinished() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let row = move |draft: crate::services::field::DraftView| {
        let words = if draft.open {
            records::DRAFT_ROW
        } else {
            records::DRAFT_CLOSED
        };
        let open = move |_| {
            if draft.open {
                field.open_form(Purpose::Resume(draft.record), Screen::Record);
            } else {
                router.go(Screen::Unlock);
            }
        };
        view! {
            <li>
                <button type="button" class="row" on:click=open>
                    <span class="row-time">{clock::time_of_day(draft.at)}</span>
                    <span class="row-main">
                        {words.get()} <span class="badge badge-draft">{records::DRAFT.get()}</span>
                    </span>
                </button>
            </li>
        }
        .into_view()
    };
    move || {
        let rows: Vec<View> = field.drafts.get().into_iter().map(row).collect();
        (!rows.is_empty()).then(|| group(records::DRAFTS.get().to_owned(), rows))
    }
}
