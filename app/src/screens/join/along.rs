//! Joining with a region of one: when it cannot be done yet, and the question whether its records go along.
//!
//! Not here: the invitation itself (`join`), and writing (`services::enrol`).

use super::Join;
use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::services::field::{Field, OwnRecords};
use crate::text::{Text, home, join, unlock};
use crate::view::prelude::*;

/// What stands in the way of a region of one that is to move on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Nothing.
    Free,
    /// It cannot read what it would take along.
    Locked,
    /// A round is open.
    InRound,
}

impl Way {
    /// As it is now, tracked.
    pub fn now(field: Field) -> Self {
        if field.round.with(Option::is_some) {
            Self::InRound
        } else if field.unlocked.get() {
            Self::Free
        } else {
            Self::Locked
        }
    }
}

/// Where what stands in the way is put out of it.
pub fn way_on(way: Way) -> Option<(Text, Screen)> {
    match way {
        Way::Free => None,
        Way::Locked => Some((home::UNLOCK, Screen::Unlock)),
        Way::InRound => Some((home::GO_ON_COUNTING, Screen::Tally)),
    }
}

/// Joining, on a device that has a book.
#[component]
pub fn WithBook() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let on_back = Callback::new(move |()| {
        let _ = field.take_invitation();
        router.replace(Screen::Home);
    });
    // Asked once: it is another when it was done.
    let taken = !field.is_alone();
    let asks = field.asks_to_join();
    let way = Memo::new(move |_| Way::now(field));
    move || match way.get() {
        _ if taken && asks => {
            let on = Some((unlock::AGAIN_TITLE, Screen::BeginAgain));
            stop(router, on_back, join::TAKEN_WAITING, on)
        }
        _ if taken => stop(router, on_back, join::TAKEN, None),
        Way::Free => view! { <Join on_back=on_back /> }.into_view(),
        Way::Locked => stop(router, on_back, join::LOCKED, way_on(Way::Locked)),
        Way::InRound => stop(router, on_back, join::IN_ROUND, way_on(Way::InRound)),
    }
}

/// Why not now, and where to go.
fn stop(router: Router, on_back: Callback<()>, why: Text, on: Option<(Text, Screen)>) -> View {
    let button = on.map(|(label, to)| {
        view! {
            <button
                type="button"
                class="button button-primary button-wide"
                on:click=move |_| router.go(to)
            >
                {label.get()}
            </button>
        }
    });
    view! {
        <Page title=join::TITLE on_back=on_back>
            <p>{why.get()}</p>
            {button}
        </Page>
    }
    .into_view()
}

/// What there is, in the words that people use.
fn what(own: OwnRecords) -> String {
    let seen = match own.seen {
        0 => None,
        1 => Some(join::ALONG_SEEN_ONE.get().to_owned()),
        seen => Some(join::ALONG_SEEN.with(&[("n", &seen)])),
    };
    let forms = match own.forms {
        0 => None,
        1 => Some(join::ALONG_FORM.get().to_owned()),
        forms => Some(join::ALONG_FORMS.with(&[("n", &forms)])),
    };
    match (seen, forms) {
        (Some(seen), Some(forms)) => join::ALONG_BOTH.with(&[("seen", &seen), ("forms", &forms)]),
        (Some(one), None) | (None, Some(one)) => join::ALONG_IS.with(&[("what", &one)]),
        (None, None) => join::ALONG_NOBODY.get().to_owned(),
    }
}

/// May what was recorded here go along? Nothing is chosen beforehand.
#[component]
pub fn Question(
    /// What there is.
    own: OwnRecords,
    /// What the region is called.
    region: String,
    along: RwSignal<Option<bool>>,
    missing: RwSignal<bool>,
) -> impl IntoView {
    let choices = [
        (true, join::ALONG_YES, join::ALONG_YES_WHAT),
        (false, join::ALONG_NO, join::ALONG_NO_WHAT),
    ];
    view! {
        <fieldset
            class="field"
            class:field-invalid=move || missing.get()
            aria-describedby="along-own along-error"
        >
            <legend>{join::ALONG.with(&[("region", &region)])}</legend>
            <p class="hint" id="along-own">{what(own)}</p>
            <p class="error" id="along-error" role="alert">
                {move || missing.get().then(|| join::ALONG_MISSING.get())}
            </p>
            <div class="choices">
                {choices
                    .map(|(choice, label, what)| {
                        view! {
                            <label class="choice">
                                <input
                                    type="radio"
                                    name="along"
                                    autocomplete="off"
                                    prop:checked=move || along.get() == Some(choice)
                                    on:change=move |_| along.set(Some(choice))
                                />
                                <span>
                                    {label.get()} <span class="hint">{what.get()}</span>
                                </span>
                            </label>
                        }
                    })}
            </div>
        </fieldset>
    }
}
