//! Trek in: a record no longer counts, for a reason, after a second button.
//!
//! Not here: taking back a tap of the open round (`tally`).

use crate::components::dialog::Dialog;
use crate::services::field::{Field, Listed};
use crate::text::{Text, detail};
use crate::view::prelude::*;
use veldpost_envelope::payload::reason;

/// Reasons of `docs/format.md`, in the order in which they are offered.
const REASONS: [(&str, Text); 5] = [
    (reason::DOUBLE, detail::DOUBLE),
    (reason::MISTAKE, detail::MISTAKE),
    (reason::ASKED_BY_PERSON, detail::ASKED_BY_PERSON),
    (reason::PRACTICE, detail::PRACTICE),
    (reason::OTHER, detail::OTHER),
];

/// The word for a reason; one that this version does not know counts as another.
pub fn reason_label(code: &str) -> Text {
    REASONS
        .iter()
        .find(|(known, _)| *known == code)
        .map_or(detail::OTHER, |(_, label)| *label)
}

/// The button and the question that comes first.
#[component]
pub fn Withdraw(listed: Listed) -> impl IntoView {
    let field = expect_context::<Field>();
    let open = RwSignal::new(false);
    let chosen = RwSignal::new(None::<&'static str>);
    let missing = RwSignal::new(false);
    let withdraw = move |()| match chosen.get_untracked() {
        Some(reason) => field.withdraw(listed.kind, listed.record, reason),
        None => {
            // The question stays open: its answer is not complete.
            open.set(true);
            missing.set(true);
        }
    };
    let ask = move |_| {
        chosen.set(None);
        missing.set(false);
        open.set(true);
    };
    let choices = move || {
        REASONS.map(|(code, label)| {
            view! {
                <label class="choice">
                    <input
                        type="radio"
                        name="reason"
                        autocomplete="off"
                        prop:checked=move || chosen.get() == Some(code)
                        on:change=move |_| {
                            chosen.set(Some(code));
                            missing.set(false);
                        }
                    />
                    <span>{label.get()}</span>
                </label>
            }
        })
    };
    view! {
        <button type="button" class="button button-danger button-wide" on:click=ask>
            {detail::WITHDRAW.get()}
        </button>
        <Dialog
            open=open
            title=detail::WITHDRAW_TITLE
            confirm=detail::WITHDRAW
            danger=true
            on_confirm=Callback::new(withdraw)
        >
            <p>{detail::WITHDRAW_WHAT.get()}</p>
            <fieldset class="field" aria-describedby="reason-error">
                <legend>{detail::REASON.get()}</legend>
                <p class="error" id="reason-error" role="alert">
                    {move || missing.get().then(|| detail::REASON_MISSING.get())}
                </p>
                <div class="choices">{choices()}</div>
            </fieldset>
        </Dialog>
    }
}
