//! A piece of markup: the browser reads it once, copies it each time, and Rust fills its places.

use super::{View, put};
use leptos::prelude::{GetValue, LocalStorage, Owner, SetValue, StoredValue, document};
use std::cell::RefCell;
use std::collections::BTreeMap;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{DocumentFragment, Element, Event, HtmlTemplateElement, Node, TreeWalker};

/// Elements and comments: what `view!` counts.
const PLACES: u32 = 0x1 | 0x80;

thread_local! {
    /// By the address and length of the markup, which never change; one may begin where another does.
    static READ: RefCell<BTreeMap<(usize, usize), DocumentFragment>> = const { RefCell::new(BTreeMap::new()) };
}

/// A copy that is being filled.
pub struct Template {
    copy: Node,
    places: Option<TreeWalker>,
    children: Vec<(Node, View)>,
}

impl Template {
    /// A copy of markup that `view!` wrote: it never holds what a person typed.
    pub fn new(markup: &'static str) -> Self {
        let copy = read(markup).clone_node_with_deep(true);
        let copy = copy.unwrap_or_else(|_| document().create_document_fragment().into());
        let places = document().create_tree_walker_with_what_to_show(&copy, PLACES);
        Self {
            copy,
            places: places.ok(),
            children: Vec::new(),
        }
    }

    fn place(&mut self, steps: u16) -> Node {
        let Some(places) = &self.places else {
            return self.copy.clone();
        };
        for _ in 0..steps {
            // None would be a template that the browser reads otherwise than `view!` wrote it.
            let _ = places.next_node();
        }
        places.current_node()
    }

    /// The element so many places further on.
    pub fn step(&mut self, steps: u16) -> Element {
        self.place(steps).unchecked_into()
    }

    /// Puts a view in a place.
    pub fn child(&mut self, steps: u16, view: View) {
        let place = self.place(steps);
        self.children.push((place, view));
    }

    /// Hears an event, under the owner that hears it now.
    pub fn on(&mut self, steps: u16, event: &'static str, act: impl FnMut(Event) + 'static) {
        let on = self.place(steps);
        listen(&on, event, Box::new(act));
    }

    /// The copy, filled.
    pub fn done(self) -> View {
        for (place, view) in self.children {
            let (Some(parent), Some(node)) = (place.parent_node(), view.node()) else {
                continue;
            };
            put(&parent, node, Some(&place));
        }
        match (self.copy.first_child(), self.copy.last_child()) {
            (Some(first), Some(last)) if first == last => first.into(),
            _ => self.copy.into(),
        }
    }
}

fn read(markup: &'static str) -> DocumentFragment {
    READ.with_borrow_mut(|known| {
        let which = (markup.as_ptr() as usize, markup.len());
        let known =
            known
                .entry(which)
                .or_insert_with(|| match document().create_element("template") {
                    Ok(template) => {
                        template.set_inner_html(markup);
                        template.unchecked_into::<HtmlTemplateElement>().content()
                    }
                    Err(_) => document().create_document_fragment(),
                });
        known.clone()
    })
}

fn listen(on: &Node, event: &str, mut act: Box<dyn FnMut(Event)>) {
    let owner = Owner::current().map(|owner| owner.downgrade());
    let heard = Closure::<dyn FnMut(Event)>::new(move |event| {
        // Without an owner the element is gone, and nobody can have touched it.
        if let Some(owner) = owner.as_ref().and_then(|owner| owner.upgrade()) {
            owner.with(|| act(event));
        }
    });
    // Refused only without a listener.
    let _ = on.add_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
    StoredValue::new_local(heard);
}

/// An element of the page, once it is there.
pub struct NodeRef<E: 'static>(StoredValue<Option<E>, LocalStorage>);

impl<E> Clone for NodeRef<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for NodeRef<E> {}

impl<E: JsCast + Clone + 'static> NodeRef<E> {
    /// Points at nothing yet.
    pub fn new() -> Self {
        Self(StoredValue::new_local(None))
    }

    /// Points at an element.
    pub fn set(self, element: Element) {
        self.0.set_value(Some(element.unchecked_into()));
    }

    /// The element.
    pub fn get(self) -> Option<E> {
        self.0.try_get_value().flatten()
    }
}
