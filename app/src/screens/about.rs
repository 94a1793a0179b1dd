//! About.

use leptos::prelude::*;

/// About.
#[component]
pub fn About() -> impl IntoView {
    view! { <p>"About"</p> }
}
