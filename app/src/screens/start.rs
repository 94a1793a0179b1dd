//! Before there is a book: starting, the first time, another window, stuck.
//!
//! Not here: setting up a region of one (`set_up`).

use crate::browser::{clock, life};
use crate::components::page::Page;
use crate::later::{Later, Part, WayIn};
use crate::routes;
use crate::services::field::{Field, Trouble};
use crate::text::{common, start, trouble as words};
use crate::view::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// A start that takes longer than this says so; before, words would only flash past: milliseconds.
const SAY_SO: u32 = 250;

/// The moment before anything is known.
#[component]
pub fn Starting() -> impl IntoView {
    let long = RwSignal::new(false);
    spawn_local(async move {
        clock::pause(SAY_SO).await;
        long.try_set(true);
    });
    view! {
        <Show when=move || long.get()>
            <main id="inhoud" class="page page-still">
                <h1 tabindex="-1">{common::APP_NAME.get()}</h1>
                <p class="hint">{common::STARTING.get()}</p>
            </main>
        </Show>
    }
}

/// The first time: by an invitation, practice, alone on this device, or a region for others.
#[component]
pub fn Welcome() -> impl IntoView {
    let field = expect_context::<Field>();
    let later = expect_context::<Later>();
    // Who opened an invitation's link is asked about that first.
    let way = RwSignal::new(field.has_invitation().then_some(WayIn::Invitation));
    move || match way.get() {
        Some(chosen) => later.way_in(chosen, Callback::new(move |()| way.set(None))),
        None => view! { <FirstTime way=way /> }.into_view(),
    }
}

#[component]
fn FirstTime(way: RwSignal<Option<WayIn>>) -> impl IntoView {
    let later = expect_context::<Later>();
    let ways = [
        (WayIn::Invitation, start::INVITATION, start::INVITATION_WHAT),
        (WayIn::Alone, start::ALONE, start::ALONE_WHAT),
        (WayIn::Region, start::REGION, start::REGION_WHAT),
    ];
    view! {
        <Page title=start::WELCOME>
            <p>{start::INTRODUCTION.get()}</p>
            <section class="panel">
                <h2>{start::PRACTICE.get()}</h2>
                <p>{start::PRACTICE_WHAT.get()}</p>
                <a class="button button-wide" href=routes::practice_address()>
                    {start::PRACTICE.get()}
                </a>
            </section>
            {ways
                .map(|(chosen, title, what)| {
                    view! {
                        <section class="panel">
                            <h2>{title.get()}</h2>
                            <p>{what.get()}</p>
                            <button
                                type="button"
                                class="button button-primary button-wide"
                                on:click=move |_| way.set(Some(chosen))
                            >
                                {title.get()}
                            </button>
                        </section>
                    }
                })}
            <button
                type="button"
                class="button button-quiet button-wide"
                on:click=move |_| way.set(Some(WayIn::Recovery))
            >
                {start::RECOVER.get()}
            </button>
            // Below what is tapped: it comes a moment later.
            {later.part(|| Part::Left)}
            {later.part(|| Part::FirstLoad)}
            {later.part(|| Part::Languages)}
        </Page>
    }
}

/// Another window is the writer.
#[component]
pub fn Elsewhere() -> impl IntoView {
    let field = expect_context::<Field>();
    view! {
        <Page title=words::OTHER_WINDOW>
            <p>{words::OTHER_WINDOW_ADVICE.get()}</p>
            <button
                type="button"
                class="button button-primary button-big"
                on:click=move |_| field.go_on_here()
            >
                {words::GO_ON_HERE.get()}
            </button>
        </Page>
    }
}

/// The book cannot be opened: what is safe, and what to do.
#[component]
pub fn Stuck(trouble: Trouble) -> impl IntoView {
    let field = expect_context::<Field>();
    let anew = (trouble == Trouble::Missing).then(|| {
        view! {
            <button
                type="button"
                class="button button-quiet"
                on:click=move |_| field.begin_anew()
            >
                {words::BEGIN_ANEW.get()}
            </button>
        }
    });
    view! {
        <Page title=trouble.title()>
            <div class="banner banner-error" role="alert">
                <p>{trouble.advice().get()}</p>
            </div>
            <button type="button" class="button button-primary" on:click=|_| life::reload()>
                {words::RETRY.get()}
            </button>
            {anew}
        </Page>
    }
}
