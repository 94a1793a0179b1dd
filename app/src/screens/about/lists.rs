//! Count date, organisations and areas, changed after set-up.

use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::screens::region::problem_words;
use crate::screens::set_up::ListsForm;
use crate::services::announcer::Announcer;
use crate::services::field::Field;
use crate::services::post::{OfficeProblem, Post};
use crate::text::{about, common};
use crate::view::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The lists; only for who may read.
#[component]
pub fn CountLists() -> impl IntoView {
    let field = expect_context::<Field>();
    let open = Memo::new(move |_| field.unlocked.get());
    let before = before(expect_context::<Router>());
    view! {
        <Page title=about::COUNT_LISTS back=before>
            <Notice />
            {move || {
                if open.get() {
                    view! { <Form before=before /> }.into_view()
                } else {
                    Locked().into_view()
                }
            }}
        </Page>
    }
}

/// Two screens lead here. Who unlocked in between came from here itself, and goes to the one that everybody has.
fn before(router: Router) -> Screen {
    match router.from() {
        Screen::Region => Screen::Region,
        _ => Screen::About,
    }
}

#[component]
fn Locked() -> impl IntoView {
    let router = expect_context::<Router>();
    view! {
        <p>{about::LISTS_LOCKED.get()}</p>
        <button
            type="button"
            class="button button-primary"
            on:click=move |_| router.go(Screen::Unlock)
        >
            {about::UNLOCK.get()}
        </button>
    }
}

#[component]
fn Form(
    /// Where to go on afterwards.
    before: Screen,
) -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let announcer = expect_context::<Announcer>();
    let post = expect_context::<Post>();
    let refused = RwSignal::new(None::<OfficeProblem>);
    let shared = field
        .book()
        .is_some_and(|book| book.membership().is_shared());
    let keep = Callback::new(move |settings| {
        spawn_local(async move {
            let kept = if shared {
                let published = post.publish_lists(settings).await;
                refused.try_set(published.clone().err());
                published.is_ok()
            } else {
                field.keep_settings(settings).await
            };
            if kept {
                router.replace(before);
                announcer.say_now(about::LISTS_SAVED.get().to_owned());
            }
        });
    });
    let earlier = field.book().map(|book| book.settings());
    earlier.map(|earlier| {
        view! {
            <p class="hint">{about::LISTS_KEPT.get()}</p>
            {move || {
                refused
                    .get()
                    .map(|problem| {
                        view! {
                            <div class="banner banner-error" role="alert">
                                <p>{problem_words(&problem)}</p>
                            </div>
                        }
                    })
            }}
            <ListsForm
                earlier=earlier
                in_use=true
                confirm=about::SAVE
                leave=common::CANCEL
                on_done=keep
                on_leave=Callback::new(move |()| router.replace(before))
            />
        }
    })
}
