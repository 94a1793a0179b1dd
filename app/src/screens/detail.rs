//! Detail.

use leptos::prelude::*;

/// Detail.
#[component]
pub fn Detail() -> impl IntoView {
    view! { <p>"Detail"</p> }
}
