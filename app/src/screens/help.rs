//! Help.

use leptos::prelude::*;

/// Help.
#[component]
pub fn Help() -> impl IntoView {
    view! { <p>"Help"</p> }
}
