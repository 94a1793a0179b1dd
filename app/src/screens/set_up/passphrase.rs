//! The passphrase for reading: five words, or an own phrase; typed again to prove it.

use super::{Draft, Step};
use crate::components::page::Page;
use crate::services::field::{Browser, Field};
use crate::text::{Text, common, set_up};
use crate::view::prelude::*;
use veldpost_envelope::unlock::{KdfParams, PassphraseProblem, problems};
use veldpost_envelope::{RandomBytes, UnlockSecret, words};
use veldpost_journal::Outside;
use wasm_bindgen_futures::spawn_local;

struct Rng;

impl RandomBytes for Rng {
    fn fill(&mut self, bytes: &mut [u8]) {
        Browser.random(bytes);
    }
}

/// The second step of setting up.
#[component]
pub fn Choose(draft: Draft) -> impl IntoView {
    let on_done = Callback::new(move |secret| {
        draft.secret.set_value(Some(secret));
        let made = draft.make_region();
        if made {
            draft.step.set(Step::Kit);
        }
        made
    });
    let on_leave = Callback::new(move |()| draft.step.set(Step::Lists));
    view! {
        <Page title=set_up::PASSPHRASE_TITLE>
            <p class="hint">{set_up::STEP.with(&[("n", &2)])}</p>
            <p>{set_up::PASSPHRASE_WHAT.get()}</p>
            <PassphraseForm
                confirm=common::NEXT
                leave=common::BACK
                on_done=on_done
                on_leave=on_leave
            />
        </Page>
    }
}

/// Offers five words; takes an own phrase too.
#[component]
pub fn PassphraseForm(
    /// The button that goes on.
    confirm: Text,
    /// The button that does not.
    leave: Text,
    /// Takes what the passphrase became. `false`: the device could not go on with it.
    on_done: Callback<UnlockSecret, bool>,
    /// Leaves without a passphrase.
    on_leave: Callback<()>,
    /// Whether something is under way that must end first.
    #[prop(default = RwSignal::new(false))]
    busy: RwSignal<bool>,
) -> impl IntoView {
    let field = expect_context::<Field>();
    let offered = StoredValue::new(words::suggest(&mut Rng));
    let own = RwSignal::new(false);
    let (first, again) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let problem = RwSignal::new(None::<Text>);
    let submit = move |event: Event| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let typed = |node: NodeRef<html::Input>| {
            zeroize::Zeroizing::new(node.get().map_or_else(String::new, |it| it.value()))
        };
        let wanted = if own.get_untracked() {
            typed(first)
        } else {
            zeroize::Zeroizing::new(offered.with_value(|words| words.join(" ")))
        };
        let proof = typed(again);
        if let Some(why) = problems(&wanted).first() {
            problem.set(Some(words_for(*why)));
            return;
        }
        let same = veldpost_envelope::unlock::normalise(&wanted)
            == veldpost_envelope::unlock::normalise(&proof);
        if !same {
            problem.set(Some(set_up::NOT_THE_SAME));
            return;
        }
        problem.set(None);
        busy.set(true);
        spawn_local(async move {
            let stretched = stretch(field, &wanted).await;
            busy.set(false);
            if !stretched.is_some_and(|secret| on_done.run(secret)) {
                problem.set(Some(set_up::MEMORY));
            }
        });
    };
    view! {
        <form class="stack" autocomplete="off" novalidate on:submit=submit>
            <Show
                when=move || own.get()
                fallback=move || {
                    view! {
                        <ol class="words">
                            {offered
                                .get_value()
                                .iter()
                                .map(|word| view! { <li>{*word}</li> })
                                .collect_view()}
                        </ol>
                        <p class="hint">{set_up::WRITE_DOWN.get()}</p>
                        <button
                            type="button"
                            class="button button-quiet"
                            on:click=move |_| own.set(true)
                        >
                            {set_up::OWN.get()}
                        </button>
                    }
                }
            >
                <div class="field">
                    <label class="label" for="own">{set_up::OWN_LABEL.get()}</label>
                    <p class="hint" id="own-hint">{set_up::OWN_HINT.get()}</p>
                    <input
                        node_ref=first
                        class="input"
                        id="own"
                        type="password"
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby="own-hint"
                    />
                </div>
                <button
                    type="button"
                    class="button button-quiet"
                    on:click=move |_| own.set(false)
                >
                    {set_up::FIVE_WORDS.get()}
                </button>
            </Show>
            <div class="field" class:field-invalid=move || problem.get().is_some()>
                <label class="label" for="again">{set_up::AGAIN.get()}</label>
                <p class="hint" id="again-hint">{set_up::AGAIN_HINT.get()}</p>
                <p class="error" id="again-error" role="alert">
                    {move || problem.get().map(Text::get)}
                </p>
                <input
                    node_ref=again
                    class="input"
                    id="again"
                    type="password"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby="again-hint again-error"
                    aria-invalid=move || problem.get().is_some().to_string()
                />
            </div>
            <div class="buttons buttons-even">
                <button type="submit" class="button button-primary">
                    {move || if busy.get() { set_up::BUSY.get() } else { confirm.get() }}
                </button>
                <button type="button" class="button" on:click=move |_| on_leave.run(())>
                    {leave.get()}
                </button>
            </div>
        </form>
    }
}

/// The standard cost; a phone that cannot give the memory steps down to the floor, never below.
async fn stretch(field: Field, passphrase: &str) -> Option<UnlockSecret> {
    let mut salt = [0; 16];
    Browser.random(&mut salt);
    match field.stretch(passphrase, salt, KdfParams::STANDARD).await {
        Some(secret) => Some(secret),
        None => field.stretch(passphrase, salt, KdfParams::FLOOR).await,
    }
}

const fn words_for(problem: PassphraseProblem) -> Text {
    match problem {
        PassphraseProblem::TooShort => set_up::TOO_SHORT,
        PassphraseProblem::TooFewDistinct => set_up::TOO_FEW_DISTINCT,
        PassphraseProblem::TooCommon => set_up::TOO_COMMON,
    }
}
