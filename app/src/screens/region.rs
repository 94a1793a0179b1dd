//! The region, for who coordinates it: is it ready, how far is the count, who asks, who takes part.
//!
//! Not here: what it is made of (`services::post`).

mod along;
mod campaign;
mod devices;
pub mod invite;
mod missing;
mod newcomers;
pub mod odd;

use crate::browser::{clock, life};
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::row::Row;
use crate::routes::{Router, Screen};
use crate::services::field::Field;
use crate::services::post::{OfficeProblem, Post, RegionView, Stands};
use crate::text::{Text, home, region};
use crate::view::prelude::*;
use gloo::timers::callback::Interval;
use veldpost_envelope::roster::Reason;
use veldpost_envelope::wire::Code;
use veldpost_sync::Wake;
use wasm_bindgen_futures::spawn_local;

/// While a screen of the region is open and the relay does not tell by itself, it looks this often for what came in:
/// milliseconds.
const LOOK_MS: u32 = 10_000;

/// Within so many milliseconds the screen shows what an act changed.
const SETTLES_MS: i64 = 10_000;

/// What the screens of a region share: what is there, and who does what is asked.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The region, once it was read.
    pub view: RwSignal<Option<RegionView>>,
    /// Does it.
    pub post: Post,
}

impl Desk {
    /// Reads the region, and again whenever it moved.
    pub fn open() -> Self {
        let post = expect_context::<Post>();
        let field = expect_context::<Field>();
        let desk = Self {
            view: RwSignal::new(None),
            post,
        };
        post.acting.watch();
        // Whoever looks at the region wants to see what comes in; a relay that fails is not asked more often for it.
        post.wake(Wake::Minute);
        let looking = Interval::new(LOOK_MS, move || {
            if !post.is_live() {
                post.wake(Wake::Minute);
            }
        });
        StoredValue::new_local(looking);
        let asked = StoredValue::new(0_u32);
        Effect::new(move |_| {
            post.moved.track();
            field.commits.track();
            let number = asked.get_value().wrapping_add(1);
            asked.set_value(number);
            spawn_local(async move {
                let view = post.region().await;
                // What was read before it moved again may come after: it would stay until the next move.
                if asked.try_get_value() == Some(number) {
                    desk.view.try_set(view);
                }
            });
        });
        desk
    }

    /// A part of the region, told only when it changed: what is made of it stays while something else comes in, and
    /// with it an open dialog or what somebody types.
    pub fn part<T>(self, of: impl Fn(&RegionView) -> T + Send + Sync + 'static) -> Memo<Option<T>>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.view.with(|view| view.as_ref().map(&of)))
    }

    /// Does one thing, says how it went, and lets no other begin meanwhile.
    pub fn act<F>(self, done: Text, act: F)
    where
        F: Future<Output = Result<(), OfficeProblem>> + 'static,
    {
        self.post.acting.act(done, act);
    }
}

/// How the last thing went.
#[component]
pub fn Outcome(desk: Desk) -> impl IntoView {
    let acting = desk.post.acting;
    let told_at = StoredValue::new(0_i64);
    Effect::new(move |_| {
        if acting.done.get().is_some() || acting.problem.with(Option::is_some) {
            told_at.set_value(clock::now());
        }
    });
    Effect::new(move |_| {
        desk.view.track();
        acting.done.track();
        acting.problem.track();
        // What was pressed goes once the region was read again, and with it the place where a keyboard was.
        if clock::now() - told_at.get_value() < SETTLES_MS {
            request_animation_frame(|| life::focus_if_lost(".outcome"));
        }
    });
    view! {
        <p class="hint outcome" role="status" tabindex="-1">
            {move || {
                if acting.waits.get() {
                    region::WAITS.get()
                } else if acting.busy.get() {
                    region::BUSY.get()
                } else {
                    acting.done.get().map_or("", Text::get)
                }
            }}
        </p>
        {move || {
            acting
                .problem
                .get()
                .map(|problem| {
                    view! {
                        <div class="banner banner-error" role="alert">
                            <p>{problem_words(&problem)}</p>
                        </div>
                    }
                })
        }}
    }
}

/// What went wrong, and what stands.
pub fn problem_words(problem: &OfficeProblem) -> String {
    match problem {
        OfficeProblem::Half(stands, why) => {
            let stands = stands_label(*stands).get();
            format!("{stands} {}", why_words(why))
        }
        // It may have been said at the relay already.
        OfficeProblem::NoRelay | OfficeProblem::NotWritten | OfficeProblem::NotBegun => {
            why_words(problem)
        }
        _ => format!("{} {}", why_words(problem), region::NOTHING_CHANGED.get()),
    }
}

fn why_words(problem: &OfficeProblem) -> String {
    match problem {
        OfficeProblem::NoRelay => region::NO_RELAY.get().to_owned(),
        OfficeProblem::Locked => region::LOCKED.get().to_owned(),
        OfficeProblem::Rule(Reason::NotReady) => region::NOT_READY.get().to_owned(),
        OfficeProblem::Rule(reason) => region::RULE.with(&[("reason", &reason.to_string())]),
        OfficeProblem::Refused(code) => refused(*code),
        OfficeProblem::NotMade => region::NOT_MADE.get().to_owned(),
        OfficeProblem::NotWritten => region::NOT_WRITTEN.get().to_owned(),
        OfficeProblem::NoAddress => region::NO_ADDRESS.get().to_owned(),
        OfficeProblem::Overtaken => region::OVERTAKEN.get().to_owned(),
        OfficeProblem::SameResult => region::SAME_RESULT.get().to_owned(),
        OfficeProblem::NotBegun => region::NOT_BEGUN.get().to_owned(),
        OfficeProblem::Half(_, why) => why_words(why),
    }
}

/// What was done, what was not, and whether it comes by itself.
const fn stands_label(stands: Stands) -> Text {
    match stands {
        Stands::Removed => region::HALF_REMOVED,
        Stands::Admitted => region::HALF_ADMITTED,
        Stands::Renewed => region::HALF_RENEWED,
        Stands::Invited => region::HALF_INVITED,
        Stands::Campaign => region::HALF_CAMPAIGN,
        Stands::Result => region::HALF_RESULT,
    }
}

fn refused(code: Code) -> String {
    region::REFUSED.with(&[("code", &code.text())])
}

/// Where a coordinator runs the region.
#[component]
pub fn Region() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let desk = Desk::open();
    // Before it was read, nothing of it is zero.
    let known = Memo::new(move |_| desk.view.with(Option::is_some));
    let odd = move || {
        desk.view
            .with(|view| view.as_ref().map_or(0, |view| view.odd.total()))
    };
    // Also while it is locked, and before anything of it was read.
    let name = move || {
        field.commits.track();
        let name = field.settings().and_then(|settings| settings.region);
        name.filter(|name| !name.is_empty())
            .map(|name| view! { <p><strong>{name}</strong></p> })
    };
    view! {
        <Page title=home::REGION back=Screen::Home>
            {name}
            <Notice />
            <RefusedRegion desk=desk />
            <Outcome desk=desk />
            <Show
                when=move || field.unlocked.get()
                fallback=move || {
                    view! {
                        <p>{region::UNLOCK_FIRST.get()}</p>
                        <button
                            type="button"
                            class="button button-primary"
                            on:click=move |_| router.go(Screen::Unlock)
                        >
                            {home::UNLOCK.get()}
                        </button>
                    }
                }
            >
                <Show
                    when=move || known.get()
                    fallback=|| view! { <p role="status">{region::BUSY.get()}</p> }
                >
                    <Ready desk=desk />
                    <newcomers::Newcomers desk=desk />
                    <campaign::Campaigns desk=desk />
                    <section>
                        <ul class="rows">
                            <Row to=Screen::Invite label=region::INVITE />
                            <li>
                                <button
                                    type="button"
                                    class="row"
                                    on:click=move |_| router.go(Screen::Odd)
                                >
                                    <span class="row-main">
                                        {move || region::ODD_ROW.with(&[("n", &odd())])}
                                    </span>
                                </button>
                            </li>
                            <Row to=Screen::CountLists label=region::LISTS />
                            <Row to=Screen::Tables label=home::TABLES />
                        </ul>
                    </section>
                    <devices::Devices desk=desk />
                </Show>
            </Show>
        </Page>
    }
}

/// Until a second coordinator is in, no count begins.
#[component]
fn Ready(desk: Desk) -> impl IntoView {
    let ready = desk.part(|view| view.ready);
    move || {
        (!ready.get()?).then(|| {
            view! {
                <div class="banner banner-warning">
                    <p class="banner-title">{region::NOT_READY_TITLE.get()}</p>
                    <p>{region::NOT_READY.get()}</p>
                </div>
            }
        })
    }
}

/// The relay asks for the operator's code before it takes a new region.
#[component]
fn RefusedRegion(desk: Desk) -> impl IntoView {
    let typed = NodeRef::<html::Input>::new();
    let submit = move |event: Event| {
        event.prevent_default();
        let code = typed.get().map_or_else(String::new, |field| field.value());
        desk.post.found_at_relay(Some(code.trim().to_owned()));
    };
    move || {
        let code = desk.post.refused_region.get()?;
        Some(view! {
            <div class="banner banner-error" role="alert">
                <p class="banner-title">{region::REFUSED_REGION.get()}</p>
                <p>{refused(code)} " " {region::NOTHING_CHANGED.get()}</p>
            </div>
            <form class="stack" autocomplete="off" novalidate on:submit=submit>
                <div class="field">
                    <label class="label" for="founding">{region::FOUNDING_CODE.get()}</label>
                    <p class="hint" id="founding-hint">{region::FOUNDING_HINT.get()}</p>
                    <input
                        node_ref=typed
                        class="input"
                        id="founding"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-describedby="founding-hint"
                    />
                </div>
                <button type="submit" class="button button-primary">
                    {region::FOUND.get()}
                </button>
            </form>
        })
    }
}
