//! A relay that lies.
//!
//! Not here: an honest one (see `post`).

/// What a lying relay remembers.
#[derive(Default)]
pub struct Lies {
    /// It lies until then.
    pub until: i64,
}

use crate::plan::Invariant;
use crate::post::Reply;
use crate::world::World;
use veldpost_envelope::Object;
use veldpost_envelope::wire::{Call, ItemKind, Page, PageSplitter};
use veldpost_relay::memory::Snapshot;

/// The objects in an answer to a pull.
pub fn objects(body: &[u8]) -> Vec<Object> {
    let (mut splitter, mut rest) = (PageSplitter::default(), body);
    let mut objects = Vec::new();
    while let Ok(Some(bytes)) = splitter.feed(&mut rest) {
        let Ok(page) = Page::from_bytes(bytes) else {
            break;
        };
        let items = page.items.iter();
        let values = items.filter(|item| item.kind == ItemKind::Object);
        objects.extend(values.filter_map(|item| Object::from_bytes(item.value).ok()));
    }
    objects
}

impl World {
    /// What the device is told; none when nothing is.
    pub fn told(&mut self, _to: usize, _path: Call, reply: Reply) -> Option<Reply> {
        Some(reply)
    }

    /// I3: a call that came before changes nothing at the relay.
    pub fn repeated(
        &mut self,
        _from: usize,
        _path: Call,
        _body: &[u8],
        _before: &Snapshot,
        _reply: &Reply,
    ) {
        self.checked(Invariant::I3);
    }

    /// The relay took a call for the first time.
    pub fn taken(&mut self, _path: Call, _body: &[u8], _reply: &Reply) {}
}
