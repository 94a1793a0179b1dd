//! Start: the open draft and the open round first, then the ways in.

use crate::browser::{clock, life};
use crate::components::dialog::Dialog;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::row::Row;
use crate::later::{Later, Part};
use crate::routes::{Router, Screen};
use crate::services::field::{DraftView, Field, Mode, Purpose};
use crate::text::{common, home, tally};
use crate::view::prelude::*;
use veldpost_journal::rows::Membership;

/// Where a person lands.
#[component]
pub fn Home() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let later = expect_context::<Later>();
    let counting = Memo::new(move |_| field.round.with(Option::is_some));
    let coordinates = field
        .book()
        .is_some_and(|book| coordinates_region(&book.membership()));
    let start = move || {
        if counting.get() {
            home::GO_ON_COUNTING
        } else {
            home::START_COUNTING
        }
    };
    let target = move || {
        if counting.get_untracked() {
            Screen::Tally
        } else {
            Screen::StartRound
        }
    };
    view! {
        <Page title=home::TITLE>
            <Notice />
            {later.part(|| Part::News)}
            {later.part(|| Part::Post)}
            <Drafts />
            <div class="stack">
                <button
                    type="button"
                    class="button button-primary button-big"
                    on:click=move |_| router.go(target())
                >
                    {move || start().get()}
                </button>
                <button
                    type="button"
                    class="button button-big"
                    on:click=move |_| field.open_form(Purpose::New, Screen::Record)
                >
                    {home::NEW_RECORD.get()}
                </button>
                <button
                    type="button"
                    class="button button-big"
                    on:click=move |_| field.open_form(Purpose::New, Screen::Quick)
                >
                    {home::QUICK.get()}
                </button>
            </div>
            {later.part(|| Part::Keep)}
            <nav aria-label=home::MORE.get()>
                <ul class="rows">
                    <LockRow />
                    <Row to=Screen::Records label=home::RECORDS />
                    <Show when=move || field.mode != Mode::Practice>
                        <Row to=Screen::Tables label=home::TABLES />
                    </Show>
                    {coordinates
                        .then(|| view! { <Row to=Screen::Region label=home::REGION /> })}
                    <Row to=Screen::Nobody label=home::NOBODY />
                    <Row to=Screen::PaperSheet label=home::PAPER />
                    <Row to=Screen::About label=home::ABOUT />
                    <Row to=Screen::Preferences label=home::PREFERENCES />
                    <Row to=Screen::Help label=home::HELP />
                </ul>
            </nav>
        </Page>
    }
}

/// Whether there is a region beyond this device, and it is this device's to run.
fn coordinates_region(membership: &Membership) -> bool {
    membership.is_shared() && membership.coordinates(veldpost_envelope::Purpose::Count)
}

/// Unlock, or lock by hand.
#[component]
fn LockRow() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let label = move || {
        if field.unlocked.get() {
            home::LOCK
        } else {
            home::UNLOCK
        }
    };
    let act = move |_| {
        if field.unlocked.get_untracked() {
            field.lock();
        } else {
            router.go(Screen::Unlock);
        }
    };
    view! {
        <li>
            <button type="button" class="row" on:click=act>
                <span class="row-main">{move || label().get()}</span>
            </button>
        </li>
    }
}

/// Forms that were left: go on, or throw away.
#[component]
pub fn Drafts() -> impl IntoView {
    let field = expect_context::<Field>();
    view! {
        <For each=move || field.drafts.get() key=|draft| (draft.record, draft.open) let:draft>
            <Draft draft=draft />
        </For>
    }
}

#[component]
fn Draft(draft: DraftView) -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let asking = RwSignal::new(false);
    let time = clock::time_of_day(draft.at);
    let discard = Callback::new(move |()| {
        field.discard_draft(draft.record);
        // What had the focus goes with the draft.
        request_animation_frame(|| life::focus_first("h1"));
    });
    let go_on = move |_| {
        if draft.open {
            field.open_form(Purpose::Resume(draft.record), Screen::Record);
        } else {
            router.go(Screen::Unlock);
        }
    };
    let label = if draft.open {
        common::GO_ON
    } else {
        home::UNLOCK_TO_GO_ON
    };
    view! {
        <section class="panel">
            <h2>{home::DRAFT.get()}</h2>
            <p>{home::DRAFT_OF.with(&[("time", &time)])}</p>
            <div class="buttons buttons-even">
                <button type="button" class="button button-primary" on:click=go_on>
                    {label.get()}
                </button>
                <button
                    type="button"
                    class="button button-danger"
                    on:click=move |_| asking.set(true)
                >
                    {common::DISCARD.get()}
                </button>
            </div>
            <Dialog
                open=asking
                title=home::DISCARD_TITLE
                confirm=common::DISCARD
                danger=true
                on_confirm=discard
            >
                <p>{home::DISCARD_WHAT.get()}</p>
            </Dialog>
        </section>
    }
}

/// Shown where a round is needed and none is open.
#[component]
pub fn NoRound() -> impl IntoView {
    let router = expect_context::<Router>();
    view! {
        <Page title=tally::TITLE back=Screen::Home>
            <p>{home::NO_ROUND.get()}</p>
            <button
                type="button"
                class="button button-primary button-big"
                on:click=move |_| router.replace(Screen::StartRound)
            >
                {home::START_COUNTING.get()}
            </button>
        </Page>
    }
}
