//! What a relay hands out that an honest one never would: pages with items of the test's own choice.
//!
//! Not here: everything else that such a relay says, which is the core's.

use super::relay::recut;
use veldpost_envelope::Object;
use veldpost_envelope::wire::{Item, ItemKind, OwnHead, Page, PullAsk};

/// Items in place of those that are held, for whoever asks.
pub struct Script {
    pub items: Vec<(u64, ItemKind, Vec<u8>)>,
    next: u64,
    /// What it says of every stream that it is asked of, in place of the truth.
    pub own: Option<OwnHead>,
}

impl Script {
    pub fn new(items: Vec<(u64, ItemKind, Vec<u8>)>, position: u64) -> Self {
        Self {
            items,
            next: position + 1,
            own: None,
        }
    }

    /// Hands this out next.
    pub fn pass_on(&mut self, kind: ItemKind, value: Vec<u8>) {
        self.items.push((self.next, kind, value));
        self.next += 1;
    }

    pub fn pass_on_object(&mut self, object: &Object) {
        self.pass_on(ItemKind::Object, object.to_bytes());
    }

    pub fn answer(&self, honest: &Page<'_>, ask: &PullAsk, per_page: usize) -> Vec<u8> {
        let items = self.items.iter().map(|(position, kind, value)| Item {
            position: *position,
            at: honest.at,
            kind: *kind,
            value,
        });
        let items: Vec<Item<'_>> = items.filter(|item| item.position > ask.after).collect();
        let own = honest.own.iter().map(|own| match self.own {
            Some(said) => OwnHead {
                stream: own.stream,
                ..said
            },
            None => *own,
        });
        let page = Page {
            upto: ask.after.max(self.next - 1),
            newest: self.next - 1,
            own: own.collect(),
            items,
            ..*honest
        };
        let mut pages = Vec::new();
        recut(&page, per_page, &mut pages);
        pages
    }
}
