//! A region of one grows in place: what it is called, and others may join.
//!
//! Not here: writing it (`veldpost-journal`), bringing it to the relay (`services::post`), and who founds a region on a
//! device without a book (`set_up`).

use crate::browser::http;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::{Router, Screen};
use crate::screens::join::along::{Way, way_on};
use crate::screens::set_up::{ListsForm, Names as Asked};
use crate::services::field::Field;
use crate::services::typed::{Form, Typed};
use crate::text::{common, set_up, start};
use crate::view::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// What stands in the way, or the names.
#[component]
pub fn Grow() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let on_back = Callback::new(move |()| router.leave());
    // Asked once: it is another when it was done.
    let alone = field.is_alone();
    let proven = field.settings().is_some_and(|settings| settings.kit_proven);
    let way = Memo::new(move |_| Way::now(field));
    move || {
        let stop = match way.get() {
            _ if !alone => Some((set_up::GROWN, None)),
            _ if !proven => Some((set_up::GROW_NO_KIT, None)),
            Way::InRound => Some((set_up::GROW_IN_ROUND, way_on(Way::InRound))),
            Way::Locked => Some((set_up::GROW_LOCKED, way_on(Way::Locked))),
            Way::Free => None,
        };
        let inner = match stop {
            Some((why, on)) => view! {
                <p>{why.get()}</p>
                {on.map(|(label, to)| view! {
                    <button
                        type="button"
                        class="button button-primary button-wide"
                        on:click=move |_| router.go(to)
                    >
                        {label.get()}
                    </button>
                })}
            }
            .into_view(),
            None => view! { <Names on_back=on_back /> }.into_view(),
        };
        view! {
            <Page title=start::REGION on_back=on_back>
                <Notice />
                {inner}
            </Page>
        }
    }
}

#[component]
fn Names(on_back: Callback<()>) -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let typed = expect_context::<Typed>();
    let begin = Callback::new(move |settings| {
        spawn_local(async move {
            if field.share(&http::own_origin(), settings).await {
                typed.forget(Form::Grow);
                router.replace(Screen::Region);
            }
        });
    });
    let cancel = Callback::new(move |()| {
        typed.forget(Form::Grow);
        on_back.run(());
    });
    field.settings().map(|earlier| {
        view! {
            <p>{set_up::GROW_WHAT.get()}</p>
            <p>{set_up::GROW_UNTIL.get()}</p>
            <ListsForm
                earlier=earlier
                in_use=true
                names=Asked::Begun
                confirm=start::REGION
                leave=common::CANCEL
                remembered=Some(Form::Grow)
                on_done=begin
                on_leave=cancel
            />
        }
    })
}
