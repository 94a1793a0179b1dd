//! What entries say, opened before they are judged: while what came is being written, there is time for it.
//!
//! Not here: whether a key opens an entry where it stands, and whether what it says counts. Opening is a function of an
//! entry and its key, so a judging comes to the same with all of it or with none.

use super::read::{Deciphered, unseal};
use std::collections::BTreeMap;
use veldpost_envelope::{CkId, ContentKey, Entry, EntryHash, Kept, Opening, PublicKind};

/// Content keys and words of one coordinator, of one purpose, for as long as it is unlocked. Whoever opens with other
/// secrets than before begins with an empty one.
#[derive(Default)]
pub struct Ahead {
    /// Content keys by the entries that hand them out: opening one costs a curve multiplication.
    handed_out: BTreeMap<EntryHash, CkId>,
    keys: BTreeMap<CkId, ContentKey>,
    words: BTreeMap<EntryHash, Deciphered>,
    room: Opening,
}

impl Ahead {
    /// Opens these where a key is known. Of a key that is handed out later, or was handed out before anything was read, the
    /// judging opens the entries itself.
    pub fn read<'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a Kept, EntryHash)>,
        open: &dyn Fn(&Entry) -> Option<ContentKey>,
    ) {
        for (kept, hash) in entries {
            let Some(entry) = kept.whole() else {
                continue;
            };
            let header = entry.header();
            match (header.public_kind, header.ck_id) {
                (Some(PublicKind::ContentKey), _) => drop(self.key(entry, hash, open)),
                (None, Some(id)) => {
                    if let Some(key) = self.keys.get(&id) {
                        let words = unseal(entry, key, &mut self.room);
                        self.words.insert(hash, words);
                    }
                }
                _ => {}
            }
        }
    }

    /// How many entries were read and not judged yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.words.len()
    }

    /// The key that an entry hands out.
    pub(super) fn key(
        &mut self,
        entry: &Entry,
        hash: EntryHash,
        open: &dyn Fn(&Entry) -> Option<ContentKey>,
    ) -> Option<ContentKey> {
        if let Some(id) = self.handed_out.get(&hash) {
            return self.keys.get(id).cloned();
        }
        let key = open(entry)?;
        self.handed_out.insert(hash, key.id());
        self.keys.insert(key.id(), key.clone());
        Some(key)
    }

    /// What an entry says under a key that opens it where it stands: once.
    pub(super) fn words(&mut self, entry: &Entry, hash: EntryHash, key: &ContentKey) -> Deciphered {
        match self.words.remove(&hash) {
            // It names its key, and was opened with the key of that name.
            Some(words) => words,
            None => unseal(entry, key, &mut self.room),
        }
    }

    /// Behind a judging nothing of what was read is asked for again.
    pub(super) fn judged(&mut self) {
        self.words.clear();
    }
}
