//! A row that leads to another screen.

use crate::routes::{Router, Screen};
use crate::text::Text;
use crate::view::prelude::*;

/// An item of a `.rows` list.
#[component]
pub fn Row(to: Screen, label: Text) -> impl IntoView {
    let router = expect_context::<Router>();
    view! {
        <li>
            <button type="button" class="row" on:click=move |_| router.go(to)>
                <span class="row-main">{label.get()}</span>
            </button>
        </li>
    }
}
