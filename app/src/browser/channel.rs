//! One writer among several windows: a Web Lock, and a channel to ask the other to let go.
//!
//! Not here: safety. That is the fencing number in the database; this only keeps windows polite.

use super::early;
use js_sys::Promise;
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

#[wasm_bindgen]
extern "C" {
    /// Asks for a lock; `index.html` defines it.
    #[wasm_bindgen(catch, js_name = askForWriter)]
    fn ask_for_writer(name: &str, steal: bool) -> Result<Asked, JsValue>;

    /// What was asked for.
    #[derive(Clone)]
    type Asked;

    #[wasm_bindgen(method, getter)]
    fn name(this: &Asked) -> String;

    /// True: it is held, or the browser knows no locks. False: another window holds it.
    #[wasm_bindgen(method, getter)]
    fn granted(this: &Asked) -> Promise;

    #[wasm_bindgen(method)]
    fn release(this: &Asked);

    /// Called when it was stolen.
    #[wasm_bindgen(method, setter)]
    fn set_lost(this: &Asked, lost: &JsValue);
}

/// The writer's lock. It is held until it is dropped, stolen, or the page goes.
pub struct WriterLock(Option<Asked>);

impl WriterLock {
    /// Asks for the lock; `None` when another window holds it. `lost` is called when it is stolen.
    pub async fn take(name: &str, ask: Ask, lost: impl Fn() + 'static) -> Option<Self> {
        let first = early::take("firstAsked").map(JsCast::unchecked_into::<Asked>);
        let asked = match first {
            Some(first) if first.name() == name && ask == Ask::IfFree => Ok(first),
            _ => ask_for_writer(name, ask == Ask::Steal),
        };
        let Ok(asked) = asked else {
            // A page of another build: the fencing number alone decides.
            return Some(Self(None));
        };
        let granted = wasm_bindgen_futures::JsFuture::from(asked.granted()).await;
        if granted.is_ok_and(|granted| granted.is_falsy()) {
            return None;
        }
        asked.set_lost(&Closure::once_into_js(lost));
        Some(Self(Some(asked)))
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        if let Some(asked) = &self.0 {
            asked.set_lost(&JsValue::UNDEFINED);
            asked.release();
        }
    }
}
