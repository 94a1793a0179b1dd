//! Hulp: short pages that work without a network.
//!
//! Not here: anything about a person, or about what is recorded. The words are in `locales/help.txt`.

mod pages;
mod steps;

use crate::components::page::Page as Frame;
use crate::components::row::Row;
use crate::routes::{Screen, Topic};
use crate::services::update::Updates;
use crate::text::{Text, help};
use crate::view::prelude::*;
use pages::Block;

const TOPICS: [Topic; 7] = [
    Topic::Counting,
    Topic::Categories,
    Topic::Words,
    Topic::Locking,
    Topic::LostPhone,
    Topic::Installing,
    Topic::Accessibility,
];

const fn title(topic: Topic) -> Text {
    match topic {
        Topic::Counting => help::COUNTING,
        Topic::Categories => help::CATEGORIES,
        Topic::Words => help::WORDS,
        Topic::Locking => help::LOCKING,
        Topic::LostPhone => help::LOST_PHONE,
        Topic::Installing => help::INSTALLING,
        Topic::Accessibility => help::ACCESSIBILITY,
    }
}

/// The list of pages.
#[component]
pub fn Help() -> impl IntoView {
    view! {
        <Frame title=help::TITLE back=Screen::Home>
            <p>{help::WHAT.get()}</p>
            <nav aria-label=help::PAGES.get()>
                <ul class="rows">
                    {TOPICS
                        .map(|topic| view! { <Row to=Screen::Topic(topic) label=title(topic) /> })
                        .into_iter()
                        .collect_view()}
                </ul>
            </nav>
        </Frame>
    }
}

/// One page.
#[component]
pub fn Page(topic: Topic) -> impl IntoView {
    let blocks: Vec<_> = pages::of(topic).into_iter().map(shown).collect();
    view! {
        <Frame title=title(topic) back=Screen::Help>
            {blocks}
            {(topic == Topic::Installing).then(steps::Steps)}
            {(topic == Topic::Accessibility).then(Version)}
        </Frame>
    }
}

fn shown(block: Block) -> View {
    match block {
        Block::Heading(text) => view! { <h2>{text.get()}</h2> }.into_view(),
        Block::Line(text) => view! { <p>{text.get()}</p> }.into_view(),
        Block::Steps(texts) => {
            let items = texts
                .iter()
                .map(|text| view! { <li>{text.get()}</li> })
                .collect_view();
            view! { <ol>{items}</ol> }.into_view()
        }
        Block::Terms(terms) => {
            let rows = terms
                .into_iter()
                .map(|(term, what)| {
                    view! {
                        <div>
                            <dt>{term}</dt>
                            <dd>{what.get()}</dd>
                        </div>
                    }
                })
                .collect_view();
            view! { <dl class="terms">{rows}</dl> }.into_view()
        }
    }
}

/// What to mention in a report.
#[component]
fn Version() -> impl IntoView {
    let updates = expect_context::<Updates>();
    let version = move || crate::screens::about::version(updates);
    view! { <p>{move || help::ACCESSIBILITY_REPORT_WHAT.with(&[("version", &version())])}</p> }
}
