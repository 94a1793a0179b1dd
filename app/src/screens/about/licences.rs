//! What Veldpost is made of, as its licences ask to be told.

use crate::components::page::Page;
use crate::routes::Screen;
use crate::text::about;
use crate::view::prelude::*;

/// The notice that goes with the words of the passphrase: one paragraph a line.
const WORDS: &str = include_str!("opentaal.txt");

/// Own licence first, then the words'.
#[component]
pub fn Licences() -> impl IntoView {
    view! {
        <Page title=about::LICENCES back=Screen::About>
            <p>{about::LICENCE_OWN.get()}</p>
            <h2>{about::LICENCE_WORDS.get()}</h2>
            <p>{about::LICENCE_WORDS_WHAT.get()}</p>
            // Scrolls within the page, so a keyboard needs something to put the focus on.
            <div
                class="stack"
                lang="en"
                tabindex="0"
                role="region"
                aria-label=about::LICENCE_WORDS.get()
            >
                {WORDS.lines().map(|line| view! { <p>{line}</p> }).collect_view()}
            </div>
        </Page>
    }
}
