//! The passphrase is lost, and the paper too: what is kept, what nobody can read any more, what to do.
//!
//! Not here: what is written (`veldpost-journal`), and sending what waits in the book that is left (`services::post`).

use crate::components::dialog::Dialog;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::services::field::Field;
use crate::text::{Text, home, unlock};
use crate::view::prelude::*;
use veldpost_envelope::Purpose;
use wasm_bindgen_futures::spawn_local;

/// Says it all before it asks.
#[component]
pub fn BeginAgain() -> View {
    let field = expect_context::<Field>();
    let Some(known) = field.membership().filter(|_| field.may_begin_again()) else {
        return view! {
            <Page title=unlock::AGAIN_TITLE back=Screen::Unlock>
                <p>{unlock::AGAIN_NOT_HERE.get()}</p>
            </Page>
        }
        .into_view();
    };
    let parts = [
        (unlock::AGAIN_STAYS, unlock::AGAIN_STAYS_WHAT),
        (unlock::AGAIN_GOES, unlock::AGAIN_GOES_WHAT),
        (unlock::AGAIN_DO, unlock::AGAIN_DO_WHAT),
    ];
    let (what, back) = if field.asks_to_join() {
        (unlock::AGAIN_NOT_IN, Screen::Home)
    } else {
        (unlock::AGAIN_WHAT, Screen::Unlock)
    };
    let alone_in_office = known
        .coordinates(Purpose::Count)
        .then(|| view! { <p>{unlock::AGAIN_COORDINATOR.get()}</p> });
    view! {
        <Page title=unlock::AGAIN_TITLE back=back>
            <Notice />
            <p>{what.get()}</p>
            {parts
                .map(|(title, what): (Text, Text)| {
                    view! {
                        <h2>{title.get()}</h2>
                        <p>{what.get()}</p>
                    }
                })}
            {alone_in_office}
            <Ask />
        </Page>
    }
    .into_view()
}

#[component]
fn Ask() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let sure = RwSignal::new(false);
    let begin = Callback::new(move |()| {
        spawn_local(async move { field.begin_again().await });
    });
    let in_round = Memo::new(move |_| field.round.with(Option::is_some));
    let button = move || {
        if in_round.get() {
            view! {
                <p>{unlock::AGAIN_IN_ROUND.get()}</p>
                <button
                    type="button"
                    class="button button-primary button-wide"
                    on:click=move |_| router.go(Screen::Tally)
                >
                    {home::GO_ON_COUNTING.get()}
                </button>
            }
            .into_view()
        } else {
            view! {
                <button
                    type="button"
                    class="button button-danger button-wide"
                    on:click=move |_| sure.set(true)
                >
                    {unlock::AGAIN.get()}
                </button>
            }
            .into_view()
        }
    };
    view! {
        {button}
        <Dialog
            open=sure
            title=unlock::AGAIN_SURE
            confirm=unlock::AGAIN_CONFIRM
            danger=true
            on_confirm=begin
        >
            <p>{unlock::AGAIN_SURE_WHAT.get()}</p>
        </Dialog>
    }
}
