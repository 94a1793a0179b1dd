//! Which screen is open, and the address that goes with it.
//!
//! An address names a kind of screen and nothing else: no id, no record, no answer stands in it.

use leptos::prelude::*;
use zeroize::Zeroizing;

/// Every screen. What a screen is about (which record, which page) lives in services, not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Screen {
    /// Where a person lands: the open draft, the open round, the ways in.
    #[default]
    Home,
    /// A region of one is set up, or practice begins.
    SetUp,
    /// Passphrase for reading.
    Unlock,
    /// The recovery code, for who has lost the passphrase.
    UnlockByCode,
    /// Who walks, where.
    StartRound,
    /// One tap, one person.
    Tally,
    /// One person in four taps.
    Quick,
    /// One person after another, by keyboard, at an organisation's desk.
    Desk,
    /// A questionnaire, page by page.
    Record,
    /// All answers before they are kept.
    Check,
    /// What this device recorded.
    Records,
    /// One record: its answers, amend, withdraw.
    RecordDetail,
    /// Totals and a remark.
    StopRound,
    /// "0 geteld" of an organisation or an area, outside a round.
    Nobody,
    /// The region's tables.
    Tables,
    /// A sheet to count on with a pen.
    PaperSheet,
    /// The region, for who coordinates it.
    Region,
    /// A new invitation.
    Invite,
    /// What came in and is set apart.
    Odd,
    /// Version, storage, promises.
    About,
    /// Scheme, language, hand, lock times.
    Preferences,
    /// How it works, without a network.
    Help,
    /// One page of it.
    Topic(Topic),
    /// Count date, organisations and areas of a region of one.
    CountLists,
    /// What Veldpost is made of.
    Licences,
    /// Everything off this device.
    Remove,
    /// An invitation, for a region of one.
    Join,
    /// A region of one opens itself to others.
    Grow,
    /// The passphrase is lost for good.
    BeginAgain,
}

/// The pages of *Hulp*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// How to count.
    Counting,
    /// The categories of ETHOS Light, with examples.
    Categories,
    /// What the states of a record mean.
    Words,
    /// What a locked device does and does not do.
    Locking,
    /// The phone is gone.
    LostPhone,
    /// On the home screen, and why.
    Installing,
    /// The accessibility statement.
    Accessibility,
}

impl Screen {
    const ALL: [(Self, &'static str); 35] = [
        (Self::Home, ""),
        (Self::SetUp, "begin"),
        (Self::Unlock, "ontgrendel"),
        (Self::UnlockByCode, "ontgrendel/code"),
        (Self::StartRound, "ronde"),
        (Self::Tally, "tellen"),
        (Self::Quick, "snel"),
        (Self::Desk, "balie"),
        (Self::Record, "registreren"),
        (Self::Check, "controleren"),
        (Self::Records, "registraties"),
        (Self::RecordDetail, "registratie"),
        (Self::StopRound, "stoppen"),
        (Self::Nobody, "niemand"),
        (Self::Tables, "tabellen"),
        (Self::PaperSheet, "turflijst"),
        (Self::Region, "regio"),
        (Self::Invite, "regio/uitnodigen"),
        (Self::Odd, "regio/bijzonder"),
        (Self::About, "toestel"),
        (Self::Preferences, "instellingen"),
        (Self::Help, "hulp"),
        (Self::Topic(Topic::Counting), "hulp/tellen"),
        (Self::Topic(Topic::Categories), "hulp/slaapplekken"),
        (Self::Topic(Topic::Words), "hulp/woorden"),
        (Self::Topic(Topic::Locking), "hulp/slot"),
        (Self::Topic(Topic::LostPhone), "hulp/kwijt"),
        (Self::Topic(Topic::Installing), "hulp/beginscherm"),
        (Self::Topic(Topic::Accessibility), "hulp/toegankelijkheid"),
        (Self::CountLists, "toestel/telling"),
        (Self::Licences, "toestel/licenties"),
        (Self::Remove, "toestel/verwijderen"),
        (Self::Join, "meedoen"),
        (Self::Grow, "regio/beginnen"),
        (Self::BeginAgain, "ontgrendel/opnieuw"),
    ];

    fn slug(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(screen, _)| *screen == self)
            .map_or("", |(_, slug)| slug)
    }

    fn from_slug(slug: &str) -> Self {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == slug)
            .map_or(Self::Home, |(screen, _)| *screen)
    }
}

/// Practice has addresses of its own, so that a reload stays in practice.
const PRACTICE: &str = "/oefenen/";

/// Whether this page was opened for practice.
pub fn is_practice() -> bool {
    let path = window().location().pathname().unwrap_or_default();
    path == PRACTICE.trim_end_matches('/') || path.starts_with(PRACTICE)
}

/// The address of a screen in the mode that this page was opened in.
pub fn address(screen: Screen) -> String {
    let base = if is_practice() { PRACTICE } else { "/" };
    format!("{base}{}", screen.slug())
}

/// The address where practice begins.
pub fn practice_address() -> &'static str {
    PRACTICE
}

/// The open screen. It follows the browser's back and forward buttons.
#[derive(Clone, Copy)]
pub struct Router {
    screen: RwSignal<Screen>,
    /// The screen that led to this one. It stands beside the address in the browser's history too, for who comes back by it.
    from: StoredValue<Screen>,
    /// The screen that led to that one, for who goes back to it.
    before: StoredValue<Screen>,
    /// No other screen was opened since the page was loaded.
    as_loaded: StoredValue<bool>,
}

impl Router {
    /// Reads the address and listens to the browser's buttons, for as long as the page lives.
    pub fn start() -> Self {
        let router = Self {
            screen: RwSignal::new(here()),
            from: StoredValue::new(came_from()),
            before: StoredValue::new(Screen::Home),
            as_loaded: StoredValue::new(true),
        };
        let listener = gloo::events::EventListener::new(&window(), "popstate", move |_| {
            // A link within a page changes the address too, and must not build the page anew.
            let screen = here();
            if router.screen.get_untracked() != screen {
                router.from.set_value(came_from());
                router.before.set_value(Screen::Home);
                router.show(screen);
            }
        });
        listener.forget();
        router
    }

    /// The open screen, tracked.
    pub fn screen(self) -> Screen {
        self.screen.get()
    }

    /// Whether the open screen works on the form in hand; not tracked.
    pub fn shows_form(self) -> bool {
        matches!(
            self.screen.get_untracked(),
            Screen::Quick | Screen::Desk | Screen::Record | Screen::Check
        )
    }

    /// Opens a screen and adds it to the history.
    pub fn go(self, screen: Screen) {
        if self.screen.get_untracked() != screen {
            let from = self.screen.get_untracked();
            self.before.set_value(self.from.get_value());
            self.from.set_value(from);
            set_address(screen, from, false);
            self.show(screen);
        }
    }

    fn show(self, screen: Screen) {
        self.as_loaded.set_value(false);
        self.screen.set(screen);
    }

    /// Whether this is the screen that the page was loaded with: its address led here, and nothing else.
    pub fn is_as_loaded(self) -> bool {
        self.as_loaded.get_value()
    }

    /// The screen that led to this one; the first when its address did.
    pub fn from(self) -> Screen {
        self.from.get_value()
    }

    /// Where *Terug* leads on a screen that the region's and the first one lead to.
    pub fn region_or_home(self) -> Screen {
        match self.from.get_value() {
            Screen::Region => Screen::Region,
            _ => Screen::Home,
        }
    }

    /// Goes on with the screen that led to this one, and where that one was come from still holds; Back skips this one.
    pub fn leave(self) {
        let screen = self.from.get_value();
        self.from.set_value(self.before.get_value());
        self.before.set_value(Screen::Home);
        self.replace(screen);
    }

    /// Opens a screen in the place of this one, so that Back skips it.
    pub fn replace(self, screen: Screen) {
        set_address(screen, self.from.get_value(), true);
        self.show(screen);
    }
}

/// The invitation that stands behind the address, taken out of it at once: no history, no screenshot of the bar holds it.
pub fn take_invitation() -> Option<Zeroizing<String>> {
    let location = window().location();
    let fragment = Zeroizing::new(location.hash().ok()?);
    if !fragment.starts_with("#j.") {
        return None;
    }
    let path = location.pathname().ok()?;
    let history = window().history().ok()?;
    let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
    Some(fragment)
}

fn here() -> Screen {
    let path = window().location().pathname().unwrap_or_default();
    let path = path.strip_prefix(PRACTICE).unwrap_or(&path);
    if path == PRACTICE.trim_end_matches('/') {
        return Screen::Home;
    }
    Screen::from_slug(path.trim_matches('/'))
}

/// The screen that led to the one that the browser shows: its history tells, after a reload too.
fn came_from() -> Screen {
    let history = window().history().ok();
    let state = history.and_then(|history| history.state().ok()?.as_string());
    state.map_or(Screen::Home, |slug| Screen::from_slug(&slug))
}

fn set_address(screen: Screen, from: Screen, replace: bool) {
    let Ok(history) = window().history() else {
        return;
    };
    let address = address(screen);
    // A kind of screen, as the address is.
    let state = from.slug().into();
    // A refused history entry (a browser may limit their rate) leaves the address behind; no more.
    let _ = if replace {
        history.replace_state_with_url(&state, "", Some(&address))
    } else {
        history.push_state_with_url(&state, "", Some(&address))
    };
}
