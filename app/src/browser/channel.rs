//! One writer among several windows: a Web Lock, and a channel to ask the other to let go.
//!
//! Not here: safety. That is the fencing number in the database; this only keeps windows polite.

use js_sys::{Function, Object, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What windows say to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Finish, commit and let go: somebody goes on in another window.
    LetGo,
    /// It is done.
    Gone,
    /// Lock: the person locked in another window.
    Lock,
    /// Everything on this device was removed.
    Wiped,
}

impl Word {
    const ALL: [(Self, &'static str); 4] = [
        (Self::LetGo, "let-go"),
        (Self::Gone, "gone"),
        (Self::Lock, "lock"),
        (Self::Wiped, "wiped"),
    ];

    fn text(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(word, _)| *word == self)
            .map_or("", |(_, text)| text)
    }
}

/// The channel between windows of one database.
#[derive(Clone)]
pub struct Channel(Option<web_sys::BroadcastChannel>);

impl Channel {
    /// Joins the channel. A browser without one is a browser with one window.
    pub fn join(name: &str, hear: impl Fn(Word) + 'static) -> Self {
        let channel = web_sys::BroadcastChannel::new(name).ok();
        if let Some(channel) = &channel {
            let heard = Closure::<dyn Fn(web_sys::MessageEvent)>::new(
                move |event: web_sys::MessageEvent| {
                    let said = event.data().as_string().unwrap_or_default();
                    if let Some((word, _)) = Word::ALL.iter().find(|(_, text)| *text == said) {
                        hear(*word);
                    }
                },
            );
            channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
            heard.forget();
        }
        Self(channel)
    }

    /// Tells the other windows.
    pub fn say(&self, word: Word) {
        if let Some(channel) = &self.0 {
            let _ = channel.post_message(&word.text().into());
        }
    }
}

/// How the lock is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Only when nobody holds it.
    IfFree,
    /// Take it from whoever holds it.
    Steal,
}

/// The writer's lock. It is held until it is dropped, stolen, or the page goes.
pub struct WriterLock {
    release: Rc<RefCell<Option<Function>>>,
}

impl WriterLock {
    /// Asks for the lock; `None` when another window holds it. `lost` is called when it is stolen.
    pub async fn take(name: &str, ask: Ask, lost: impl Fn() + 'static) -> Option<Self> {
        let release: Rc<RefCell<Option<Function>>> = Rc::default();
        let navigator = leptos::prelude::window().navigator();
        let Some((manager, request)) = manager(&navigator) else {
            // No Web Locks: the fencing number alone decides.
            return Some(Self { release });
        };
        let options = Object::new();
        let flag = if ask == Ask::Steal {
            "steal"
        } else {
            "ifAvailable"
        };
        let _ = Reflect::set(&options, &flag.into(), &JsValue::TRUE);
        let (kept, name) = (release.clone(), name.to_owned());
        let granted = Promise::new(&mut |resolve, _| {
            let (kept, refused) = (kept.clone(), resolve.clone());
            let held = Closure::once_into_js(move |lock: JsValue| -> JsValue {
                let got = !lock.is_null() && !lock.is_undefined();
                let hold = if got {
                    Promise::new(&mut |let_go, _| *kept.borrow_mut() = Some(let_go)).into()
                } else {
                    JsValue::UNDEFINED
                };
                let _ = resolve.call1(&JsValue::NULL, &got.into());
                hold
            });
            let asked = request.call3(&manager, &name.as_str().into(), &options, &held);
            match asked.and_then(JsCast::dyn_into::<Promise>) {
                Ok(asked) => watch(&asked, refused),
                Err(_) => _ = refused.call0(&JsValue::NULL),
            }
        });
        let granted = wasm_bindgen_futures::JsFuture::from(granted).await.ok()?;
        if granted.as_bool() == Some(false) {
            return None;
        }
        // Without an answer locks are refused here, as all storage may be: the database will say so.
        STOLEN.with(|stolen| *stolen.borrow_mut() = Some(Box::new(lost)));
        Some(Self { release })
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        STOLEN.with(|stolen| stolen.borrow_mut().take());
        if let Some(let_go) = self.release.borrow_mut().take() {
            let _ = let_go.call0(&JsValue::NULL);
        }
    }
}

thread_local! {
    static STOLEN: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

/// A stolen lock rejects the promise of the one that held it; so does a browser that grants none.
fn watch(asked: &Promise, refused: Function) {
    let asked = wasm_bindgen_futures::JsFuture::from(asked.clone());
    wasm_bindgen_futures::spawn_local(async move {
        if asked.await.is_err() {
            let _ = refused.call0(&JsValue::NULL);
            let lost = STOLEN.with(|stolen| stolen.borrow_mut().take());
            if let Some(lost) = lost {
                lost();
            }
        }
    });
}

fn manager(navigator: &JsValue) -> Option<(JsValue, Function)> {
    let manager = Reflect::get(navigator, &"locks".into()).ok()?;
    let request = Reflect::get(&manager, &"request".into())
        .ok()?
        .dyn_into()
        .ok()?;
    Some((manager, request))
}
