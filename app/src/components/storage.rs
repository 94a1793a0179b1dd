//! Honest about storage: what the browser may clear, how full it is, and the home screen.
//!
//! Not here: practice and demonstration, where nothing can be lost.

use crate::browser::{device, storage};
use crate::routes::{Router, Screen, Topic};
use crate::services::announcer::Announcer;
use crate::services::field::{Field, Mode};
use crate::services::install::Install;
use crate::text::update;
use crate::view::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// At most one banner: room first, then what may be cleared, then the home screen.
#[component]
pub fn StorageBanner() -> impl IntoView {
    let field = expect_context::<Field>();
    let install = expect_context::<Install>();
    let view = install.device;
    let look = move || {
        spawn_local(async move {
            let seen = field.device_view().await;
            if view.get_untracked() != seen {
                view.set(seen);
            }
        });
    };
    if field.mode == Mode::Real {
        look();
    }
    let refused = RwSignal::new(false);
    move || {
        let view = view.get()?;
        let installed = install.installed.get();
        // Never on a first visit: only who recorded something has something to keep.
        let may_install = view.recorded > 0 && !installed;
        let offered = may_install && install.offered.get();
        if view.is_almost_full() {
            Some(AlmostFull().into_view())
        } else if view.may_be_cleared() && !installed {
            let look = Callback::new(move |()| look());
            Some(view! { <MayBeCleared offered=offered on_answer=look /> }.into_view())
        } else if offered && !refused.get() {
            Some(view! { <HomeScreen refused=refused /> }.into_view())
        } else {
            None
        }
    }
}

#[component]
fn AlmostFull() -> impl IntoView {
    view! {
        <div class="banner banner-warning">
            <p class="banner-title">{update::ALMOST_FULL.get()}</p>
            <p>{update::ALMOST_FULL_WHAT.get()}</p>
        </div>
    }
}

#[component]
fn MayBeCleared(offered: bool, on_answer: Callback<()>) -> impl IntoView {
    view! {
        <div class="banner banner-warning">
            <p class="banner-title">{update::MAY_BE_CLEARED.get()}</p>
            <p>{update::TO_HOME_SCREEN_ASK.get()}</p>
            <p>{update::PRIVATE_WINDOW.get()}</p>
            <div class="buttons">
                {if offered { InstallButton().into_view() } else { HowButton().into_view() }}
                // iOS answers this by itself, and only for the home screen.
                {(!device::is_ios()).then(|| view! { <AskToKeep on_answer=on_answer /> })}
            </div>
        </div>
    }
}

/// What a private window does, wherever the browser promises nothing: no page can tell whether it is in one.
#[component]
pub fn PrivateWindow() -> impl IntoView {
    let field = expect_context::<Field>();
    let shown = RwSignal::new(false);
    spawn_local(async move {
        let kept = field.is_kept().await == Some(true);
        shown.try_set(!kept && !device::is_installed());
    });
    view! {
        <Show when=move || shown.get()>
            <p class="hint">{update::PRIVATE_WINDOW.get()}</p>
        </Show>
    }
}

/// Asks the browser for its promise, and says what it answered.
#[component]
pub fn AskToKeep(on_answer: Callback<()>) -> impl IntoView {
    let field = expect_context::<Field>();
    let announcer = expect_context::<Announcer>();
    let answer = RwSignal::new(None::<&'static str>);
    let ask = move |_| {
        spawn_local(async move {
            let kept = field.ask_to_keep().await == Some(true);
            let words = if kept { update::KEPT } else { update::NOT_KEPT }.get();
            announcer.say_now(words.to_owned());
            answer.try_set(Some(words));
            if kept {
                on_answer.try_run(());
            }
        });
    };
    storage::can_ask().then(|| {
        view! {
            <button type="button" class="button" on:click=ask>
                {update::ASK_TO_KEEP.get()}
            </button>
            {move || answer.get().map(|words| view! { <p class="hint">{words}</p> })}
        }
    })
}

#[component]
fn InstallButton() -> impl IntoView {
    let install = expect_context::<Install>();
    view! {
        <button type="button" class="button button-primary" on:click=move |_| install.ask()>
            {update::TO_HOME_SCREEN.get()}
        </button>
    }
}

#[component]
fn HowButton() -> impl IntoView {
    let router = expect_context::<Router>();
    view! {
        <button
            type="button"
            class="button"
            on:click=move |_| router.go(Screen::Topic(Topic::Installing))
        >
            {update::HOW.get()}
        </button>
    }
}

#[component]
fn HomeScreen(refused: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="banner">
            <p class="banner-title">{update::INSTALL.get()}</p>
            <p>{update::INSTALL_WHAT.get()}</p>
            <div class="buttons">
                <InstallButton />
                <button type="button" class="button" on:click=move |_| refused.set(true)>
                    {update::NOT_NOW.get()}
                </button>
            </div>
        </div>
    }
}
