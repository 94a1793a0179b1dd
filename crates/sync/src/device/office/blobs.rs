//! Blobs that the roster names: fetched when they are not held, compared, kept.
//!
//! Not here: opening them. Any key may read them, so that a device that is not admitted yet has them too.

use super::Task;
use crate::change::Change;
use crate::device::{Device, Step, Turn};
use crate::effect::Effect;
use crate::pace::Pace;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use veldpost_envelope::blob::MAX_BLOB;
use veldpost_envelope::wire::{BlobAnswer, BlobAsk, Call};
use veldpost_envelope::{BlobId, label};

/// Which are held, and how long those wait that did not come.
#[derive(Default)]
pub(super) struct Blobs {
    held: BTreeSet<BlobId>,
    waits: BTreeMap<BlobId, Pace>,
}

impl Blobs {
    pub fn holding(blobs: &[BlobId]) -> Self {
        Self {
            held: blobs.iter().copied().collect(),
            waits: BTreeMap::new(),
        }
    }

    pub fn pace(&mut self, id: BlobId) -> &mut Pace {
        self.waits.entry(id).or_default()
    }

    pub fn paces(&mut self) -> impl Iterator<Item = &mut Pace> {
        self.waits.values_mut()
    }

    pub fn due(&self, id: &BlobId, now: i64) -> Option<i64> {
        self.waits.get(id)?.due(now)
    }

    fn keep(&mut self, id: BlobId) {
        self.held.insert(id);
        self.waits.remove(&id);
    }
}

impl Device {
    /// A blob is on the shelf `blobs` by the driver's own doing: it is not fetched.
    pub fn holds_blob(&mut self, id: BlobId) {
        self.office.blobs.keep(id);
    }

    /// What the newest settings, every published form and, for who coordinates, every result name and is not held.
    pub(super) fn missing_blobs(&self) -> impl Iterator<Item = BlobId> {
        let settings = self.roster.settings().into_iter();
        let settings = settings.flat_map(|settings| [Some(settings.blob), settings.cards]);
        let forms = self.roster.forms().iter().map(|form| form.blob);
        let results = self.coordinates_any().then(|| self.roster.snapshots());
        let results = results.into_iter().flatten().map(|result| result.blob);
        let named = settings.flatten().chain(forms).chain(results).map(BlobId);
        named.filter(|id| !self.office.blobs.held.contains(id))
    }

    pub(super) fn blob_next(&mut self, turn: &mut Turn<'_>) -> bool {
        if !self.read.tried {
            return false;
        }
        let blobs = &self.office.blobs;
        let mut missing = self.missing_blobs();
        let Some(id) = missing.find(|id| blobs.due(id, turn.now).is_none()) else {
            return false;
        };
        drop(missing);
        let ask = BlobAsk {
            region: self.roster.region(),
            blob: id.0,
        };
        self.go_out(Task::Blob(id), Call::Blob, ask.to_bytes(), turn);
        true
    }

    pub(super) fn blob_came(&mut self, id: BlobId, body: &[u8], turn: &mut Turn<'_>) {
        let answer = BlobAnswer::from_bytes(body).ok();
        let fits =
            |blob: &&[u8]| blob.len() <= MAX_BLOB && label::sha256(&[label::BLOB, blob]) == id.0;
        let Some(blob) = answer.map(|answer| answer.blob).filter(fits) else {
            self.office_failed(Task::Blob(id), None, turn);
            return;
        };
        self.steps.push_back(Step {
            changes: vec![Change::Blob {
                id,
                bytes: Rc::from(blob),
            }],
            ..Step::default()
        });
    }

    /// What is on the disk is not fetched again.
    pub(in crate::device) fn shelved(&mut self, changes: &[Change], turn: &mut Turn<'_>) {
        for change in changes {
            if let Change::Blob { id, bytes } = change {
                self.office.blobs.keep(*id);
                self.keeps_blob(id.0.to_vec(), bytes.to_vec());
                turn.effects.push(Effect::BlobCame(*id));
            }
        }
    }
}
