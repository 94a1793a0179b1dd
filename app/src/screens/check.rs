//! Check.

use leptos::prelude::*;

/// Check.
#[component]
pub fn Check() -> impl IntoView {
    view! { <p>"Check"</p> }
}
