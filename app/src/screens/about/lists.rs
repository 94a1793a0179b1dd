//! Count date, organisations and areas, changed after set-up; in a region also what it and its coordinator are called.

use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::screens::region::{Desk, Outcome};
use crate::screens::set_up::{ListsForm, Names};
use crate::services::announcer::Announcer;
use crate::services::field::Field;
use crate::text::{about, common};
use crate::view::prelude::*;
use veldpost_journal::rows::Settings;
use wasm_bindgen_futures::spawn_local;

/// The lists; only for who may read.
#[component]
pub fn CountLists() -> impl IntoView {
    let field = expect_context::<Field>();
    let open = Memo::new(move |_| field.unlocked.get());
    let before = before(expect_context::<Router>());
    let shared = field.membership().is_some_and(|it| it.is_shared());
    let title = if shared {
        about::COUNT_LISTS_NAMES
    } else {
        about::COUNT_LISTS
    };
    view! {
        <Page title=title back=before>
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
    let desk = Desk::open();
    let shared = field.membership().is_some_and(|it| it.is_shared());
    let here = StoredValue::new(());
    let kept = move || {
        // Who went elsewhere meanwhile stays there.
        if here.try_get_value().is_some() {
            router.replace(before);
        }
        announcer.say_now(about::LISTS_SAVED.get().to_owned());
    };
    let earlier = field.book().map(|book| book.settings());
    let before_names = earlier
        .as_ref()
        .map(|earlier| (earlier.region.clone(), earlier.own_name.clone()));
    let names = StoredValue::new(before_names.unwrap_or_default());
    let was = StoredValue::new(earlier.clone());
    let keep = Callback::new(move |mut settings: Settings| {
        if shared {
            // Another coordinator may have changed a name since this was opened: what is as it was is not said anew.
            let (region, own) = names.get_value();
            settings
                .region
                .take_if(|name| Some(&*name) == region.as_ref());
            settings
                .own_name
                .take_if(|name| Some(&*name) == own.as_ref());
            let Some(was) = was.get_value() else { return };
            desk.act(about::LISTS_SAVED, async move {
                desk.post.publish_lists(settings, was).await?;
                kept();
                Ok(())
            });
        } else {
            spawn_local(async move {
                if field.keep_settings(settings).await {
                    kept();
                }
            });
        }
    });
    earlier.map(|earlier| {
        view! {
            <p class="hint">{about::LISTS_KEPT.get()}</p>
            <Outcome desk=desk />
            <ListsForm
                earlier=earlier
                in_use=true
                names=if shared { Names::Changed } else { Names::None }
                confirm=about::SAVE
                leave=common::CANCEL
                on_done=keep
                on_leave=Callback::new(move |()| router.replace(before))
            />
        }
    })
}
