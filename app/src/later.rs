//! What nobody needs for a first tap: the second module, fetched once the first screen stands.
//!
//! Here: what is in it, and when it is fetched. Not here: the screens themselves, and how the linked
//! program becomes two (`xtask/src/split.rs`).

use crate::browser::{clock, life};
use crate::components::page::Page;
use crate::components::storage::StorageBanner;
use crate::components::update;
use crate::routes::{Router, Screen};
use crate::screens;
use crate::services::field::{Field, Phase};
use crate::services::install::Install;
use crate::services::post::Post;
use crate::services::update::Updates;
use crate::services::wake::Wake;
use crate::text::{self, later as words, trouble};
use crate::view::prelude::*;
use leptos::prelude::Write as _;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What the first screen still has to do once it stands: milliseconds.
const FIRST_SCREEN_MS: u32 = 300;

/// The second module, as far as it is here.
#[derive(Clone, Copy)]
pub struct Later {
    state: RwSignal<State>,
    router: Router,
    /// An attempt is under way.
    fetching: StoredValue<bool>,
    /// A person waits for it.
    wanted: StoredValue<bool>,
    standing: Standing,
}

/// Services that begin to listen once the second module is here: nothing of them is needed for a first tap.
#[derive(Clone, Copy)]
pub struct Standing {
    /// Newer versions, and working without a network.
    pub updates: Updates,
    /// Putting the app on the home screen.
    pub install: Install,
    /// The screen stays on.
    pub wake: Wake,
    /// What was recorded leaves, and what others sent comes in.
    pub post: Post,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    NotYet,
    There,
    /// Somebody asked for it, and it did not come.
    Failed,
}

impl Later {
    /// Fetches it when the first screen stands and the browser has nothing else to do.
    pub fn start(router: Router, field: Field, standing: Standing) -> Self {
        let later = Self {
            state: RwSignal::new(State::NotYet),
            router,
            fetching: StoredValue::new(false),
            wanted: StoredValue::new(false),
            standing,
        };
        let asked = StoredValue::new(false);
        Effect::new(move |_| {
            if field.phase.get() != Phase::Starting && !asked.get_value() {
                asked.set_value(true);
                spawn_local(async move {
                    clock::pause(FIRST_SCREEN_MS).await;
                    life::when_idle(move || {
                        field.fetch_form();
                        later.fetch();
                    });
                });
            }
        });
        later
    }

    /// A screen of the second module; until it is here, words in its place.
    pub fn screen(self, screen: Screen) -> View {
        let on_back = Callback::new(move |()| self.router.go(Screen::Home));
        self.show(on_back, Part::Screen(screen))
    }

    /// A way in for who has no book yet.
    pub fn way_in(self, way: WayIn, on_back: Callback<()>) -> View {
        self.show(on_back, Part::WayIn(way, on_back))
    }

    /// A part of a screen that can come a moment later than the rest of it.
    pub fn part(self, part: impl Fn() -> Part + 'static) -> View {
        (move || match self.state.get() {
            State::There => now(open(part())),
            State::NotYet | State::Failed => None,
        })
        .into_view()
    }

    /// Tracks the state: whoever shows this is called again when it changes.
    fn show(self, on_back: Callback<()>, part: Part) -> View {
        match self.state.get() {
            State::There => now(open(part)).into_view(),
            State::NotYet => {
                self.wanted.set_value(true);
                on_cleanup(move || self.wanted.set_value(false));
                self.fetch();
                view! { <Fetching on_back=on_back /> }.into_view()
            }
            State::Failed => {
                // The next screen that needs it tries anew, before it says that it cannot.
                on_cleanup(move || *self.state.write_untracked() = State::NotYet);
                let retry = Callback::new(move |()| self.state.set(State::NotYet));
                view! { <NotThere on_back=on_back retry=retry /> }.into_view()
            }
        }
    }

    /// A failure is not kept: the next call is a new attempt.
    fn fetch(self) {
        if self.fetching.get_value() || self.state.get_untracked() == State::There {
            return;
        }
        self.fetching.set_value(true);
        spawn_local(async move {
            let fetched = is_fetched().await;
            self.fetching.set_value(false);
            if fetched {
                self.state.set(State::There);
                let _ = stand_by(self.standing).await;
            } else if self.wanted.get_value() {
                self.state.set(State::Failed);
            }
        });
    }
}

/// Fetches the second module now, if it is not here. `false`: it did not come.
pub async fn is_fetched() -> bool {
    __wasm_split_preload_open().await.is_ok()
}

/// Learns English, for whoever chose it. Without the second module the words stay Dutch.
pub async fn learn_english() {
    let _ = open(Part::English).await;
}

/// The same, on a screen of the second module.
pub fn learn_english_now() {
    let _ = now(open(Part::English));
}

/// What a call into the second module gives once that is here: it does not wait then.
fn now<T>(call: impl Future<Output = Result<T, SplitLoaderError>>) -> Option<T> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(answer)) => Some(answer),
        Poll::Ready(Err(_)) | Poll::Pending => None,
    }
}

#[component]
fn Fetching(on_back: Callback<()>) -> impl IntoView {
    view! {
        <Page title=words::FETCHING on_back=on_back>
            <p class="hint">{words::FETCHING_WHAT.get()}</p>
        </Page>
    }
}

#[component]
fn NotThere(on_back: Callback<()>, retry: Callback<()>) -> impl IntoView {
    view! {
        <Page title=words::NOT_THERE on_back=on_back>
            <div class="banner banner-error" role="alert">
                <p>{words::NOT_THERE_ADVICE.get()}</p>
            </div>
            <p>{words::NOT_THERE_WHAT_TO_DO.get()}</p>
            <button
                type="button"
                class="button button-primary button-wide"
                on:click=move |_| retry.run(())
            >
                {trouble::RETRY.get()}
            </button>
        </Page>
    }
}

/// How somebody begins who has no book yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayIn {
    /// A region of one.
    Alone,
    /// A region that others will join.
    Region,
    /// By an invitation.
    Invitation,
    /// By the code on paper: a region that was lost.
    Recovery,
}

/// What the second module can show.
pub enum Part {
    /// A whole screen.
    Screen(Screen),
    /// A way in for who has no book yet.
    WayIn(WayIn, Callback<()>),
    /// How far what was recorded has got.
    Post,
    /// What waits of the time before somebody began again.
    Left,
    /// What a desk entered today.
    Today,
    /// A newer version waits, or this one is new.
    News,
    /// What the browser may clear, and the home screen.
    Keep,
    /// On a first visit: whether it works without a network yet.
    FirstLoad,
    /// The screen stays on during a round.
    ScreenStaysOn,
    /// Which language, before there is a book.
    Languages,
    /// Nothing to see: the words of the other language.
    English,
}

#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, fallible)]
fn stand_by(standing: Standing) -> Result<(), SplitLoaderError> {
    standing.updates.start();
    standing.install.start();
    standing.wake.start();
    standing.post.start();
    Ok(())
}

/// One function for all: each function that is split off waits once for itself, also when the module is here.
#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, fallible)]
fn open(part: Part) -> Result<View, SplitLoaderError> {
    Ok(match part {
        Part::Screen(screen) => open_screen(screen),
        Part::WayIn(way, on_back) => way_in(way, on_back),
        Part::Post => screens::post::PostLine().into_view(),
        Part::Left => screens::post::LeftLine().into_view(),
        Part::Today => view! { <screens::desk::Today rows=50 /> }.into_view(),
        Part::News => view! {
            <update::UpdatedNote />
            <update::UpdateBanner />
        }
        .into_view(),
        Part::Keep => view! {
            <StorageBanner />
            <update::FirstLoad />
        }
        .into_view(),
        Part::FirstLoad => update::FirstLoad().into_view(),
        Part::English => {
            text::learn_english(text::english());
            ().into_view()
        }
        Part::Languages => screens::preferences::Languages().into_view(),
        Part::ScreenStaysOn => screens::tally::ScreenStaysOn().into_view(),
    })
}

fn way_in(way: WayIn, on_back: Callback<()>) -> View {
    match way {
        WayIn::Alone => {
            view! { <screens::set_up::SetUp on_back=on_back shared=false /> }.into_view()
        }
        WayIn::Region => {
            view! { <screens::set_up::SetUp on_back=on_back shared=true /> }.into_view()
        }
        WayIn::Recovery => view! { <screens::recover::Recover on_back=on_back /> }.into_view(),
        WayIn::Invitation => view! { <screens::join::Join on_back=on_back /> }.into_view(),
    }
}

fn open_screen(screen: Screen) -> View {
    match screen {
        Screen::Unlock => screens::unlock::Unlock().into_view(),
        Screen::UnlockByCode => screens::unlock::code::ByCode().into_view(),
        Screen::Desk => screens::desk::Desk().into_view(),
        Screen::Check => screens::check::Check().into_view(),
        Screen::Records => screens::records::Records().into_view(),
        Screen::RecordDetail => screens::detail::Detail().into_view(),
        Screen::StopRound => screens::stop_round::StopRound().into_view(),
        Screen::Nobody => screens::nobody::Nobody().into_view(),
        Screen::Tables => screens::tables::Tables().into_view(),
        Screen::PaperSheet => screens::paper::PaperSheet().into_view(),
        Screen::Region => screens::region::Region().into_view(),
        Screen::Invite => screens::region::invite::Invite().into_view(),
        Screen::Odd => screens::region::odd::OddPage().into_view(),
        Screen::About => screens::about::About().into_view(),
        Screen::Preferences => screens::preferences::Preferences().into_view(),
        Screen::Help => screens::help::Help().into_view(),
        Screen::Topic(topic) => view! { <screens::help::Page topic=topic /> }.into_view(),
        Screen::CountLists => screens::about::lists::CountLists().into_view(),
        Screen::Licences => screens::about::licences::Licences().into_view(),
        Screen::Remove => screens::about::remove::Remove().into_view(),
        Screen::BeginAgain => screens::unlock::begin_again::BeginAgain().into_view(),
        Screen::Grow => screens::grow::Grow().into_view(),
        Screen::Join => screens::join::along::WithBook().into_view(),
        // In the first module: `app::open`.
        Screen::Home
        | Screen::SetUp
        | Screen::StartRound
        | Screen::Tally
        | Screen::Quick
        | Screen::Record => ().into_view(),
    }
}
