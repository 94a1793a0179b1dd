//! Other counts than the one that is shown: a newer one takes away neither a result nor what is still to be published.
//!
//! Not here: the tables themselves, which are shown as any others.

use crate::browser::clock;
use crate::services::field::Field;
use crate::services::post::{Other, Post};
use crate::text::tables;
use crate::view::prelude::*;
use veldpost_domain::CampaignId;
use wasm_bindgen_futures::spawn_local;

/// Other counts, and which of them is looked at.
#[derive(Clone, Copy)]
pub(super) struct Results {
    all: RwSignal<Vec<Other>>,
    chosen: RwSignal<Option<CampaignId>>,
}

impl Results {
    /// Reads them, and again whenever the region moved.
    pub fn read(field: Field, post: Post) -> Self {
        let results = Self {
            all: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(None),
        };
        Effect::new(move |_| {
            post.moved.track();
            post.reading.track();
            field.unlocked.track();
            spawn_local(async move {
                let found = post.other_counts().await;
                // The screen may have been left.
                if results
                    .all
                    .try_get_untracked()
                    .is_some_and(|known| known != found)
                {
                    results.all.try_set(found);
                }
            });
        });
        results
    }

    /// The one that is looked at.
    pub fn chosen(self) -> Option<Other> {
        let chosen = self.chosen.get()?;
        self.all
            .with(|all| all.iter().find(|result| result.campaign == chosen).cloned())
    }
}

/// Above a count that is looked at: which, whether its numbers still change, and the way back.
pub(super) fn above(other: &Other, results: Results) -> View {
    let (class, words) = match other.published {
        Some((at, version)) => {
            let date = clock::date_for_reading(at);
            let words = tables::EARLIER_WHAT.with(&[("date", &date), ("version", &version)]);
            ("banner banner-ok", words)
        }
        None => ("banner banner-warning", tables::OTHER_WHAT.get().to_owned()),
    };
    view! {
        <div class=class>
            <h2 class="banner-title">{other.name.clone()}</h2>
            <p>{words}</p>
        </div>
        <div class="buttons screen-only">
            <button type="button" class="button" on:click=move |_| results.chosen.set(None)>
                {tables::EARLIER_NOW.get()}
            </button>
        </div>
    }
    .into_view()
}

/// Below the count of now: others, where there are any.
#[component]
pub(super) fn List(results: Results) -> impl IntoView {
    move || {
        if results.chosen.get().is_some() {
            return None;
        }
        let all = results.all.get();
        if all.is_empty() {
            return None;
        }
        let rows: Vec<_> = all
            .into_iter()
            .map(|result| {
                let campaign = result.campaign;
                view! {
                    <li>
                        <button
                            type="button"
                            class="row"
                            on:click=move |_| results.chosen.set(Some(campaign))
                        >
                            <span class="row-main">
                                {tables::EARLIER_SHOW.with(&[("name", &result.name)])}
                            </span>
                        </button>
                    </li>
                }
            })
            .collect();
        Some(view! {
            <section class="screen-only">
                <h2>{tables::EARLIER.get()}</h2>
                <ul class="rows">{rows}</ul>
            </section>
        })
    }
}
