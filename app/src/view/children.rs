//! Markup that is handed to a component.

use super::{IntoView, View};
use std::rc::Rc;

/// Shown once.
pub type Children = Box<dyn FnOnce() -> View>;
/// Shown whenever it is asked for.
pub type ChildrenFn = Rc<dyn Fn() -> View>;

/// From what `view!` writes between the tags of a component.
pub trait ToChildren<F> {
    /// The children.
    fn to_children(from: F) -> Self;
}

impl<F: FnOnce() -> View + 'static> ToChildren<F> for Children {
    fn to_children(from: F) -> Self {
        Box::new(from)
    }
}

impl<F: Fn() -> View + 'static> ToChildren<F> for ChildrenFn {
    fn to_children(from: F) -> Self {
        Rc::new(from)
    }
}

/// Markup for a property of a component.
#[derive(Clone)]
pub struct ViewFn(ChildrenFn);

impl ViewFn {
    /// The markup.
    pub fn run(&self) -> View {
        (self.0)()
    }
}

impl<F: Fn() -> V + 'static, V: IntoView> From<F> for ViewFn {
    fn from(from: F) -> Self {
        Self(Rc::new(move || from().into_view()))
    }
}
