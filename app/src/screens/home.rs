//! Start: the open draft and the open round first, then the ways in.

use crate::browser::{clock, life};
use crate::components::dialog::Dialog;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::row::Row;
use crate::later::{Later, Part};
use crate::routes::{self, Router, Screen};
use crate::screens::records;
use crate::services::field::{Counting, DraftView, Field, Mode, Purpose, Stand};
use crate::services::post::Post;
use crate::text::{Text, common, home, start, tally};
use crate::view::prelude::*;

/// Where a person lands.
#[component]
pub fn Home() -> impl IntoView {
    let field = expect_context::<Field>();
    let later = expect_context::<Later>();
    let post = expect_context::<Post>();
    let stand = Memo::new(move |_| {
        post.moved.track();
        field.stand()
    });
    // By a memo: buttons that are made anew while a finger is on them take no tap.
    let counting = Memo::new(move |_| field.round.with(Option::is_some));
    view! {
        <Page title=home::TITLE>
            <Notice />
            {stand
                .with_untracked(|stand| stand.shared)
                .then(|| {
                    view! { <div class=move || room(stand.get())>{later.part(|| Part::Post)}</div> }
                })}
            <Drafts />
            {move || ways(field, stand.get(), counting.get())}
            <nav aria-label=home::MORE.get()>
                <ul class="rows">{move || rows(field, stand.get())}</ul>
            </nav>
            {move || stand.get().desk.then(|| later.part(|| Part::Today))}
            // What comes a moment later than the rest must not move what is tapped meanwhile, and what is tapped most stands
            // highest.
            {later.part(|| Part::Left)}
            {later.part(|| Part::News)}
            // A desk has an ordinary browser, and what was entered there does not stay.
            {move || (!stand.get().desk).then(|| later.part(|| Part::Keep))}
        </Page>
    }
}

/// The room that is kept for what the post says, before it says anything.
fn room(stand: Stand) -> String {
    let banner = stand.counting != Counting::Now;
    let panel = match (stand.waits, stand.reads_nothing) {
        (false, _) => "",
        (true, true) => " room-panel",
        (true, false) => " room-words",
    };
    let banner = if banner { " room-banner" } else { "" };
    format!("stack room{banner}{panel}")
}

/// What can be begun here now.
fn ways(field: Field, stand: Stand, counting: bool) -> View {
    let router = expect_context::<Router>();
    let form = move |screen| move |_: Event| field.open_form(Purpose::New, screen);
    let (start, target) = if counting {
        (home::GO_ON_COUNTING, Screen::Tally)
    } else {
        (home::START_COUNTING, Screen::StartRound)
    };
    let round = !stand.desk && (counting || stand.may_begin());
    let round = round.then(|| {
        way(start, "button button-primary button-big", move |_| {
            router.go(target)
        })
    });
    let single = stand.may_add() && !stand.desk;
    let single = single.then(|| {
        [
            way(home::NEW_RECORD, "button button-big", form(Screen::Record)),
            way(home::QUICK, "button button-big", form(Screen::Quick)),
        ]
    });
    let desk = (stand.desk && stand.may_add()).then(|| {
        let next = form(Screen::Desk);
        [
            way(home::NEXT_PERSON, "button button-primary button-big", next),
            way(home::NOBODY, "button button-big", move |_| {
                router.go(Screen::Nobody)
            }),
        ]
    });
    let practice = (stand.counting == Counting::NotYet).then(|| {
        view! {
            <a class="button button-primary button-big" href=routes::practice_address()>
                {home::PRACTISE.get()}
            </a>
        }
    });
    view! { <div class="stack">{practice} {round} {single} {desk}</div> }.into_view()
}

fn way(words: Text, class: &'static str, act: impl Fn(Event) + 'static) -> View {
    view! {
        <button type="button" class=class on:click=act>
            {words.get()}
        </button>
    }
    .into_view()
}

fn rows(field: Field, stand: Stand) -> View {
    // Who was removed reads nothing here any more: its keys are gone.
    let reads = !stand.reads_nothing && stand.counting != Counting::Removed;
    let tables = field.mode != Mode::Practice && stand.has_tables();
    view! {
        {reads.then(LockRow)}
        <Row to=Screen::Records label=records::title(field) />
        {tables.then(|| view! { <Row to=Screen::Tables label=home::TABLES /> })}
        {stand.coordinates.then(|| view! { <Row to=Screen::Region label=home::REGION /> })}
        {(!stand.desk && stand.may_add())
            .then(|| view! { <Row to=Screen::Nobody label=home::NOBODY /> })}
        {(!stand.desk).then(|| view! { <Row to=Screen::PaperSheet label=home::PAPER /> })}
        {field.is_alone().then(|| view! { <Row to=Screen::Join label=start::INVITATION /> })}
        <Row to=Screen::About label=home::ABOUT />
        <Row to=Screen::Preferences label=home::PREFERENCES />
        <Row to=Screen::Help label=home::HELP />
    }
    .into_view()
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
        <For each=move || field.drafts.get() key=|draft| (draft.record, draft.open, draft.kept) let:draft>
            <Draft draft=draft />
        </For>
    }
}

#[component]
fn Draft(draft: DraftView) -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let asking = RwSignal::new(false);
    let opens = draft.open;
    // Without a passphrase there is nothing to unlock with: one that is damaged can only be thrown away.
    let alone = field.reads_nothing();
    let time = clock::time_of_day(draft.at);
    let discard = Callback::new(move |()| {
        field.discard_draft(draft.record);
        // What had the focus goes with the draft.
        request_animation_frame(|| life::focus_first("h1"));
    });
    let go_on = move |_| {
        if opens {
            field.open_form(Purpose::Resume(draft.record), Screen::Record);
        } else {
            router.go(Screen::Unlock);
        }
    };
    let label = if opens {
        common::GO_ON
    } else {
        home::UNLOCK_TO_GO_ON
    };
    view! {
        <section class="panel">
            <h2>{home::DRAFT.get()}</h2>
            <p>{home::DRAFT_OF.with(&[("time", &time)])}</p>
            {(!draft.kept).then(|| view! { <p class="error">{home::DRAFT_NOT_KEPT.get()}</p> })}
            {alone.then(|| view! { <p class="hint">{home::DRAFT_GOES.get()}</p> })}
            <div class="buttons buttons-even">
                {(opens || !alone)
                    .then(|| {
                        view! {
                            <button type="button" class="button button-primary" on:click=go_on>
                                {label.get()}
                            </button>
                        }
                    })}
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
