//! What comes and goes: a part that is shown or not, and rows that keep their place by a key.

use super::{ChildrenFn, IntoView, View, ViewFn, dynamic, marker, put, watch};
use leptos::component;
use leptos::prelude::{Get, Memo, Owner, document};
use std::rc::Rc;
use web_sys::Node;

/// Shows its children as long as something is true.
#[component]
pub fn Show<W>(
    /// Whether they are shown.
    when: W,
    /// What is shown otherwise.
    #[prop(optional, into)]
    fallback: Option<ViewFn>,
    children: ChildrenFn,
) -> impl IntoView
where
    W: Fn() -> bool + Send + Sync + 'static,
{
    shown(Box::new(when), fallback, children)
}

fn shown(
    when: Box<dyn Fn() -> bool + Send + Sync>,
    fallback: Option<ViewFn>,
    children: ChildrenFn,
) -> View {
    let when = Memo::new(move |_| when());
    dynamic(Box::new(move || {
        if when.get() {
            children()
        } else {
            fallback.as_ref().map_or(View::nothing(), ViewFn::run)
        }
    }))
}

/// A row on the page: what keeps it alive, its first and last node.
struct Row {
    owner: Owner,
    first: Node,
    last: Node,
}

/// A row that is wanted: which of the rows before it is, or how it is made.
type Wanted = (Option<usize>, Box<dyn FnOnce() -> View>);

/// One view for each item. An item that stays keeps its row, and with it focus and what was typed.
#[component]
pub fn For<E, T, F, K, C, V>(
    /// The items.
    each: E,
    /// What tells one from another.
    key: F,
    /// The row of an item.
    children: C,
) -> impl IntoView
where
    E: Fn() -> Vec<T> + 'static,
    T: 'static,
    F: Fn(&T) -> K + 'static,
    K: PartialEq + 'static,
    C: Fn(T) -> V + 'static,
    V: IntoView,
{
    let children = Rc::new(children);
    let mut keys: Vec<K> = Vec::new();
    rows(Box::new(move || {
        let items = each();
        let old = core::mem::replace(&mut keys, items.iter().map(&key).collect());
        let wanted = keys.iter().zip(items).map(|(key, item)| {
            let children = children.clone();
            let make: Box<dyn FnOnce() -> View> = Box::new(move || children(item).into_view());
            (old.iter().position(|old| old == key), make)
        });
        wanted.collect()
    }))
}

fn rows(mut wanted: Box<dyn FnMut() -> Vec<Wanted>>) -> View {
    let place = document().create_document_fragment();
    let end = marker(&place);
    let parent = Owner::current();
    let mut rows: Vec<Row> = Vec::new();
    watch(Box::new(move || {
        let mut old: Vec<Option<Row>> = core::mem::take(&mut rows).into_iter().map(Some).collect();
        for (known, make) in wanted() {
            let known = known.and_then(|at| old.get_mut(at)?.take());
            rows.push(known.unwrap_or_else(|| build(parent.as_ref(), make)));
        }
        for row in old.into_iter().flatten() {
            row.owner.cleanup();
            row.each_node(|parent, node| drop(parent.remove_child(node)));
        }
        let mut next = end.clone();
        for row in rows.iter().rev() {
            // A row in its place is not touched: moving an element takes the focus from it.
            if row.last.next_sibling().as_ref() != Some(&next)
                && let Some(parent) = end.parent_node()
            {
                row.each_node(|_, node| put(&parent, node, Some(&next)));
            }
            next = row.first.clone();
        }
    }));
    View::from(Node::from(place))
}

fn build(parent: Option<&Owner>, make: Box<dyn FnOnce() -> View>) -> Row {
    let owner = parent.map_or_else(Owner::new, Owner::child);
    let place = document().create_document_fragment();
    if let Some(node) = owner.with(make).node() {
        put(&place, node, None);
    }
    let first = place.first_child().unwrap_or_else(|| marker(&place));
    let last = place.last_child().unwrap_or_else(|| first.clone());
    Row { owner, first, last }
}

impl Row {
    /// Every node of the row, the next one looked up before this one is handed out.
    fn each_node(&self, act: impl Fn(&Node, &Node)) {
        let mut next = Some(self.first.clone());
        while let Some(node) = next {
            next = if node == self.last {
                None
            } else {
                node.next_sibling()
            };
            if let Some(parent) = node.parent_node() {
                act(&parent, &node);
            }
        }
    }
}
