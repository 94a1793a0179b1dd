//! PaperSheet.

use leptos::prelude::*;

/// PaperSheet.
#[component]
pub fn PaperSheet() -> impl IntoView {
    view! { <p>"PaperSheet"</p> }
}
