//! News of the app itself: a newer version waits, it was updated, it works without a network now.
//!
//! Shown where a person stands still (Start, Over dit toestel, the first visit); never over a form
//! or above tiles.

use crate::screens::about::offline_words;
use crate::services::field::Field;
use crate::services::update::{Offline, Updates};
use crate::text::update;
use crate::view::prelude::*;

/// "Er is een nieuwe versie", with the choice of when.
#[component]
pub fn UpdateBanner() -> impl IntoView {
    let updates = expect_context::<Updates>();
    let field = expect_context::<Field>();
    let shown = move || updates.waiting.get() && !updates.put_off.get();
    let counting = move || field.round.with(Option::is_some);
    let put_off = move || {
        if counting() {
            update::AFTER_ROUND
        } else {
            update::LATER
        }
        .get()
    };
    view! {
        <Show when=shown>
                <div class="banner" role="status">
                    <p class="banner-title">{update::WAITING.get()}</p>
                    <p>{update::WAITING_WHAT.get()}</p>
                    <div class="buttons">
                        <button
                            type="button"
                            class="button button-primary"
                            on:click=move |_| updates.apply()
                        >
                            {update::NOW.get()}
                        </button>
                        <button
                            type="button"
                            class="button"
                            on:click=move |_| updates.put_off.set(true)
                        >
                            {put_off}
                        </button>
                    </div>
                </div>
            </Show>
    }
}

/// "De app is vernieuwd", until this screen is left.
#[component]
pub fn UpdatedNote() -> impl IntoView {
    let updates = expect_context::<Updates>();
    on_cleanup(move || updates.updated.set(false));
    view! {
        <Show when=move || updates.updated.get()>
            <p class="banner banner-ok" role="status">{update::UPDATED.get()}</p>
        </Show>
    }
}

/// On a first visit: how far the app has come with working offline.
#[component]
pub fn FirstLoad() -> impl IntoView {
    let updates = expect_context::<Updates>();
    updates.first_visit.then(|| {
        let news = move || updates.offline.get() != Offline::Unknown;
        let class = move || match updates.offline.get() {
            Offline::Ready => "banner banner-ok",
            Offline::Missing(_) | Offline::Unable => "banner banner-warning",
            Offline::Unknown | Offline::Busy { .. } => "banner",
        };
        view! {
            <Show when=news>
                <p class=class role="status">{move || offline_words(updates.offline.get())}</p>
            </Show>
        }
    })
}
