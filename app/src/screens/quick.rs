//! Quick.

use leptos::prelude::*;

/// Quick.
#[component]
pub fn Quick() -> impl IntoView {
    view! { <p>"Quick"</p> }
}
