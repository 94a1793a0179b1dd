//! What is wrong in a form of ours: a summary above it, and words at each field.
//!
//! Not here: a questionnaire's (`question::problems`).

use crate::text::Text;
use crate::view::prelude::*;

/// The summary above the form: every line leads to its field.
#[component]
pub fn Problems(
    /// What they have in common.
    title: Text,
    /// The id of a field, and what is wrong there.
    problems: RwSignal<Vec<(&'static str, String)>>,
) -> impl IntoView {
    move || {
        let found = problems.get();
        (!found.is_empty()).then(|| {
            view! {
                <div class="error-summary">
                    <h2 tabindex="-1">{title.get()}</h2>
                    <ul>
                        {found
                            .into_iter()
                            .map(|(id, words)| view! { <li><a href=format!("#{id}")>{words}</a></li> })
                            .collect_view()}
                    </ul>
                </div>
            }
        })
    }
}

/// What is wrong at one field; nothing when it is right.
#[component]
pub fn FieldError(
    /// As above the form.
    problems: RwSignal<Vec<(&'static str, String)>>,
    /// The field's.
    id: &'static str,
) -> impl IntoView {
    let words = move || {
        problems.with(|all| {
            all.iter()
                .find(|(field, _)| *field == id)
                .map(|(_, words)| words.clone())
        })
    };
    view! {
        <p class="error" id=format!("{id}-error") hidden=move || words().is_none()>
            {words}
        </p>
    }
}
