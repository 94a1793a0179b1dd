//! What went wrong last: what happened, what is safe, what to do.

use crate::services::field::Field;
use crate::text::trouble;
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
                        on:click=move |_| field.trouble.set(None)
                    >
                        {trouble::UNDERSTOOD.get()}
                    </button>
                </div>
            </div>
        })
    }
}
