//! Records.

use leptos::prelude::*;

/// Records.
#[component]
pub fn Records() -> impl IntoView {
    view! { <p>"Records"</p> }
}
