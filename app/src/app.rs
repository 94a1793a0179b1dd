//! The root: services that live as long as the page, and the one screen that is open.

use crate::browser::life;
use crate::routes::{Router, Screen};
use crate::screens;
use crate::services::announcer::Announcer;
use crate::services::field::{Field, Phase};
use crate::services::install::Install;
use crate::services::update::Updates;
use crate::services::wake::Wake;
use crate::view::prelude::*;

/// Everything there is to see.
#[component]
pub fn App() -> impl IntoView {
    let router = Router::start();
    let announcer = Announcer::new();
    let field = Field::new(router, announcer);
    provide_context(router);
    provide_context(announcer);
    provide_context(field);
    provide_context(Updates::start(field));
    provide_context(Install::start());
    provide_context(Wake::start(field));
    life::reload_when_restored_from_cache();
    life::on_window(&["pagehide"], move || field.keep_draft_now());
    life::on_visibility(move |hidden| {
        if hidden {
            field.keep_draft_now();
        }
    });
    field.watch_idleness();
    field.start();
    field.fetch_form();
    // A change of language renders everything anew.
    let language = Memo::new(move |_| field.preferences.with(|chosen| chosen.language.clone()));
    view! {
        {move || {
            // Read, not only tracked: a memo that was never read follows nothing.
            let _ = language.get();
            match field.phase.get() {
                Phase::Starting => screens::start::Starting().into_view(),
                Phase::Welcome => screens::start::Welcome().into_view(),
                Phase::Elsewhere => screens::start::Elsewhere().into_view(),
                Phase::Stuck(trouble) => {
                    view! { <screens::start::Stuck trouble=trouble /> }.into_view()
                }
                Phase::Open => open(router).into_view(),
            }
        }}
        <p class="visually-hidden" role="status" aria-live="polite">{move || announcer.said()}</p>
    }
}

fn open(router: Router) -> impl IntoView {
    move || match router.screen() {
        Screen::Home | Screen::SetUp => screens::home::Home().into_view(),
        Screen::Unlock => screens::unlock::Unlock().into_view(),
        Screen::StartRound => screens::start_round::StartRound().into_view(),
        Screen::Tally => screens::tally::Tally().into_view(),
        Screen::Quick => screens::quick::Quick().into_view(),
        Screen::Record => screens::record::Record().into_view(),
        Screen::Check => screens::check::Check().into_view(),
        Screen::Records => screens::records::Records().into_view(),
        Screen::RecordDetail => screens::detail::Detail().into_view(),
        Screen::StopRound => screens::stop_round::StopRound().into_view(),
        Screen::Nobody => screens::nobody::Nobody().into_view(),
        Screen::Tables => screens::tables::Tables().into_view(),
        Screen::PaperSheet => screens::paper::PaperSheet().into_view(),
        Screen::About => screens::about::About().into_view(),
        Screen::Preferences => screens::preferences::Preferences().into_view(),
        Screen::Help => screens::help::Help().into_view(),
        Screen::Topic(topic) => view! { <screens::help::Page topic=topic /> }.into_view(),
        Screen::CountLists => screens::about::lists::CountLists().into_view(),
        Screen::Licences => screens::about::licences::Licences().into_view(),
        Screen::Remove => screens::about::remove::Remove().into_view(),
    }
}
