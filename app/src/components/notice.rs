//! What went wrong last: what happened, what is safe, what to do.

use crate::browser::life;
use crate::services::field::Field;
use crate::text::{common, trouble};
use crate::view::prelude::*;

/// The banner of the last trouble; nothing when all is well.
#[component]
pub fn Notice() -> impl IntoView {
    let field = expect_context::<Field>();
    move || {
        let trouble = field.trouble.get()?;
        Some(view! {
            <div class="banner banner-error" role="alert">
                <h2 class="banner-title">{trouble.title().get()}</h2>
                <p>{trouble.advice().get()}</p>
                <div class="buttons">
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| field.understood()
                    >
                        {trouble::UNDERSTOOD.get()}
                    </button>
                </div>
            </div>
        })
    }
}

/// It locks in some seconds, and how to stay; nothing else of the time. It is said aloud by whoever sets it.
#[component]
pub fn LocksSoon() -> impl IntoView {
    let field = expect_context::<Field>();
    let stay = move |_| {
        field.stay();
        // The button had the focus.
        request_animation_frame(|| life::focus_if_lost("h1"));
    };
    view! {
        <Show when=move || field.locks_soon.get()>
            <div class="banner banner-warning locks-soon">
                <p>{common::LOCKS_SOON.get()}</p>
                <div class="buttons">
                    <button type="button" class="button" on:click=stay>
                        {common::STAY.get()}
                    </button>
                </div>
            </div>
        </Show>
    }
}
