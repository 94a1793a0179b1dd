//! StopRound.

use leptos::prelude::*;

/// StopRound.
#[component]
pub fn StopRound() -> impl IntoView {
    view! { <p>"StopRound"</p> }
}
