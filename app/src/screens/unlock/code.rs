//! The passphrase is lost: the recovery code on paper opens everything, and a new passphrase is chosen at once.
//!
//! Leaving before the new passphrase is kept locks again, whichever way it is left. Not here: what the code opens
//! (`veldpost-journal`).

use crate::browser::life;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::problems::{FieldError, Problems};
use crate::routes::{Router, Screen};
use crate::screens::set_up::PassphraseForm;
use crate::services::field::{CodeProblem, Field};
use crate::text::{common, unlock};
use crate::view::prelude::*;
use veldpost_envelope::UnlockSecret;
use veldpost_envelope::kit::{KitProblem, ROW_CHARACTERS, ROWS, gather, spread};
use wasm_bindgen_futures::spawn_local;
use zeroize::Zeroizing;

/// Fields of the four rows.
const FIELDS: [&str; ROWS] = ["row-1", "row-2", "row-3", "row-4"];
/// Characters that stand together on paper, and the `vp1` before them.
const GROUP: usize = 4;
const PREFIX: usize = 3;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Code,
    /// Open, and without a passphrase that anybody knows.
    NewPassphrase,
    Done,
}

/// The steps, one after the other.
#[component]
pub fn ByCode() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let reached = RwSignal::new(Step::Code);
    on_cleanup(move || {
        if reached.try_get_untracked() == Some(Step::NewPassphrase) {
            field.lock();
        }
    });
    // Locked meanwhile, by hand or by time: the code is asked again.
    let step = Memo::new(move |_| match reached.get() {
        Step::NewPassphrase if !field.unlocked.get() => Step::Code,
        step => step,
    });
    move || match step.get() {
        Step::Code => view! { <Code reached=reached /> }.into_view(),
        Step::NewPassphrase => view! { <NewPassphrase reached=reached /> }.into_view(),
        Step::Done => view! {
            <Page title=unlock::NEW_SAVED>
                <div class="banner banner-ok" role="status">
                    <p>{unlock::NEW_SAVED_WHAT.get()}</p>
                </div>
                <button
                    type="button"
                    class="button button-primary button-big"
                    on:click=move |_| router.leave()
                >
                    {common::NEXT.get()}
                </button>
            </Page>
        }
        .into_view(),
    }
}

/// Four fields, a row each.
#[component]
fn Code(reached: RwSignal<Step>) -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let problems = RwSignal::new(Vec::<(&'static str, String)>::new());
    let rows = CodeRows::new(problems);
    let busy = RwSignal::new(false);
    let on_back = Callback::new(move |()| router.replace(Screen::Unlock));
    // Without the code: who skipped it at the start may look for a paper that never was.
    let is_skipped = field.book().is_some_and(|book| !book.settings().kit_proven);
    let submit = move |event: Event| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problems.set(Vec::new());
        let typed = rows.typed();
        spawn_local(async move {
            let outcome = field.unlock_by_code(&typed).await;
            busy.set(false);
            match outcome {
                Ok(_) => {
                    rows.wipe();
                    reached.set(Step::NewPassphrase);
                }
                Err(problem) => {
                    problems.set(vec![words(problem)]);
                    // The summary is in the page once this is over.
                    request_animation_frame(|| life::focus_first(".error-summary h2"));
                }
            }
        });
    };
    view! {
        <Page title=unlock::CODE_TITLE on_back=on_back>
            <Notice />
            <Problems title=unlock::CODE_NOT_RIGHT problems=problems />
            <p>{unlock::CODE_WHAT.get()}</p>
            {is_skipped
                .then(|| view! { <p class="banner banner-warning">{unlock::CODE_SKIPPED.get()}</p> })}
            <form class="stack" autocomplete="off" novalidate on:submit=submit>
                {rows.fields()}
                <div class="buttons buttons-even">
                    <button type="submit" class="button button-primary">
                        {move || if busy.get() { unlock::BUSY.get() } else { unlock::OPEN.get() }}
                    </button>
                    <button type="button" class="button" on:click=move |_| on_back.run(())>
                        {common::CANCEL.get()}
                    </button>
                </div>
            </form>
        </Page>
    }
}

/// Four fields, a row of the code each.
#[derive(Clone, Copy)]
pub struct CodeRows {
    inputs: [NodeRef<html::Input>; ROWS],
    problems: RwSignal<Vec<(&'static str, String)>>,
}

impl CodeRows {
    /// Empty ones; what is wrong is said at each.
    pub fn new(problems: RwSignal<Vec<(&'static str, String)>>) -> Self {
        Self {
            inputs: core::array::from_fn(|_| NodeRef::new()),
            problems,
        }
    }

    /// The fields, and how to fill them in.
    pub fn fields(self) -> View {
        view! {
            <p class="hint" id="code-hint">{unlock::CODE_HINT.get()}</p>
            {(0..ROWS).map(|row| field_of(row, self.inputs, self.problems)).collect_view()}
        }
    }

    /// What was typed.
    pub fn typed(self) -> Zeroizing<String> {
        typed(self.inputs)
    }

    /// Empties them.
    pub fn wipe(self) {
        wipe(self.inputs);
    }
}

/// The field of one row, counted from 0.
fn field_of(
    row: usize,
    inputs: [NodeRef<html::Input>; ROWS],
    problems: RwSignal<Vec<(&'static str, String)>>,
) -> Option<View> {
    let (id, input) = (*FIELDS.get(row)?, *inputs.get(row)?);
    let is_wrong = move || problems.with(|all| all.iter().any(|(field, _)| *field == id));
    let view = view! {
        <div class="field" class:field-invalid=is_wrong>
            <label class="label" for=id>
                {unlock::ROW.with(&[("n", &(row + 1))])}
            </label>
            <FieldError problems=problems id=id />
            <input
                node_ref=input
                class="input"
                id=id
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=format!("code-hint {id}-error")
                aria-invalid=move || is_wrong().to_string()
                on:input=move |_| spread_over(input, inputs)
            />
        </div>
    };
    Some(view)
}

/// Several rows that were pasted into one field go each to their own.
fn spread_over(from: NodeRef<html::Input>, inputs: [NodeRef<html::Input>; ROWS]) {
    let Some(rows) = from
        .get()
        .and_then(|input| spread(&Zeroizing::new(input.value())))
    else {
        return;
    };
    for (input, row) in inputs.into_iter().zip(&rows) {
        if let Some(input) = input.get() {
            input.set_value(row);
        }
    }
}

fn typed(inputs: [NodeRef<html::Input>; ROWS]) -> Zeroizing<String> {
    let fields = inputs
        .map(|input| Zeroizing::new(input.get().map_or_else(String::new, |input| input.value())));
    gather(fields.each_ref().map(|field| field.as_str()))
}

fn wipe(inputs: [NodeRef<html::Input>; ROWS]) {
    for input in inputs {
        if let Some(input) = input.get() {
            input.set_value("");
        }
    }
}

/// A passphrase in the place of the lost one.
#[component]
fn NewPassphrase(reached: RwSignal<Step>) -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let busy = RwSignal::new(false);
    let on_done = Callback::new(move |secret: UnlockSecret| {
        busy.set(true);
        spawn_local(async move {
            let is_kept = field.change_passphrase(&secret).await;
            let _ = busy.try_set(false);
            if is_kept {
                let _ = reached.try_set(Step::Done);
            }
        });
        true
    });
    // The screen locks when it goes.
    let on_leave = Callback::new(move |()| router.replace(Screen::Unlock));
    view! {
        <Page title=unlock::NEW_TITLE>
            <Notice />
            <p>{unlock::NEW_WHAT.get()}</p>
            <PassphraseForm
                confirm=unlock::NEW_CONFIRM
                leave=common::CANCEL
                on_done=on_done
                on_leave=on_leave
                busy=busy
            />
        </Page>
    }
}

/// What is wrong, and at which field.
fn words(problem: CodeProblem) -> (&'static str, String) {
    let (row, words) = match problem {
        CodeProblem::Misread(problem) => return misread(problem),
        CodeProblem::OtherRegion => (1, unlock::CODE_OTHER),
        CodeProblem::Nothing => (1, unlock::CODE_NOTHING),
        CodeProblem::Refused => (1, unlock::REFUSED),
    };
    (field_id(row), words.get().to_owned())
}

/// What is wrong with a code, and at which field.
pub fn misread(problem: KitProblem) -> (&'static str, String) {
    let at = |row: usize, words: String| (field_id(row), words);
    match problem {
        KitProblem::Character { row, character } => {
            let group = character.saturating_sub(1) / GROUP + 1;
            at(
                row,
                unlock::ROW_CHARACTER.with(&[("n", &row), ("group", &group)]),
            )
        }
        KitProblem::Length { row, found: 0 } => at(row, unlock::ROW_EMPTY.with(&[("n", &row)])),
        KitProblem::Length { row, found } => {
            let (found, wanted) = (found + PREFIX, ROW_CHARACTERS);
            let values: [(&str, &dyn core::fmt::Display); 3] =
                [("n", &row), ("found", &found), ("wanted", &wanted)];
            at(row, unlock::ROW_LENGTH.with(&values))
        }
        KitProblem::Checksum { row } => at(row, unlock::ROW_WRONG.with(&[("n", &row)])),
        KitProblem::Missing { row } => at(row, unlock::ROW_ORDER.with(&[("n", &row)])),
        KitProblem::OtherKit { row } => at(row, unlock::ROW_OTHER.with(&[("n", &row)])),
        KitProblem::Newer => at(1, unlock::CODE_NEWER.get().to_owned()),
    }
}

fn field_id(row: usize) -> &'static str {
    FIELDS
        .get(row.saturating_sub(1))
        .copied()
        .unwrap_or("row-1")
}
