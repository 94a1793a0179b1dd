//! The service worker as a page sees it: what it says, whether a newer one waits.
//!
//! Not here: registering it. `index.html` does that, so that a build that does not start can still
//! be replaced.

use gloo::events::EventListener;
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorkerContainer, ServiceWorkerRegistration};

/// What the worker says to a page.
pub enum Said {
    /// It is fetching the app's files.
    Progress {
        /// Files that are there.
        done: u32,
        /// Files in all.
        total: u32,
    },
    /// It read every file back.
    Status {
        /// The build that it keeps.
        version: String,
        /// Files that are not there, or are not what the build made.
        missing: u32,
        /// Another build's files are still there, and none waits: this one is new here.
        updated: bool,
    },
}

/// Absent without https, and in private windows of some browsers.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = leptos::prelude::window().navigator();
    Reflect::get(&navigator, &"serviceWorker".into())
        .ok()?
        .dyn_into()
        .ok()
}

/// Whether this browser knows service workers here at all.
pub fn is_known() -> bool {
    container().is_some()
}

/// Whether this page came from a worker. On a first visit it did not.
pub fn is_controlled() -> bool {
    container().is_some_and(|container| container.controller().is_some())
}

/// Hears what the worker says, for as long as the page lives.
pub fn hear(said: impl Fn(Said) + 'static) {
    let Some(container) = container() else { return };
    let heard =
        Closure::<dyn Fn(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
            if let Some(words) = read(&event.data()) {
                said(words);
            }
        });
    container.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
}

fn read(message: &JsValue) -> Option<Said> {
    let field = |name: &str| Reflect::get(message, &name.into()).ok();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of f64 saturates, and a build has a few dozen files"
    )]
    let number = |name: &str| Some(field(name)?.as_f64()? as u32);
    match field("type")?.as_string()?.as_str() {
        "progress" => Some(Said::Progress {
            done: number("done")?,
            total: number("total")?,
        }),
        "status" => Some(Said::Status {
            version: field("version")?.as_string()?,
            missing: number("missing")?,
            updated: field("updated")?.is_truthy(),
        }),
        _ => None,
    }
}

/// Calls back when another worker takes this page over, for as long as the page lives.
pub fn on_change(changed: impl Fn() + 'static) {
    if let Some(container) = container() {
        EventListener::new(&container, "controllerchange", move |_| changed()).forget();
    }
}

/// The registration of this app's worker.
#[derive(Clone)]
pub struct Registration(ServiceWorkerRegistration);

impl Registration {
    /// Waits until a worker is active. Where none ever is, this never comes back.
    pub async fn ready() -> Option<Self> {
        let ready = container()?.ready().ok()?;
        Some(Self(JsFuture::from(ready).await.ok()?.dyn_into().ok()?))
    }

    /// Whether a newer build waits. On a first visit the only worker may pass through waiting.
    pub fn waits(&self) -> bool {
        self.0.waiting().is_some() && is_controlled()
    }

    /// Calls back when a newer build begins to wait, for as long as the page lives.
    pub fn on_waiting(&self, waiting: impl Fn() + Clone + 'static) {
        let this = self.clone();
        let follow = move || {
            let Some(found) = this.0.installing() else {
                return;
            };
            let (this, waiting) = (this.clone(), waiting.clone());
            EventListener::new(&found, "statechange", move |_| {
                if this.waits() {
                    waiting();
                }
            })
            .forget();
        };
        // One that was found before anybody listened.
        follow();
        EventListener::new(&self.0, "updatefound", move |_| follow()).forget();
    }

    /// Lets the newer build take over. `false`: none waits.
    pub fn apply_update(&self) -> bool {
        let waiting = self.0.waiting();
        if waiting.is_some() {
            // Where this one waits for an answer, the newer one would wait too.
            self.tell("make-room");
        }
        waiting.is_some_and(|worker| worker.post_message(&message("apply-update")).is_ok())
    }

    /// Asks the active worker to read its files back; it answers with [`Said::Status`].
    pub fn ask_status(&self) {
        self.tell("status");
    }

    /// Tells the active worker that its build has started: files of earlier builds may go.
    pub fn say_started(&self) {
        self.tell("started");
    }

    fn tell(&self, what: &str) {
        if let Some(worker) = self.0.active() {
            // A worker that does not hear this does nothing; the next start says it again.
            let _ = worker.post_message(&message(what));
        }
    }

    /// Asks the server whether there is a newer build. Without a network nothing happens.
    pub fn look_for_update(&self) {
        if let Ok(asked) = self.0.update() {
            wasm_bindgen_futures::spawn_local(async move {
                let _ = JsFuture::from(asked).await;
            });
        }
    }
}

fn message(kind: &str) -> JsValue {
    let message = Object::new();
    let _ = Reflect::set(&message, &"type".into(), &kind.into());
    message.into()
}
