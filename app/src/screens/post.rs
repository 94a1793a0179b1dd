//! One honest line of where the records are, and what a device that joined still waits for.

use crate::browser::clock;
use crate::routes::{Router, Screen};
use crate::screens::join::{problem_label, remedy_label};
use crate::services::field::{Counting, Field};
use crate::services::post::{Joining, Post};
use crate::text::{Text, post, trouble, unlock};
use crate::view::prelude::*;
use veldpost_envelope::Purpose;
use veldpost_envelope::wire::{Code, Standing as Taken};
use veldpost_sync::{Notice, Summary};

/// On the first screen; nothing in a region of one.
#[component]
pub fn PostLine() -> impl IntoView {
    let field = expect_context::<Field>();
    let post = expect_context::<Post>();
    view! {
        {move || {
            let asks = post.joining.with(Option::is_some);
            let summary = post.summary.get().filter(|summary| !asks || holds_any(summary))?;
            let coordinates = field.membership().is_some_and(|it| it.coordinates(Purpose::Count));
            Some(view! { <p class="hint" role="status">{line(&summary, coordinates)}</p> })
        }}
        {move || {
            post.moved.track();
            field.commits.track();
            let waits = !field.unlocked.get() && post.lists_wait();
            waits.then(|| view! { <p class="hint">{post::LISTS_WAIT.get()}</p> })
        }}
        <Standing />
        <Notices />
        <JoinState />
    }
}

/// Whoever waits to be let in and entered nothing has nothing that could be received.
const fn holds_any(summary: &Summary) -> bool {
    summary.kept + summary.handed_over + summary.attention > 0
}

/// What waits in books that were left; nothing where there is none.
#[component]
pub fn LeftLine() -> impl IntoView {
    let post = expect_context::<Post>();
    move || {
        let waits = post.left.with(|left| left.iter().sum::<usize>());
        (waits > 0).then(|| {
            let words = count(waits, post::LEFT_ONE, post::LEFT);
            view! { <p class="hint" role="status">{words}</p> }
        })
    }
}

/// Before the count there is nothing that a device could enter already.
fn waiting(practises: bool) -> Text {
    if practises {
        post::WAITING_FIRST
    } else {
        post::WAITING
    }
}

/// What is still on this device alone, what is on its way, what was received. What a coordinator says is sent as records are.
fn line(summary: &Summary, coordinates: bool) -> String {
    let mut said = to_look_at(summary);
    if said.is_empty() || summary.kept + summary.handed_over > 0 {
        said.push(under_way(summary, coordinates));
    }
    said.join(" ")
}

/// What a person is to look at, each with how many it is of.
fn to_look_at(summary: &Summary) -> Vec<String> {
    // Set apart until somebody admits the device, which a person there need not look at.
    let (apart_one, apart) = match summary.standing {
        Taken::Joined => (post::ATTENTION_JOINED_ONE, post::ATTENTION_JOINED),
        _ => (post::APART_ONE, post::APART),
    };
    let lines = [
        (summary.apart, apart_one, apart),
        (
            summary.not_taken,
            post::NOT_ACCEPTED_ONE,
            post::NOT_ACCEPTED,
        ),
        (summary.conflicts, post::CONFLICT_ONE, post::CONFLICT),
        (summary.unreadable, post::UNREADABLE_ONE, post::UNREADABLE),
    ];
    let lines = lines.into_iter().filter(|(number, ..)| *number > 0);
    lines
        .map(|(number, one, many)| count(number, one, many))
        .collect()
}

fn under_way(summary: &Summary, coordinates: bool) -> String {
    let time = summary.heard.map(clock::time_of_day).unwrap_or_default();
    let here = summary.kept;
    let [over_words, here_words, sending_words] = if coordinates {
        [
            (post::OVER_OWN_ONE, post::OVER_OWN),
            (post::HERE_OWN_ONE, post::HERE_OWN),
            (post::SENDING_OWN_ONE, post::SENDING_OWN),
        ]
    } else {
        [
            (post::OVER_ONE, post::OVER),
            (post::HERE_ONE, post::HERE),
            (post::SENDING_ONE, post::SENDING),
        ]
    };
    let said = |number, (one, many)| count(number, one, many);
    let connected = summary.heard.is_some() && summary.reached;
    match (here, summary.handed_over, summary.heard) {
        (0, 0, None) => post::NOTHING_YET.get().to_owned(),
        (0, 0, Some(_)) if !summary.wrote => post::NOTHING_TO_SEND.with(&[("time", &time)]),
        (0, 0, Some(_)) => post::ALL_RECEIVED.with(&[("time", &time)]),
        (0, over, _) => said(over, over_words),
        (here, ..) if connected => said(here, sending_words),
        (here, ..) => said(here, here_words),
    }
}

fn count(number: usize, one: Text, many: Text) -> String {
    if number == 1 {
        one.get().to_owned()
    } else {
        many.with(&[("n", &number)])
    }
}

/// What a person is to know of the post, and has not waved away. None of it loses anything.
#[component]
fn Notices() -> impl IntoView {
    let post = expect_context::<Post>();
    move || {
        let notices = post.notices.get();
        let shown: Vec<_> = notices
            .iter()
            .filter_map(|notice| Some((*notice, notice_words(notice)?)))
            .collect();
        shown
            .into_iter()
            .map(|(notice, words)| {
                view! {
                    <div class="banner banner-warning" role="status">
                        <p>{words.get()}</p>
                        <div class="buttons">
                            <button
                                type="button"
                                class="button"
                                on:click=move |_| {
                                    post.notices.update(|all| all.retain(|one| *one != notice));
                                }
                            >
                                {trouble::UNDERSTOOD.get()}
                            </button>
                        </div>
                    </div>
                }
            })
            .collect_view()
    }
}

/// None for what is shown otherwise, or passes by itself.
fn notice_words(notice: &Notice) -> Option<Text> {
    Some(match notice {
        Notice::RestoredDevice(_) => post::RESTORED,
        Notice::Fork(_) => post::FORK,
        Notice::ReceiptLower(_)
        | Notice::CheckpointFork
        | Notice::ObjectRefused
        | Notice::RunRefused => post::NOT_TAKEN,
        Notice::RosterBroken | Notice::RosterFork => post::ROSTER_BROKEN,
        Notice::UpdateNeeded => post::UPDATE_NEEDED,
        Notice::NotWritten => post::NOT_WRITTEN,
        Notice::Refused(code) => match code {
            // A device that waits to be admitted is told so already.
            Code::UnknownDevice | Code::NotAdmitted | Code::Removed | Code::Founding => {
                return None;
            }
            _ => post::REFUSED,
        },
        _ => return None,
    })
}

/// Whether the count has begun, is over, or goes on without this device.
#[component]
fn Standing() -> impl IntoView {
    let post = expect_context::<Post>();
    let field = expect_context::<Field>();
    let counting = Memo::new(move |_| {
        post.moved.track();
        field.stand().counting
    });
    move || {
        let (class, title, what) = match counting.get() {
            Counting::Now => return None,
            Counting::NotYet => ("banner", post::NOT_YET_TITLE, post::NOT_YET),
            Counting::Grace => ("banner", post::GRACE_TITLE, post::GRACE),
            Counting::Over => ("banner banner-warning", post::OVER_TITLE, post::OVER_WHAT),
            Counting::Removed => ("banner banner-warning", post::REMOVED_TITLE, post::REMOVED),
        };
        Some(view! {
            <div class=class role="status">
                <p class="banner-title">{title.get()}</p>
                <p>{what.get()}</p>
            </div>
        })
    }
}

#[component]
fn JoinState() -> impl IntoView {
    let router = expect_context::<Router>();
    let post = expect_context::<Post>();
    let field = expect_context::<Field>();
    let practises = Memo::new(move |_| {
        post.moved.track();
        field.stand().counting == Counting::NotYet
    });
    move || {
        let joining = post.joining.get()?;
        let practises = practises.get();
        Some(match joining {
            Joining::Sending => {
                let words = if practises {
                    post::JOIN_SENDING_FIRST
                } else {
                    post::JOIN_SENDING
                };
                view! { <p class="hint" role="status">{words.get()}</p> }.into_view()
            }
            Joining::Waiting {
                words,
                frozen: false,
            } => view! {
                <section class="panel">
                    <h2>{post::WAITING_TITLE.get()}</h2>
                    <p>{waiting(practises).get()}</p>
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
                    <div class="buttons">
                        <button
                            type="button"
                            class="button"
                            on:click=move |_| router.go(Screen::BeginAgain)
                        >
                            {unlock::AGAIN_TITLE.get()}
                        </button>
                    </div>
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
