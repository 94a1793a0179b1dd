//! Everything off this device: says what is lost, then asks once more.

use crate::components::dialog::Dialog;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::services::field::{Field, Mode};
use crate::text::about;
use crate::view::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The first step; the dialog is the second.
#[component]
pub fn Remove() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let recorded = RwSignal::new(None::<u64>);
    Effect::new(move |_| {
        field.commits.track();
        spawn_local(async move {
            let number = match field.book() {
                Some(book) => Some(book.recorded().await),
                None => None,
            };
            recorded.try_set(number);
        });
    });
    let sure = RwSignal::new(false);
    let lost = move || match (field.mode, recorded.get()) {
        (_, None) => String::new(),
        (Mode::Practice | Mode::Demo, _) => about::REMOVE_MADE_UP.get().to_owned(),
        (Mode::Real, Some(0)) => about::REMOVE_NONE.get().to_owned(),
        (Mode::Real, Some(1)) => about::REMOVE_ONE.get().to_owned(),
        (Mode::Real, Some(n)) => about::REMOVE_MANY.with(&[("n", &n)]),
    };
    let drafts = move || {
        let n = field.drafts.with(Vec::len);
        (n > 0).then(|| view! { <p>{about::REMOVE_DRAFTS.with(&[("n", &n)])}</p> })
    };
    view! {
        <Page title=about::REMOVE back=Screen::About>
            <Notice />
            <div class="banner banner-warning">
                <p class="banner-title">{lost}</p>
                {drafts}
            </div>
            <p>{about::REMOVE_WHAT.get()}</p>
            <p>{about::REMOVE_REST.get()}</p>
            {(field.mode == Mode::Real).then(|| view! { <p>{about::REMOVE_PRACTICE.get()}</p> })}
            <div class="buttons buttons-even">
                <button type="button" class="button" on:click=move |_| router.go(Screen::About)>
                    {about::REMOVE_KEEP.get()}
                </button>
                // Nothing can be said about the loss before the number is known.
                <button
                    type="button"
                    class="button button-danger"
                    on:click=move |_| sure.set(recorded.get_untracked().is_some())
                >
                    {about::REMOVE_GO_ON.get()}
                </button>
            </div>
            <Dialog
                open=sure
                title=about::REMOVE_SURE
                confirm=about::REMOVE_CONFIRM
                danger=true
                on_confirm=Callback::new(move |()| field.wipe())
            >
                <p>{lost}</p>
                <p>{about::REMOVE_SURE_WHAT.get()}</p>
            </Dialog>
        </Page>
    }
}
