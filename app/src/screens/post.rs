//! One honest line of where the records are, and what a device that joined still waits for.

use crate::browser::clock;
use crate::components::notice::Notice;
use crate::screens::join::{problem_label, remedy_label};
use crate::services::field::Field;
use crate::services::post::{Joining, Post};
use crate::text::{common, post};
use crate::view::prelude::*;
use veldpost_sync::Summary;

/// On the first screen; nothing in a region of one.
#[component]
pub fn PostLine() -> impl IntoView {
    let post = expect_context::<Post>();
    view! {
        {move || post.summary.get().map(|summary| view! { <p class="hint" role="status">{line(&summary)}</p> })}
        <JoinState />
    }
}

/// What is still on this device alone, what is on its way, what was received.
pub fn line(summary: &Summary) -> String {
    let time = summary.heard.map(clock::time_of_day).unwrap_or_default();
    let here = summary.kept;
    if summary.attention > 0 {
        return count(summary.attention, post::ATTENTION_ONE, post::ATTENTION);
    }
    match (here, summary.handed_over, summary.heard) {
        (0, 0, None) => post::NOTHING_YET.get().to_owned(),
        (0, 0, Some(_)) => post::ALL_RECEIVED.with(&[("time", &time)]),
        (0, over, _) => count(over, post::OVER_ONE, post::OVER),
        (here, _, None) => count(here, post::HERE_ONE, post::HERE),
        (here, _, Some(_)) => count(here, post::SENDING_ONE, post::SENDING),
    }
}

fn count(number: usize, one: crate::text::Text, many: crate::text::Text) -> String {
    if number == 1 {
        one.get().to_owned()
    } else {
        many.with(&[("n", &number)])
    }
}

#[component]
fn JoinState() -> impl IntoView {
    let post = expect_context::<Post>();
    let field = expect_context::<Field>();
    move || {
        let joining = post.joining.get()?;
        Some(match joining {
            Joining::Sending => {
                view! { <p class="hint">{post::JOIN_SENDING.get()}</p> }.into_view()
            }
            Joining::Waiting {
                words,
                frozen: false,
            } => view! {
                <section class="panel">
                    <h2>{post::WAITING_TITLE.get()}</h2>
                    <p>{post::WAITING.get()}</p>
                    {words
                        .map(|words| {
                            view! {
                                <p>{post::SIX_WORDS.get()}</p>
                                <ol class="words">
                                    {words.map(|word| view! { <li>{word}</li> })}
                                </ol>
                            }
                        })}
                </section>
            }
            .into_view(),
            Joining::Waiting { .. } => view! {
                <div class="banner banner-error" role="alert">
                    <p class="banner-title">{post::FROZEN_TITLE.get()}</p>
                    <p>{post::FROZEN.get()}</p>
                </div>
            }
            .into_view(),
            Joining::Failed(problem) => view! {
                <div class="banner banner-error" role="alert">
                    <p class="banner-title">{problem_label(problem).get()}</p>
                    <p>{remedy_label(problem.remedy()).get()}</p>
                    <p>{post::STILL_HERE.get()}</p>
                </div>
            }
            .into_view(),
        })
    }
}
