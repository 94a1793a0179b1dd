//! The recovery kit: on paper, proven by typing a part of it, or skipped on purpose.

use super::Draft;
use crate::browser::files;
use crate::components::dialog::Dialog;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::services::field::{Browser, Field};
use crate::text::set_up;
use crate::view::prelude::*;
use veldpost_envelope::RandomBytes;
use veldpost_envelope::kit::RecoveryKit;
use veldpost_journal::Outside;
use wasm_bindgen_futures::spawn_local;

struct Rng;

impl RandomBytes for Rng {
    fn fill(&mut self, bytes: &mut [u8]) {
        Browser.random(bytes);
    }
}

/// Shows the kit once.
#[component]
pub fn Kit(draft: Draft) -> impl IntoView {
    let field = expect_context::<Field>();
    let row = RecoveryKit::choose_proof(&mut Rng);
    let rows: Vec<String> = draft.region.with_value(|region| {
        let kit = region.as_ref().map(|region| region.kit().printed());
        kit.iter()
            .flatten()
            .map(|row| row.as_str().to_owned())
            .collect()
    });
    let typed = NodeRef::<html::Input>::new();
    let wrong = RwSignal::new(false);
    let skipping = RwSignal::new(false);
    let finish = move |proven: bool| {
        spawn_local(async move {
            draft.finish(field, proven).await;
        });
    };
    let submit = move |event: Event| {
        event.prevent_default();
        let proof = typed.get().map_or_else(String::new, |input| input.value());
        let proven = draft.region.with_value(|region| {
            region
                .as_ref()
                .is_some_and(|region| region.kit().proves(row, &proof))
        });
        wrong.set(!proven);
        if proven {
            finish(true);
        }
    };
    view! {
        <Page title=set_up::KIT_TITLE>
            <p class="hint">{set_up::STEP.with(&[("n", &3)])}</p>
            <Notice />
            <p>{set_up::KIT_WHAT.get()}</p>
            <ol class="words">
                {rows.into_iter().map(|row| view! { <li class="code">{row}</li> }).collect_view()}
            </ol>
            <button type="button" class="button" on:click=|_| files::print()>
                {set_up::PRINT.get()}
            </button>
            <form class="stack" autocomplete="off" novalidate on:submit=submit>
                <div class="field" class:field-invalid=move || wrong.get()>
                    <label class="label" for="proof">{set_up::PROOF.with(&[("n", &row)])}</label>
                    <p class="hint" id="proof-hint">{set_up::PROOF_HINT.get()}</p>
                    <p class="error" id="proof-error" role="alert">
                        {move || wrong.get().then(|| set_up::PROOF_WRONG.get())}
                    </p>
                    <input
                        node_ref=typed
                        class="input"
                        id="proof"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-describedby="proof-hint proof-error"
                        aria-invalid=move || wrong.get().to_string()
                    />
                </div>
                <div class="buttons buttons-even">
                    <button type="submit" class="button button-primary">
                        {set_up::FINISH.get()}
                    </button>
                    {(!draft.shared)
                        .then(|| {
                            view! {
                                <button
                                    type="button"
                                    class="button button-quiet"
                                    on:click=move |_| skipping.set(true)
                                >
                                    {set_up::SKIP.get()}
                                </button>
                            }
                        })}
                </div>
            </form>
            <Dialog
                open=skipping
                title=set_up::SKIP_TITLE
                confirm=set_up::SKIP_CONFIRM
                danger=true
                on_confirm=Callback::new(move |()| finish(false))
            >
                <p>{set_up::SKIP_WHAT.get()}</p>
            </Dialog>
        </Page>
    }
}
