//! Scanning an invitation: the camera's picture, and what happens with a code that it sees.
//!
//! Not here: the invitation itself; what was scanned goes the way of what is pasted. The camera is on only while this screen stands
//! and the page is seen.

use crate::browser::camera::{self, Camera, CameraProblem};
use crate::browser::scanner::Scanner;
use crate::browser::{clock, device, life};
use crate::components::page::Page;
use crate::services::announcer::Announcer;
use crate::text::{Text, scan};
use crate::view::prelude::*;
use veldpost_sync::{Enrol, EnrolProblem};
use wasm_bindgen_futures::spawn_local;

/// Between two pictures: five a second, or fewer on a slow device.
const PAUSE_MS: u32 = 200;
/// How a hand feels that it was found.
const FOUND_MS: u16 = 80;

/// Why scanning ended without a link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// There is no picture.
    Camera(CameraProblem),
    /// The module that reads did not come.
    NoReader,
    /// The page was hidden.
    Left,
}

impl Ended {
    /// What happened, and what to do.
    pub fn words(self) -> (Text, Text) {
        match self {
            Self::Camera(CameraProblem::Missing) => (scan::MISSING, scan::DO_PASTE),
            Self::Camera(CameraProblem::Refused) => (scan::REFUSED, scan::DO_ALLOW),
            Self::Camera(CameraProblem::Busy) => (scan::BUSY, scan::DO_FREE),
            Self::NoReader => (scan::NO_READER, scan::DO_CONNECT),
            Self::Left => (scan::LEFT, scan::DO_AGAIN),
        }
    }
}

/// A camera that is on and a reader of what it sees; dropping it ends both.
struct Session {
    camera: Camera,
    scanner: Scanner,
}

/// One scan, as long as its screen stands.
#[derive(Clone, Copy)]
struct Scan {
    says: RwSignal<Text>,
    has_lamp: RwSignal<bool>,
    lit: RwSignal<bool>,
    session: StoredValue<Option<Session>, LocalStorage>,
    announcer: Announcer,
    on_link: Callback<String>,
    on_end: Callback<Option<Ended>>,
}

/// The camera's picture until an invitation is seen. `on_end` says why there was none; nothing: the person stopped.
#[component]
pub fn Scanning(on_link: Callback<String>, on_end: Callback<Option<Ended>>) -> impl IntoView {
    let scan = Scan {
        says: RwSignal::new(scan::ASKING),
        has_lamp: RwSignal::new(false),
        lit: RwSignal::new(false),
        session: StoredValue::new_local(None),
        announcer: expect_context::<Announcer>(),
        on_link,
        on_end,
    };
    let video = NodeRef::<html::Video>::new();
    let stop = Callback::new(move |()| scan.end(None));
    let left = move || {
        // The question whether the camera may be used can hide the page by itself.
        if scan.session.with_value(Option::is_some) {
            scan.end(Some(Ended::Left));
        }
    };
    StoredValue::new_local(life::on_leaving(left, move || stop.run(())));
    on_cleanup(move || scan.session.set_value(None));
    spawn_local(async move {
        if let Err(ended) = scan.run(video).await
            && scan.is_there()
        {
            scan.end(Some(ended));
        }
    });
    let bar = ViewFn::from(move || {
        view! {
            <button type="button" class="button bar-main" on:click=move |_| stop.run(())>
                {scan::STOP.get()}
            </button>
        }
    });
    view! {
        <Page title=scan::TITLE on_back=stop bar=bar>
            <p>{move || scan.says.get().get()}</p>
            <div class="camera">
                <video node_ref=video playsinline aria-hidden="true"></video>
            </div>
            {move || scan.has_lamp.get().then(|| scan.lamp())}
            <p class="hint">{scan::PRIVATE.get()}</p>
        </Page>
    }
}

impl Scan {
    /// Whether its screen stands.
    fn is_there(self) -> bool {
        self.says.try_get_untracked().is_some()
    }

    fn end(self, ended: Option<Ended>) {
        self.session.set_value(None);
        self.on_end.run(ended);
    }

    fn say(self, words: Text) {
        if self.says.get_untracked() != words {
            self.says.set(words);
            self.announcer.say_now(words.get().to_owned());
        }
    }

    /// Looks until a link was found or the screen was left.
    async fn run(self, video: NodeRef<html::Video>) -> Result<(), Ended> {
        let given = camera::ask().await.map_err(Ended::Camera)?;
        if !self.is_there() {
            return Ok(());
        }
        if life::is_hidden() {
            return Err(Ended::Left);
        }
        let Some(video) = video.get() else {
            return Ok(());
        };
        let camera = given.show_in(video).ok_or(Ended::NoReader)?;
        let scanner = Scanner::default();
        self.has_lamp.set(camera.has_lamp());
        self.session.set_value(Some(Session { camera, scanner }));
        self.say(scan::LOOKING);
        while let Some(look) = self.look().await {
            let texts = look?;
            if !texts.is_empty() && self.take(&texts) {
                break;
            }
        }
        Ok(())
    }

    /// What the next picture holds, a line a code. `None`: the screen was left.
    async fn look(self) -> Option<Result<String, Ended>> {
        clock::pause(PAUSE_MS).await;
        let asked = self.session.try_with_value(|session| {
            let Session { camera, scanner } = session.as_ref()?;
            if !camera.is_on() {
                return Some(Err(Ended::Camera(CameraProblem::Busy)));
            }
            Some(Ok(camera.picture().map(|picture| scanner.read(&picture))))
        });
        let texts = match asked?? {
            Err(ended) => return Some(Err(ended)),
            Ok(None) => return Some(Ok(String::new())),
            Ok(Some(reading)) => reading.await,
        };
        // It may have been left while the picture was read.
        self.session
            .try_with_value(Option::is_some)
            .filter(|on| *on)?;
        Some(texts.ok_or(Ended::NoReader))
    }

    /// Whether an invitation was among these texts.
    fn take(self, texts: &str) -> bool {
        let Some(link) = texts.lines().find(|text| is_invitation(text)) else {
            self.say(scan::OTHER);
            return false;
        };
        self.session.set_value(None);
        device::vibrate(&[FOUND_MS]);
        self.announcer.say_now(scan::FOUND.get().to_owned());
        self.on_link.run(link.to_owned());
        true
    }

    /// Its button stays the same one while its words change, so that it keeps the focus.
    fn lamp(self) -> View {
        let label = move || {
            let words = if self.lit.get() {
                scan::LAMP_OFF
            } else {
                scan::LAMP_ON
            };
            words.get()
        };
        let switch = move |_| {
            self.lit.update(|lit| *lit = !*lit);
            let lit = self.lit.get_untracked();
            self.session.with_value(|session| {
                if let Some(session) = session {
                    session.camera.light(lit);
                }
            });
        };
        view! {
            <button type="button" class="button button-wide" on:click=switch>
                {label}
            </button>
        }
        .into_view()
    }
}

/// A pasted text may be the part behind `#` alone. A code that was made as one has an address.
fn is_invitation(text: &str) -> bool {
    text.contains("/#") && !matches!(Enrol::read_link(text), Err(EnrolProblem::NotALink(_)))
}
