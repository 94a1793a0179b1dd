//! The root: services that live as long as the page, and the one screen that is open.

use crate::browser::life;
use crate::later::{Later, Standing};
use crate::routes::{Router, Screen};
use crate::screens;
use crate::services::announcer::Announcer;
use crate::services::field::{Field, Phase};
use crate::services::install::Install;
use crate::services::post::Post;
use crate::services::typed::Typed;
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
    provide_context(Typed::new());
    let (updates, install, wake) = (Updates::new(field), Install::new(), Wake::new(field));
    provide_context(updates);
    provide_context(install);
    provide_context(wake);
    let post = Post::new(field);
    provide_context(post);
    let later = Later::start(
        router,
        field,
        Standing {
            updates,
            install,
            wake,
            post,
        },
    );
    provide_context(later);
    life::reload_when_restored_from_cache();
    // At `pagehide` it is mostly too late to keep something: where the browser asks before leaving, it is kept then.
    life::on_window(&["beforeunload", "pagehide"], move || {
        field.keep_typed_now()
    });
    life::on_leaving_for_the_cache(move || field.leave());
    life::on_visibility(move |hidden| {
        if hidden {
            field.keep_typed_now();
        }
    });
    // An invitation that is opened in a window where the app is open loads no page.
    life::on_window(&["hashchange"], move || field.look_for_invitation());
    field.watch_idleness();
    field.start();
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
                Phase::Open => open(router, later).into_view(),
            }
        }}
        <p class="visually-hidden" role="status" aria-live="polite">{move || announcer.said()}</p>
    }
}

fn open(router: Router, later: Later) -> impl IntoView {
    move || match router.screen() {
        Screen::Home | Screen::SetUp => screens::home::Home().into_view(),
        Screen::StartRound => screens::start_round::StartRound().into_view(),
        Screen::Tally => screens::tally::Tally().into_view(),
        Screen::Quick => screens::quick::Quick().into_view(),
        Screen::Record => screens::record::Record().into_view(),
        screen => later.screen(screen),
    }
}
