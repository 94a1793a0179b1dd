//! Bringing a region back in a fresh browser: the code on paper, a new code that is proven, a passphrase.

use crate::browser::life;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::problems::Problems;
use crate::screens::set_up::{PassphraseForm, ProveKit};
use crate::screens::unlock::code::{CodeRows, misread};
use crate::services::field::Field;
use crate::services::recovery::{self, Prepared, RecoveryProblem};
use crate::text::{Text, common, recover, set_up};
use crate::view::prelude::*;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Code,
    Name,
    NewKit,
    Passphrase,
}

/// The steps, one after the other. Nothing is written before the last.
#[component]
pub fn Recover(on_back: Callback<()>) -> impl IntoView {
    let step = RwSignal::new(Step::Code);
    let prepared = StoredValue::new_local(None::<Rc<Prepared>>);
    let name = StoredValue::new(String::new());
    move || match step.get() {
        Step::Code => view! { <Code step=step prepared=prepared on_back=on_back /> }.into_view(),
        Step::Name => view! { <Name step=step name=name on_back=on_back /> }.into_view(),
        Step::NewKit => view! { <NewKit step=step prepared=prepared /> }.into_view(),
        Step::Passphrase => {
            view! { <Passphrase prepared=prepared name=name on_back=on_back /> }.into_view()
        }
    }
}

type Kept = StoredValue<Option<Rc<Prepared>>, LocalStorage>;

#[component]
fn Code(step: RwSignal<Step>, prepared: Kept, on_back: Callback<()>) -> impl IntoView {
    let problems = RwSignal::new(Vec::<(&'static str, String)>::new());
    let busy = RwSignal::new(false);
    let rows = CodeRows::new(problems);
    let submit = move |event: Event| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problems.set(Vec::new());
        spawn_local(async move {
            let typed = rows.typed();
            let found = recovery::find(&typed).await;
            let made = found.and_then(|found| found.prepare());
            busy.try_set(false);
            match made {
                Ok(made) => {
                    rows.wipe();
                    prepared.set_value(Some(Rc::new(made)));
                    step.try_set(Step::Name);
                }
                Err(problem) => {
                    problems.try_set(vec![words(problem)]);
                    // The summary is in the page once this is over.
                    request_animation_frame(|| life::focus_first(".error-summary h2"));
                }
            }
        });
    };
    view! {
        <Page title=recover::TITLE on_back=on_back>
            <Notice />
            <Problems title=recover::NOT_YET problems=problems />
            <p>{recover::WHAT.get()}</p>
            <form class="stack" autocomplete="off" novalidate on:submit=submit>
                {rows.fields()}
                <button type="submit" class="button button-primary button-wide">
                    {move || if busy.get() { recover::BUSY.get() } else { common::NEXT.get() }}
                </button>
            </form>
        </Page>
    }
}

fn words(problem: RecoveryProblem) -> (&'static str, String) {
    let words: Text = match problem {
        RecoveryProblem::Misread(problem) => return misread(problem),
        RecoveryProblem::Unreachable => recover::UNREACHABLE,
        RecoveryProblem::Refused(_) => recover::REFUSED,
        RecoveryProblem::Broken => recover::BROKEN,
        RecoveryProblem::OldKit => recover::OLD_KIT,
        RecoveryProblem::TooMany => recover::TOO_MANY,
    };
    ("row-1", words.get().to_owned())
}

#[component]
fn Name(step: RwSignal<Step>, name: StoredValue<String>, on_back: Callback<()>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let missing = RwSignal::new(false);
    let submit = move |event: Event| {
        event.prevent_default();
        let typed = input.get().map_or_else(String::new, |it| it.value());
        let typed: String = typed.trim().chars().take(60).collect();
        missing.set(typed.is_empty());
        if !typed.is_empty() {
            name.set_value(typed);
            step.set(Step::NewKit);
        }
    };
    view! {
        <Page title=recover::TITLE on_back=on_back>
            <p>{recover::FOUND.get()}</p>
            <form class="stack" autocomplete="off" novalidate on:submit=submit>
                <div class="field" class:field-invalid=move || missing.get()>
                    <label class="label" for="own-name">{set_up::OWN_NAME.get()}</label>
                    <p class="error" id="own-name-error" role="alert">
                        {move || missing.get().then(|| set_up::OWN_NAME_MISSING.get())}
                    </p>
                    <input
                        node_ref=input
                        class="input"
                        id="own-name"
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby="own-name-error"
                    />
                </div>
                <button type="submit" class="button button-primary button-wide">
                    {common::NEXT.get()}
                </button>
            </form>
        </Page>
    }
}

#[component]
fn NewKit(step: RwSignal<Step>, prepared: Kept) -> impl IntoView {
    let kit = prepared.with_value(|prepared| prepared.as_ref().map(|made| Rc::clone(&made.kit)));
    kit.map(|kit| {
        view! {
            <Page title=recover::NEW_KIT>
                <p>{recover::NEW_KIT_WHAT.get()}</p>
                <ProveKit kit=kit on_proven=Callback::new(move |()| step.set(Step::Passphrase)) />
            </Page>
        }
    })
}

#[component]
fn Passphrase(prepared: Kept, name: StoredValue<String>, on_back: Callback<()>) -> impl IntoView {
    let field = expect_context::<Field>();
    let problem = RwSignal::new(None::<RecoveryProblem>);
    let on_done = Callback::new(move |secret| {
        let made = prepared.get_value();
        problem.set(None);
        spawn_local(async move {
            if let Some(made) = made {
                // What was refused was said, and nothing was written: the printed code can still come to count.
                let written = made.write(field, name.get_value(), secret).await;
                problem.try_set(written.err());
            }
        });
        true
    });
    view! {
        <Page title=set_up::PASSPHRASE_TITLE>
            <Notice />
            {move || {
                let (_, words) = words(problem.get()?);
                Some(view! { <p class="error" role="alert">{words}</p> })
            }}
            <p>{set_up::PASSPHRASE_WHAT.get()}</p>
            <PassphraseForm
                confirm=recover::FINISH
                leave=common::CANCEL
                on_done=on_done
                on_leave=on_back
            />
        </Page>
    }
}
