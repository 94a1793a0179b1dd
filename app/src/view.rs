//! What the screens are made of: markup on the page, kept true by Leptos' signals.
//!
//! `view!` (crate `veldpost-markup`) writes calls of what stands here. Leptos' own renderer builds a type for each
//! piece of markup; here there is one type, `View`, so that the app is small: see `docs/decisions/0014`.
//!
//! Not here: signals, effects, owners, contexts and `#[component]`; those are Leptos'.

mod children;
mod lists;
mod parts;
mod template;

pub use children::{Children, ChildrenFn, ToChildren, ViewFn};
pub use lists::{For, Show};
pub use parts::{IntoAttribute, IntoFlag, IntoProperty, IntoView, IterView};
pub use template::{NodeRef, Template};

use leptos::prelude::{Owner, StoredValue, document};
use leptos::reactive::effect::RenderEffect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Node;

/// What a screen file needs: Leptos' signals, and the view that shows them.
pub mod prelude {
    pub use super::{
        Children, ChildrenFn, For, IntoView, IterView, NodeRef, Show, View, ViewFn, html,
    };
    pub use leptos::component;
    pub use leptos::prelude::{
        AsyncDerived, Callable, Callback, Effect, Get, GetUntracked, GetValue, LocalStorage, Memo,
        RwSignal, Set, SetValue, StoredValue, Track, Update, UpdateValue, With, WithUntracked,
        WithValue, event_target, event_target_checked, event_target_value, expect_context,
        on_cleanup, provide_context, request_animation_frame, untrack, use_context,
    };
    pub use veldpost_markup::view;
    pub use web_sys::Event;
}

/// The elements that a screen reads what was typed from.
pub mod html {
    pub use web_sys::{
        HtmlDialogElement as Dialog, HtmlInputElement as Input, HtmlSelectElement as Select,
        HtmlTextAreaElement as Textarea, HtmlVideoElement as Video,
    };
}

/// A piece of the page: a node, a fragment of several, or nothing. It is put in one place, once.
pub struct View(JsValue);

impl View {
    /// Shows nothing.
    pub const fn nothing() -> Self {
        Self(JsValue::UNDEFINED)
    }

    fn text(text: &str) -> Self {
        Self(document().create_text_node(text).into())
    }

    fn node(&self) -> Option<&Node> {
        (!self.0.is_undefined()).then(|| self.0.unchecked_ref())
    }
}

impl From<Node> for View {
    fn from(node: Node) -> Self {
        Self(node.into())
    }
}

/// Puts the app on the page for as long as that lives.
pub fn mount_to_body(app: fn() -> View) {
    // Refused only when there is one already.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    let owner = Owner::new_root(None);
    let view = owner.with(app);
    if let (Some(body), Some(node)) = (document().body(), view.node()) {
        put(&body, node, None);
    }
    core::mem::forget(owner);
}

/// Runs now, and again whenever a signal that it read has changed, as long as its owner lives.
fn watch(mut run: Box<dyn FnMut()>) {
    let effect = RenderEffect::new(move |_: Option<()>| run());
    StoredValue::new_local(effect);
}

/// What a closure makes, in the place of what it made before.
fn dynamic(mut make: Box<dyn FnMut() -> View>) -> View {
    let place = document().create_document_fragment();
    let (start, end) = (marker(&place), marker(&place));
    watch(Box::new(move || {
        let view = make();
        let Some(parent) = end.parent_node() else {
            return;
        };
        while let Some(old) = start.next_sibling().filter(|next| *next != end) {
            let _ = parent.remove_child(&old);
        }
        if let Some(node) = view.node() {
            put(&parent, node, Some(&end));
        }
    }));
    View(place.into())
}

/// An empty text: it stands for a place.
fn marker(parent: &Node) -> Node {
    let marker: Node = document().create_text_node("").into();
    put(parent, &marker, None);
    marker
}

/// Refused only when the browser has taken the place away; then there is nothing to show it in.
fn put(parent: &Node, node: &Node, before: Option<&Node>) {
    let _ = parent.insert_before(node, before);
}
