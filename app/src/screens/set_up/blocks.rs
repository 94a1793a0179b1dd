//! Questions that are asked only where somebody needs the answer: a tick for each.
//!
//! Not here: what is asked (`forms/`), and the form in which the ticks stand (`lists`).

use crate::text::{Text, set_up};
use crate::view::prelude::*;

/// Questions that a campaign may add, which are asked nowhere else: the question that switches each on, what it is called,
/// and why one would.
pub const BLOCKS: [(&str, Text, Text); 6] = [
    (
        "block_health",
        set_up::BLOCK_HEALTH,
        set_up::BLOCK_HEALTH_WHY,
    ),
    (
        "block_pregnancy",
        set_up::BLOCK_PREGNANCY,
        set_up::BLOCK_PREGNANCY_WHY,
    ),
    (
        "block_detention",
        set_up::BLOCK_DETENTION,
        set_up::BLOCK_DETENTION_WHY,
    ),
    (
        "block_residence",
        set_up::BLOCK_RESIDENCE,
        set_up::BLOCK_RESIDENCE_WHY,
    ),
    (
        "block_nationality",
        set_up::BLOCK_NATIONALITY,
        set_up::BLOCK_NATIONALITY_WHY,
    ),
    ("block_note", set_up::BLOCK_NOTE, set_up::BLOCK_NOTE_WHY),
];

/// A tick for each of the questions that are asked only where somebody needs the answer.
pub fn added_questions(
    nodes: [NodeRef<html::Input>; BLOCKS.len()],
    ticked: [bool; BLOCKS.len()],
) -> View {
    let ticks =
        BLOCKS
            .into_iter()
            .zip(nodes)
            .zip(ticked)
            .map(|(((block, name, why), node), on)| {
                let id = format!("{block}-why");
                let described = id.clone();
                view! {
                    <div class="field">
                        <label class="choice">
                            <input
                                node_ref=node
                                type="checkbox"
                                id=block
                                autocomplete="off"
                                checked=on
                                aria-describedby=described
                            />
                            <span>{name.get()}</span>
                        </label>
                        <p class="hint" id=id>
                            {why.get()}
                        </p>
                    </div>
                }
            });
    view! {
        <fieldset class="field">
            <legend class="label">{set_up::BLOCKS.get()}</legend>
            <p class="hint">{set_up::BLOCKS_HINT.get()}</p>
            {ticks.collect_view()}
        </fieldset>
    }
    .into_view()
}
