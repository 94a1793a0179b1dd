//! What is wrong, in words: at the question, and in a summary above the page.

use crate::text::{common, record};
use crate::view::prelude::*;
use veldpost_forms::session::{Key, Problem, Reason};

/// The form's words for a problem, or ours where it has none.
pub fn problem_words(problem: &Problem) -> String {
    if !problem.message.is_empty() {
        return problem.message.clone();
    }
    let words = match problem.reason {
        Reason::Required => record::REQUIRED_ANSWER,
        Reason::Constraint => record::NOT_ALLOWED,
        Reason::NotANumber => record::NOT_A_NUMBER,
        Reason::NotADate => record::NOT_A_DATE,
        Reason::NotAChoice => record::NOT_A_CHOICE,
        Reason::NotAPlace => record::NOT_A_PLACE,
        Reason::TooLong(kept) => return record::TOO_LONG.with(&[("n", &kept)]),
    };
    words.get().to_owned()
}

/// The summary above a page: its heading gets the focus, each line leads to its question.
#[component]
pub fn Summary(
    /// Each problem with the label of its question.
    problems: Memo<Vec<(Problem, String)>>,
    /// Leads to the question.
    on_pick: Callback<(Key, String)>,
) -> impl IntoView {
    move || {
        let lines = problems.get();
        (!lines.is_empty()).then(|| {
            view! {
                <div class="error-summary" role="alert" aria-labelledby="problems">
                    <h2 id="problems" tabindex="-1">
                        {common::MISSING.get()}
                    </h2>
                    <ul>
                        {lines
                            .into_iter()
                            .map(|(problem, label)| line(problem, label, on_pick))
                            .collect_view()}
                    </ul>
                </div>
            }
        })
    }
}

fn line(problem: Problem, label: String, on_pick: Callback<(Key, String)>) -> impl IntoView {
    let words = problem_words(&problem);
    // The form's own words say what they are about; ours do not.
    let words = if problem.message.is_empty() {
        format!("{label}: {words}")
    } else {
        words
    };
    let Problem { key, path, .. } = problem;
    view! {
        <li>
            <a
                href=format!("#q{}", key.number())
                on:click=move |event| {
                    event.prevent_default();
                    on_pick.run((key, path.clone()));
                }
            >
                {words}
            </a>
        </li>
    }
}
