//! Unlocking: the passphrase is for reading only. Pasting is fine, and so is a password manager.
//!
//! Not here: what to do when it is lost (`code`).

pub mod begin_again;
pub mod code;

use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::services::field::{Field, Mode, UnlockProblem};
use crate::text::{home, records, unlock};
use crate::view::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Asks for the passphrase.
#[component]
pub fn Unlock() -> View {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let input = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let submit = move |event: Event| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let passphrase = input.get().map_or_else(String::new, |input| {
            let typed = input.value();
            input.set_value("");
            typed
        });
        let passphrase = zeroize::Zeroizing::new(passphrase);
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let outcome = field.unlock(&passphrase).await;
            busy.set(false);
            match outcome {
                Ok(_) => router.leave(),
                Err(why) => problem.set(Some(words(why))),
            }
        });
    };
    if field.reads_nothing() {
        return view! {
            <Page title=home::UNLOCK back=Screen::Home>
                <p>{records::LOCKED_OUT.get()}</p>
            </Page>
        }
        .into_view();
    }
    view! {
        <Page title=home::UNLOCK back=Screen::Home>
            <p>{unlock::WHAT.get()}</p>
            <form class="stack" autocomplete="off" on:submit=submit>
                <Show when=move || field.mode == Mode::Real>
                    <div class="field" class:field-invalid=move || problem.get().is_some()>
                        <label class="label" for="passphrase">{unlock::PASSPHRASE.get()}</label>
                        <p class="hint" id="passphrase-hint">{unlock::HINT.get()}</p>
                        <p class="error" id="passphrase-error" role="alert">
                            {move || problem.get()}
                        </p>
                        <input
                            node_ref=input
                            class="input"
                            id="passphrase"
                            type="password"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            aria-describedby="passphrase-hint passphrase-error"
                            aria-invalid=move || problem.get().is_some().to_string()
                        />
                    </div>
                </Show>
                <button type="submit" class="button button-primary button-big">
                    {move || {
                        if busy.get() { unlock::BUSY.get() } else { unlock::OPEN.get() }
                    }}
                </button>
            </form>
            <Show when=move || field.mode == Mode::Real>
                // In the place of this screen: the one that led here is where unlocking ends.
                <button
                    type="button"
                    class="button button-quiet"
                    on:click=move |_| router.replace(Screen::UnlockByCode)
                >
                    {unlock::LOST.get()}
                </button>
            </Show>
            {field
                .may_begin_again()
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button button-quiet"
                            on:click=move |_| router.replace(Screen::BeginAgain)
                        >
                            {unlock::FORGOTTEN.get()}
                        </button>
                    }
                })}
        </Page>
    }
    .into_view()
}

fn words(problem: UnlockProblem) -> String {
    let seconds = |wait: i64| (wait + 999) / 1000;
    match problem {
        UnlockProblem::Wrong { wait: 0 } => unlock::WRONG.get().to_owned(),
        UnlockProblem::Wrong { wait } => unlock::WRONG_WAIT.with(&[("n", &seconds(wait))]),
        UnlockProblem::TooSoon { wait } => unlock::TOO_SOON.with(&[("n", &seconds(wait))]),
        UnlockProblem::Memory => unlock::MEMORY.get().to_owned(),
        UnlockProblem::Refused => unlock::REFUSED.get().to_owned(),
    }
}
