//! Over dit toestel: what the app is, what it keeps, what the browser promises.
//!
//! Not here: any record. All of this shows while locked.

pub mod licences;
pub mod lists;
pub mod remove;

use crate::browser::storage::Room;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::row::Row;
use crate::components::storage::{AskToKeep, PrivateWindow};
use crate::components::update::UpdateBanner;
use crate::routes::Screen;
use crate::services::field::{DeviceView, Field, Mode};
use crate::services::install::Install;
use crate::services::update::{Offline, Updates};
use crate::text::{self, Language, Text, about, common, start, update};
use crate::view::prelude::*;
use veldpost_envelope::Purpose;
use veldpost_journal::rows::Membership;
use wasm_bindgen_futures::spawn_local;

/// The version of the app and the build that the worker keeps.
pub fn version(updates: Updates) -> String {
    let build = updates.build.get();
    let version = env!("CARGO_PKG_VERSION");
    build.map_or_else(
        || version.to_owned(),
        |build| format!("{version} ({build})"),
    )
}

/// Three lists of facts, and what can be done about them.
#[component]
pub fn About() -> impl IntoView {
    let field = expect_context::<Field>();
    let view = RwSignal::new(None::<DeviceView>);
    let look = move || {
        spawn_local(async move {
            let seen = field.device_view().await;
            // The screen may be gone by now.
            view.try_set(seen);
        });
    };
    // In a region its coordinators keep the lists.
    let shared = field.membership().is_some_and(|it| it.is_shared());
    let admits = |it: Membership| it.coordinates(Purpose::Admin);
    let keeps_lists = !shared || field.membership().is_some_and(admits);
    let lists = if shared {
        about::COUNT_LISTS_NAMES
    } else {
        about::COUNT_LISTS
    };
    // What is known changes with each save and with locking.
    Effect::new(move |_| {
        field.commits.track();
        field.unlocked.track();
        look();
    });
    view! {
        <Page title=about::TITLE back=Screen::Home>
            <Notice />
            <UpdateBanner />
            <App />
            <Records view=view />
            <Storage view=view on_answer=Callback::new(move |()| look()) />
            <nav aria-label=about::MORE.get()>
                <ul class="rows">
                    {keeps_lists
                        .then(|| view! { <Row to=Screen::CountLists label=lists /> })}
                    {field.is_alone().then(|| view! { <Row to=Screen::Grow label=start::REGION /> })}
                    <Row to=Screen::Licences label=about::LICENCES />
                    <Row to=Screen::Remove label=about::REMOVE />
                </ul>
            </nav>
        </Page>
    }
}

/// One fact: what, and how it stands.
fn fact(
    label: Text,
    hint: Option<Text>,
    value: impl Fn() -> String + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <div class="summary-row">
            <dt>{label.get()} {hint.map(|hint| view! { <span class="hint">{hint.get()}</span> })}</dt>
            <dd>{value}</dd>
        </div>
    }
}

#[component]
fn App() -> impl IntoView {
    let updates = expect_context::<Updates>();
    let install = expect_context::<Install>();
    let field = expect_context::<Field>();
    let kind = match field.mode {
        Mode::Real if field.membership().is_some_and(|it| it.is_shared()) => about::KIND_SHARED,
        Mode::Real => about::KIND_SOLO,
        Mode::Practice => about::KIND_PRACTICE,
        Mode::Demo => about::KIND_DEMO,
    };
    let home_screen = move || {
        if install.installed.get() {
            common::YES
        } else {
            common::NO
        }
        .get()
        .to_owned()
    };
    let incomplete = move || matches!(updates.offline.get(), Offline::Missing(_));
    view! {
        <section class="stack" aria-labelledby="the-app">
            <h2 id="the-app">{about::APP.get()}</h2>
            <dl class="summary-list">
                {fact(about::KIND, None, move || kind.get().to_owned())}
                {fact(about::VERSION, None, move || version(updates))}
                {fact(about::OFFLINE, None, move || offline_words(updates.offline.get()))}
                {fact(about::HOME_SCREEN, None, home_screen)}
            </dl>
            <Show when=incomplete>
                <button type="button" class="button" on:click=move |_| updates.check()>
                    {update::CHECK_AGAIN.get()}
                </button>
            </Show>
        </section>
    }
}

/// Whether the app opens without a network, in words.
pub fn offline_words(offline: Offline) -> String {
    match offline {
        Offline::Unknown => update::UNKNOWN.get().to_owned(),
        Offline::Unable => update::UNABLE.get().to_owned(),
        Offline::Busy { done, total } => update::BUSY.with(&[("done", &done), ("total", &total)]),
        Offline::Ready => update::READY.get().to_owned(),
        Offline::Missing(n) => update::MISSING.with(&[("n", &n)]),
    }
}

#[component]
fn Records(view: RwSignal<Option<DeviceView>>) -> impl IntoView {
    let number = move |read: fn(&DeviceView) -> u64| {
        view.with(|view| {
            view.as_ref()
                .map_or_else(String::new, |view| read(view).to_string())
        })
    };
    let damaged = move || {
        let known = view.with(|view| view.as_ref().and_then(|view| view.damaged));
        known.map_or_else(
            || about::DAMAGED_LOCKED.get().to_owned(),
            |number| number.to_string(),
        )
    };
    let field = expect_context::<Field>();
    let shared = field.membership().is_some_and(|it| it.is_shared());
    let waiting = if shared {
        about::WAITING_SHARED
    } else {
        about::WAITING_HINT
    };
    view! {
        <section class="stack" aria-labelledby="the-records">
            <h2 id="the-records">{about::RECORDS.get()}</h2>
            <dl class="summary-list">
                {fact(
                    about::RECORDED,
                    Some(about::RECORDED_HINT),
                    move || number(|view| view.recorded),
                )}
                {fact(about::WAITING, Some(waiting), move || number(|view| view.waiting))}
                {fact(about::DAMAGED, None, damaged)}
            </dl>
        </section>
    }
}

#[component]
fn Storage(view: RwSignal<Option<DeviceView>>, on_answer: Callback<()>) -> impl IntoView {
    let room = move |read: fn(&Room) -> f64| {
        view.with(|view| {
            let Some(view) = view else {
                return String::new();
            };
            view.room.as_ref().map_or_else(
                || about::NOT_TOLD.get().to_owned(),
                |room| megabytes(read(room), text::language()),
            )
        })
    };
    let kept = move || view.with(|view| view.as_ref().map(|view| view.kept));
    let promise = move || match kept() {
        None => String::new(),
        Some(None) => about::NOT_TOLD.get().to_owned(),
        Some(Some(true)) => about::PROMISED.get().to_owned(),
        Some(Some(false)) => about::NOT_PROMISED.get().to_owned(),
    };
    let can_ask = move || kept() == Some(Some(false));
    view! {
        <section class="stack" aria-labelledby="the-storage">
            <h2 id="the-storage">{about::STORAGE.get()}</h2>
            <dl class="summary-list">
                {fact(about::USED, None, move || room(|room| room.used))}
                {fact(about::LEFT, None, move || room(|room| (room.quota - room.used).max(0.0)))}
                {fact(about::PROMISE, None, promise)}
            </dl>
            <PrivateWindow />
            <Show when=can_ask>
                <AskToKeep on_answer=on_answer />
            </Show>
        </section>
    }
}

/// "0,3 MB", "12 MB", "1,2 GB".
fn megabytes(bytes: f64, language: Language) -> String {
    let (number, unit) = if bytes < 1e9 {
        (bytes / 1e6, "MB")
    } else {
        (bytes / 1e9, "GB")
    };
    let digits = usize::from(number < 9.95);
    let written = format!("{number:.digits$} {unit}");
    match language {
        Language::Nl => written.replace('.', ","),
        Language::En => written,
    }
}
