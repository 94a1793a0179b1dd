//! Tellen: one tap is one person.

use crate::browser::clock;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::later::{Later, Part};
use crate::routes::{Router, Screen};
use crate::screens::home::NoRound;
use crate::services::field::{Field, Purpose, reason_label, tile_label};
use crate::services::wake::Wake;
use crate::text::{common, tally, update};
use crate::view::prelude::*;
use veldpost_journal::{TapReason, Tile};

/// Tiles that exclude each other, the newest tap's reason, undo, the total.
#[component]
pub fn Tally() -> impl IntoView {
    let field = expect_context::<Field>();
    let counting = Memo::new(move |_| field.round.with(Option::is_some));
    move || {
        if counting.get() {
            Counting().into_view()
        } else {
            NoRound().into_view()
        }
    }
}

#[component]
fn Counting() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let later = expect_context::<Later>();
    field.done_between();
    let top = ViewFn::from(move || {
        view! {
            <button
                type="button"
                class="button button-quiet"
                on:click=move |_| router.go(Screen::StopRound)
            >
                {tally::STOP_ROUND.get()}
            </button>
        }
    });
    let bar = ViewFn::from(move || {
        view! {
            <button type="button" class="button bar-main" on:click=move |_| field.undo()>
                {tally::UNDO.get()}
            </button>
            <button
                type="button"
                class="button"
                on:click=move |_| field.open_form(Purpose::Newest, Screen::Quick)
            >
                {tally::FILL_IN_MORE.get()}
            </button>
        }
    });
    view! {
        <Page
            title=tally::TITLE
            class="page-tally"
            quiet_title=true
            back=Screen::Home
            top=top
            bar=bar
        >
            <Total />
            <div class="tally" role="group" aria-label=tally::TILES.get()>
                {Tile::ALL.map(|tile| view! { <TileButton tile=tile /> })}
            </div>
            <Reasons />
            <SituationLine />
            {later.part(|| Part::ScreenStaysOn)}
            <Notice />
        </Page>
    }
}

#[component]
fn TileButton(tile: Tile) -> impl IntoView {
    let field = expect_context::<Field>();
    let last = move || {
        field.round.with(|round| {
            let newest = round.as_ref().and_then(|round| round.taps.last());
            newest.is_some_and(|tap| tap.tile == tile.index())
        })
    };
    view! {
        <button
            type="button"
            class="tile"
            data-last=move || last().then_some("")
            on:click=move |_| field.tap(tile)
        >
            <span class="tile-label">{tile_label(tile).get()}</span>
            <span class="tile-number">{move || field.on_tile(tile)}</span>
        </button>
    }
}

#[component]
fn Total() -> impl IntoView {
    let field = expect_context::<Field>();
    let last = move || {
        field.round.with(|round| {
            let tap = round.as_ref()?.taps.last()?;
            let tile = tile_label(Tile::at(tap.tile)?).get();
            Some(tally::LAST_TAP.with(&[("tile", &tile), ("time", &clock::time_of_day(tap.at))]))
        })
    };
    view! {
        <p class="total">
            <span class="total-number" data-committed=move || field.committed_total()>
                {move || field.total()}
            </span>
            <span>
                <strong>{tally::PEOPLE_COUNTED.get()}</strong>
                <span class="hint">{move || field.last_word(last())}</span>
            </span>
        </p>
    }
}

#[component]
fn SituationLine() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    view! {
        <div class="situation">
            <p>{move || field.situation_words()}</p>
            <button
                type="button"
                class="button button-quiet"
                on:click=move |_| router.go(Screen::StartRound)
            >
                {common::CHANGE.get()}
            </button>
        </div>
    }
}

/// Under the tiles, so that it never moves one.
#[component]
pub fn ScreenStaysOn() -> impl IntoView {
    let wake = expect_context::<Wake>();
    view! {
        <Show when=move || wake.awake.get()>
            <p class="hint">{update::SCREEN_STAYS_ON.get()}</p>
        </Show>
    }
}

/// Why the newest tap stays a tap: one touch.
#[component]
fn Reasons() -> impl IntoView {
    let field = expect_context::<Field>();
    let given = move || {
        field.round.with(|round| {
            let tap = round.as_ref().and_then(|round| round.taps.last());
            tap.and_then(|tap| tap.reason.clone())
        })
    };
    view! {
        <div class="field" role="group" aria-labelledby="reasons">
            <p class="hint" id="reasons">{tally::REASONS.get()}</p>
            <div class="reasons">
                {TapReason::ALL
                    .map(|reason| {
                        let pressed = move || given().as_deref() == Some(reason.code());
                        view! {
                            <button
                                type="button"
                                class="button"
                                aria-pressed=move || pressed().to_string()
                                aria-disabled=move || (field.total() == 0).to_string()
                                on:click=move |_| field.give_reason(reason)
                            >
                                {reason_label(reason).get()}
                            </button>
                        }
                    })}
            </div>
        </div>
    }
}
