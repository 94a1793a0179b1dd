//! Preferences.

use leptos::prelude::*;

/// Preferences.
#[component]
pub fn Preferences() -> impl IntoView {
    view! { <p>"Preferences"</p> }
}
