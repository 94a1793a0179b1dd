//! What may stand in markup: texts, numbers, options, lists, and closures over signals.

use super::{View, dynamic, put, watch};
use leptos::prelude::document;
use std::borrow::Cow;
use wasm_bindgen::JsValue;
use web_sys::Element;

type Words = Cow<'static, str>;

/// What may stand between tags.
pub trait IntoView: Sized + 'static {
    /// On the page.
    fn into_view(self) -> View;

    /// What a closure gives, kept true.
    fn lazily(mut make: Box<dyn FnMut() -> Self>) -> View {
        dynamic(Box::new(move || make().into_view()))
    }
}

impl IntoView for View {
    fn into_view(self) -> View {
        self
    }

    fn lazily(make: Box<dyn FnMut() -> Self>) -> View {
        dynamic(make)
    }
}

impl IntoView for () {
    fn into_view(self) -> View {
        View::nothing()
    }
}

/// One text node whose text changes: what reads the page aloud notices a change, not a new node.
fn lazy_text(mut words: Box<dyn FnMut() -> Words>) -> View {
    let node = document().create_text_node("");
    let view = View(node.clone().into());
    let mut shown = Words::Borrowed("");
    watch(Box::new(move || {
        let now = words();
        if now != shown {
            node.set_data(&now);
            shown = now;
        }
    }));
    view
}

macro_rules! words {
    ($($type:ty: $words:expr;)*) => {$(
        impl IntoView for $type {
            fn into_view(self) -> View {
                let words: fn(Self) -> Words = $words;
                View::text(&words(self))
            }

            fn lazily(mut make: Box<dyn FnMut() -> Self>) -> View {
                let words: fn(Self) -> Words = $words;
                lazy_text(Box::new(move || words(make())))
            }
        }
    )*};
}

words! {
    String: Words::Owned;
    &'static str: Words::Borrowed;
    u32: |number| number.to_string().into();
    u64: |number| number.to_string().into();
    usize: |number| number.to_string().into();
}

impl<T: IntoView> IntoView for Option<T> {
    fn into_view(self) -> View {
        self.map_or(View::nothing(), T::into_view)
    }
}

impl<T: IntoView> IntoView for Vec<T> {
    fn into_view(self) -> View {
        self.collect_view()
    }
}

impl<T: IntoView, const N: usize> IntoView for [T; N] {
    fn into_view(self) -> View {
        self.collect_view()
    }
}

impl<F, T> IntoView for F
where
    F: FnMut() -> T + 'static,
    T: IntoView,
{
    fn into_view(self) -> View {
        T::lazily(Box::new(self))
    }
}

/// Several views as one.
pub trait IterView {
    /// One after the other.
    fn collect_view(self) -> View;
}

impl<I: IntoIterator<Item = T>, T: IntoView> IterView for I {
    fn collect_view(self) -> View {
        let all = document().create_document_fragment();
        for view in self {
            if let Some(node) = view.into_view().node() {
                put(&all, node, None);
            }
        }
        View(all.into())
    }
}

/// What an attribute may be set to.
pub trait IntoAttribute: Sized + 'static {
    /// The text, or none: then the attribute is not there.
    fn text(self) -> Option<Words>;

    /// Sets it.
    fn set(self, on: &Element, name: &'static str) {
        write(on, name, self.text().as_deref());
    }

    /// Sets it to what a closure gives, and keeps it true.
    fn lazily(on: &Element, name: &'static str, mut make: Box<dyn FnMut() -> Self>) {
        lazy_attribute(on, name, Box::new(move || make().text()));
    }
}

fn write(on: &Element, name: &str, text: Option<&str>) {
    // Refused only for a name that is none.
    let _ = match text {
        Some(text) => on.set_attribute(name, text),
        None => on.remove_attribute(name),
    };
}

fn lazy_attribute(on: &Element, name: &'static str, mut text: Box<dyn FnMut() -> Option<Words>>) {
    let on = on.clone();
    let mut shown = None;
    watch(Box::new(move || {
        let now = text();
        if now != shown {
            write(&on, name, now.as_deref());
            shown = now;
        }
    }));
}

impl IntoAttribute for String {
    fn text(self) -> Option<Words> {
        Some(self.into())
    }
}

impl IntoAttribute for &'static str {
    fn text(self) -> Option<Words> {
        Some(self.into())
    }
}

impl IntoAttribute for bool {
    fn text(self) -> Option<Words> {
        self.then_some(Words::Borrowed(""))
    }
}

impl IntoAttribute for u32 {
    fn text(self) -> Option<Words> {
        Some(self.to_string().into())
    }
}

impl<T: IntoAttribute> IntoAttribute for Option<T> {
    fn text(self) -> Option<Words> {
        self.and_then(T::text)
    }
}

impl<F, T> IntoAttribute for F
where
    F: FnMut() -> T + 'static,
    T: IntoAttribute,
{
    fn text(mut self) -> Option<Words> {
        self().text()
    }

    fn set(self, on: &Element, name: &'static str) {
        T::lazily(on, name, Box::new(self));
    }
}

/// Whether a class is there.
pub trait IntoFlag {
    /// Sets or removes the class.
    fn set(self, on: &Element, class: &'static str);
}

fn flag(on: &Element, class: &str, there: bool) {
    // Refused only for a name that is none.
    let _ = on.class_list().toggle_with_force(class, there);
}

impl IntoFlag for bool {
    fn set(self, on: &Element, class: &'static str) {
        if self {
            flag(on, class, true);
        }
    }
}

impl<F: FnMut() -> bool + 'static> IntoFlag for F {
    fn set(self, on: &Element, class: &'static str) {
        lazy_flag(on, class, Box::new(self));
    }
}

fn lazy_flag(on: &Element, class: &'static str, mut there: Box<dyn FnMut() -> bool>) {
    let on = on.clone();
    watch(Box::new(move || flag(&on, class, there())));
}

/// What a property of an element may be set to.
pub trait IntoProperty: Sized + 'static {
    /// As JavaScript has it.
    fn value(self) -> JsValue;

    /// Sets it.
    fn set(self, on: &Element, name: &'static str) {
        write_property(on, name, &self.value());
    }

    /// Sets it to what a closure gives, and keeps it true.
    fn lazily(on: &Element, name: &'static str, mut make: Box<dyn FnMut() -> Self>) {
        lazy_property(on, name, Box::new(move || make().value()));
    }
}

fn write_property(on: &Element, name: &str, value: &JsValue) {
    // Refused only on an object that is frozen; an element never is.
    let _ = js_sys::Reflect::set(on, &name.into(), value);
}

/// Written only when it changes: what a person is typing stays as it is.
fn lazy_property(on: &Element, name: &'static str, mut value: Box<dyn FnMut() -> JsValue>) {
    let on = on.clone();
    let mut shown = JsValue::UNDEFINED;
    watch(Box::new(move || {
        let now = value();
        if now != shown {
            write_property(&on, name, &now);
            shown = now;
        }
    }));
}

impl IntoProperty for String {
    fn value(self) -> JsValue {
        self.into()
    }
}

impl IntoProperty for &'static str {
    fn value(self) -> JsValue {
        self.into()
    }
}

impl IntoProperty for bool {
    fn value(self) -> JsValue {
        self.into()
    }
}

impl<F, T> IntoProperty for F
where
    F: FnMut() -> T + 'static,
    T: IntoProperty,
{
    fn value(mut self) -> JsValue {
        self().value()
    }

    fn set(self, on: &Element, name: &'static str) {
        T::lazily(on, name, Box::new(self));
    }
}
