//! Record.

use leptos::prelude::*;

/// Record.
#[component]
pub fn Record() -> impl IntoView {
    view! { <p>"Record"</p> }
}
