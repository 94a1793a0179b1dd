//! Tables.

use leptos::prelude::*;

/// Tables.
#[component]
pub fn Tables() -> impl IntoView {
    view! { <p>"Tables"</p> }
}
