//! An invitation that was opened in a tab of an iPhone's browser: what joining there would do, and what to do instead.
//!
//! Not here: putting the app on the home screen, which no page can do there.

use crate::browser::{device, life};
use crate::components::page::Page;
use crate::text::{Text, join};
use crate::view::prelude::*;
use veldpost_envelope::act::InviteForm;
use veldpost_sync::Offer;
use wasm_bindgen_futures::spawn_local;
use zeroize::Zeroizing;

/// Whether the app on the home screen could not join any more by what is joined with here: a tab has a storage of its own.
/// A desk works in a browser.
pub fn stands_between(offer: &Offer) -> bool {
    offer.form != InviteForm::Desk && device::is_ios() && !device::is_installed()
}

/// Before anything is agreed to.
#[component]
pub fn Tab(link: Zeroizing<String>, on_past: Callback<()>, on_back: Callback<()>) -> impl IntoView {
    let copied = RwSignal::new(None::<Text>);
    let on_copy = move |_| {
        let copying = life::copy(&link);
        spawn_local(async move {
            let words = if copying.await {
                join::TAB_COPIED
            } else {
                join::TAB_NOT_COPIED
            };
            copied.try_set(Some(words));
        });
    };
    let steps = [
        join::TAB_STEP_COPY,
        join::TAB_STEP_INSTALL,
        join::TAB_STEP_OPEN,
    ];
    view! {
        <Page title=join::TAB_TITLE on_back=on_back>
            <div class="banner banner-warning">
                <p>{join::TAB_WHAT.get()}</p>
            </div>
            <ol>{steps.map(|step| view! { <li>{step.get()}</li> })}</ol>
            <button type="button" class="button button-primary button-wide" on:click=on_copy>
                {join::TAB_COPY.get()}
            </button>
            <p class="status" role="status">
                {move || copied.get().map(Text::get)}
            </p>
            <p class="hint">{join::TAB_PAST_WHAT.get()}</p>
            <button
                type="button"
                class="button button-quiet"
                on:click=move |_| on_past.run(())
            >
                {join::TAB_PAST.get()}
            </button>
        </Page>
    }
}
