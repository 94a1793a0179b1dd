//! A place for what only the second module makes: how it is taken apart is not compiled into the first, where nobody waits for it.
//!
//! Not here: what is kept.

use std::any::Any;
use std::cell::{Ref, RefCell, RefMut};
use std::marker::PhantomData;

/// One value, or none. Whoever fills it says how it is dropped; whoever empties it need not know.
pub(super) struct Deferred<T>(RefCell<Option<Box<dyn Any>>>, PhantomData<T>);

impl<T> Default for Deferred<T> {
    fn default() -> Self {
        Self(RefCell::default(), PhantomData)
    }
}

impl<T> Deferred<T> {
    pub fn clear(&self) {
        self.0.take();
    }

    pub fn is_some(&self) -> bool {
        self.0.borrow().is_some()
    }
}

impl<T: 'static> Deferred<T> {
    pub fn put(&self, value: T) {
        self.0.replace(Some(Box::new(value)));
    }

    pub fn borrow(&self) -> Option<Ref<'_, T>> {
        Ref::filter_map(self.0.borrow(), |kept| kept.as_ref()?.downcast_ref()).ok()
    }

    pub fn borrow_mut(&self) -> Option<RefMut<'_, T>> {
        RefMut::filter_map(self.0.borrow_mut(), |kept| kept.as_mut()?.downcast_mut()).ok()
    }
}
