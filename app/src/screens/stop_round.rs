//! Ronde stoppen: totals, a remark, and "0 geteld" as an answer that must be given.
//!
//! Not here: "0 geteld" without a round (`nobody`).

use crate::browser::life;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::Screen;
use crate::screens::home::NoRound;
use crate::services::field::{Field, tile_label};
use crate::text::{Text, common, stop_round};
use crate::view::prelude::*;
use veldpost_journal::Tile;

/// The longest remark, in characters.
const LONGEST_REMARK: usize = 200;

/// Asks for the last words of a round.
#[component]
pub fn StopRound() -> impl IntoView {
    let field = expect_context::<Field>();
    let counting = Memo::new(move |_| field.round.with(Option::is_some));
    move || {
        if counting.get() {
            Stopping().into_view()
        } else {
            NoRound().into_view()
        }
    }
}

#[component]
fn Stopping() -> impl IntoView {
    let field = expect_context::<Field>();
    let remark = NodeRef::<html::Textarea>::new();
    let typed = untrack(|| field.remark());
    let closed = typed.is_none();
    on_cleanup(move || field.keep_remark_now());
    let nobody = RwSignal::new(None::<bool>);
    let missing = RwSignal::new(false);
    let submit = move |event: Event| {
        event.prevent_default();
        let none = untrack(|| field.total()) == 0;
        if none && nobody.get_untracked().is_none() {
            missing.set(true);
            request_animation_frame(|| life::focus_first(".error-summary h2"));
            return;
        }
        let remark = remark
            .get()
            .map_or_else(String::new, |remark| remark.value());
        // The field keeps to it too; a script or a paste on some keyboards does not.
        let remark = remark.trim().chars().take(LONGEST_REMARK).collect();
        field.stop_round(remark, none && nobody.get_untracked() == Some(true));
    };
    view! {
        <Page title=stop_round::TITLE back=Screen::Tally>
            <Notice />
            <Show when=move || missing.get()>
                <div class="error-summary">
                    <h2 tabindex="-1">{common::MISSING.get()}</h2>
                    <ul>
                        <li><a href="#nobody-yes">{stop_round::NOBODY_MISSING.get()}</a></li>
                    </ul>
                </div>
            </Show>
            <Totals />
            <form class="form" autocomplete="off" novalidate on:submit=submit>
                <Show when=move || field.total() == 0>
                    <Nobody nobody=nobody missing=missing />
                </Show>
                <div class="field">
                    <label class="label" for="remark">{stop_round::REMARK.get()}</label>
                    <p class="hint" id="remark-hint">{stop_round::REMARK_HINT.get()}</p>
                    {closed.then(|| view! { <p>{stop_round::REMARK_CLOSED.get()}</p> })}
                    <textarea
                        node_ref=remark
                        class="input"
                        id="remark"
                        autocomplete="off"
                        spellcheck="false"
                        dir="auto"
                        maxlength=LONGEST_REMARK.to_string()
                        aria-describedby="remark-hint"
                        prop:value=typed.unwrap_or_default()
                        on:input=move |event| field.type_remark(event_target_value(&event))
                    ></textarea>
                </div>
                <p class="hint" id="stop-hint">{stop_round::AFTER.get()}</p>
                <button
                    type="submit"
                    class="button button-primary button-big"
                    aria-describedby="stop-hint"
                >
                    {stop_round::STOP.get()}
                </button>
            </form>
        </Page>
    }
}

#[component]
fn Totals() -> impl IntoView {
    let field = expect_context::<Field>();
    let persons = move || {
        field
            .round
            .with(|round| round.as_ref().map_or(0, |one| one.persons))
    };
    let tiles = Tile::ALL.map(|tile| {
        view! {
            <div class="summary-row">
                <dt>{tile_label(tile).get()}</dt>
                <dd>{move || field.on_tile(tile)}</dd>
            </div>
        }
    });
    view! {
        <section class="stack" aria-labelledby="totals">
            <h2 id="totals">{stop_round::TOTALS.get()}</h2>
            <dl class="summary-list">
                {tiles} <div class="summary-row">
                    <dt>{stop_round::PERSONS.get()}</dt>
                    <dd>{persons}</dd>
                </div> <div class="summary-row">
                    <dt>{stop_round::TOTAL.get()}</dt>
                    <dd>{move || field.total()}</dd>
                </div>
            </dl>
        </section>
    }
}

/// Whether a total of nought means that nobody was there.
#[component]
fn Nobody(nobody: RwSignal<Option<bool>>, missing: RwSignal<bool>) -> impl IntoView {
    let choice = move |id: &'static str, label: Text, answer: bool| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="nobody"
                    id=id
                    autocomplete="off"
                    prop:checked=move || nobody.get() == Some(answer)
                    on:change=move |_| {
                        nobody.set(Some(answer));
                        missing.set(false);
                    }
                />
                <span>{label.get()}</span>
            </label>
        }
    };
    view! {
        <fieldset
            class="field"
            class:field-invalid=move || missing.get()
            aria-describedby="nobody-hint nobody-error"
        >
            <legend>{stop_round::NOBODY.get()}</legend>
            <p class="hint" id="nobody-hint">{stop_round::NOBODY_HINT.get()}</p>
            <p class="error" id="nobody-error">
                {move || missing.get().then(|| stop_round::NOBODY_MISSING.get())}
            </p>
            <div class="choices">
                {choice("nobody-yes", stop_round::NOBODY_YES, true)}
                {choice("nobody-no", stop_round::NOBODY_NO, false)}
            </div>
        </fieldset>
    }
}
