//! What each commit must keep to: a copy goes only by the rule, a row stands once, a receipt says what is on the disk.
//!
//! Not here: the rule as sync has it. It is written down here again, from `docs/format.md` section 16.

use crate::oracle::{Issued, Placed, placed};
use crate::plan::Invariant;
use crate::post::Reply;
use crate::world::{DAY, World};
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::StreamId;
use veldpost_envelope::object::SeqRange;
use veldpost_envelope::wire::{Call, Incarnation, PushAnswer};
use veldpost_envelope::{DevicePublic, EntryHash, Object, Purpose};
use veldpost_store::{Batch, Shelf, Write};
use veldpost_sync::rows::ReceiptRow;

impl World {
    /// Before a commit of sync: what goes may go.
    pub fn before_commit(&mut self, id: usize, batch: &Batch) {
        let mut written: BTreeSet<EntryHash> = BTreeSet::new();
        for write in batch.writes() {
            if let Write::Put { shelf, key, value } = write {
                let entries = placed(*shelf, key, value).unwrap_or_default();
                written.extend(entries.iter().filter_map(|entry| entry.sealed));
            }
        }
        for write in batch.writes() {
            if let Write::Delete {
                shelf: Shelf::Outbox,
                key,
            } = write
            {
                self.copy_goes(id, key, &written);
            }
        }
    }

    /// I2: this row of the outbox goes, and what is not written elsewhere in the same commit needs its receipts.
    fn copy_goes(&mut self, id: usize, key: &[u8], written: &BTreeSet<EntryHash>) {
        self.checked(Invariant::I2);
        let row = self.oracle.disks.get(id);
        let row = row.and_then(|disk| disk.rows.get(&(Shelf::Outbox, key.to_vec())));
        let Some(row) = row.cloned() else {
            return;
        };
        let mut sealed = row.iter().filter_map(|entry| entry.sealed);
        let carried = sealed.clone().count() > 0 && sealed.all(|sealed| written.contains(&sealed));
        let empty = row.iter().all(|entry| entry.sealed.is_none());
        if !carried && !empty && !self.may_go(id, &row) {
            self.violate(
                Invariant::I2,
                format!("device {id} let a copy go without the receipts that free it"),
            );
        }
    }

    /// The rule for a member's count record.
    fn may_go(&self, id: usize, row: &[Placed]) -> bool {
        let (Some(phone), Some(first), Some(last)) = (self.phones.get(id), row.first(), row.last())
        else {
            return false;
        };
        let (Some(roster), Some(range)) = (phone.roster(), SeqRange::new(first.seq, last.seq))
        else {
            return false;
        };
        let others = roster
            .coordinators(Purpose::Count)
            .filter(|(key, _)| **key != phone.key());
        let need = if others.count() >= 2 { 2 } else { 1 };
        let pages = self.oracle.pages.get(id).map_or(&[][..], Vec::as_slice);
        let mut incarnations: Vec<Incarnation> = pages.iter().map(|it| it.incarnation).collect();
        incarnations.dedup();
        incarnations.into_iter().any(|incarnation| {
            let brought = self.brought(id, last.stream, range, incarnation);
            let mut times: Vec<i64> = brought.into_values().collect();
            times.sort_unstable();
            let confirmed = times.get(need - 1);
            confirmed.is_some_and(|confirmed| {
                pages.iter().any(|page| {
                    page.incarnation == incarnation
                        && page.at.saturating_sub(*confirmed) >= DAY
                        && page.own.iter().any(|(stream, next, hash)| {
                            *stream == last.stream
                                && *next > last.seq
                                && self.is_own(*stream, *next, *hash)
                        })
                })
            })
        })
    }

    fn is_own(&self, stream: StreamId, next: u64, hash: Option<EntryHash>) -> bool {
        let place = next.checked_sub(1).map(|seq| (stream, seq));
        let own = place.and_then(|place| self.oracle.chain.get(&place));
        own.is_some_and(|own| hash.is_some_and(|hash| own.contains(&hash)))
    }

    /// Of each signer the earliest page that brought a receipt for these entries; one that came in an earlier life of
    /// the relay counts from the first page of this one.
    fn brought(
        &self,
        id: usize,
        stream: StreamId,
        range: SeqRange,
        incarnation: Incarnation,
    ) -> BTreeMap<DevicePublic, i64> {
        let mut brought = BTreeMap::new();
        let pages = self.oracle.pages.get(id).map_or(&[][..], Vec::as_slice);
        let first = pages.iter().find(|page| page.incarnation == incarnation);
        for page in pages {
            let at = if page.incarnation == incarnation {
                page.at
            } else {
                first.map_or(i64::MAX, |page| page.at)
            };
            let receipts = page.objects.iter();
            let receipts = receipts.filter_map(|hash| self.oracle.receipts.get(hash));
            for receipt in receipts.filter(|receipt| self.confirms(id, receipt, stream, range)) {
                let time = brought.entry(receipt.signer).or_insert(at);
                *time = at.min(*time);
            }
        }
        brought
    }

    fn confirms(&self, id: usize, receipt: &Issued, stream: StreamId, range: SeqRange) -> bool {
        let own = self.phones.get(id).map(|phone| phone.key());
        receipt.stream == stream
            && Some(receipt.signer) != own
            && receipt.upto >= range.last()
            && !receipt.apart.meets(range)
            && self.is_own(stream, receipt.upto + 1, Some(receipt.hash))
    }

    /// After a commit: rows stand once, what was signed is noted and says what is on the disk.
    pub fn after_commit(&mut self, id: usize, batch: &Batch) {
        for write in batch.writes() {
            match write {
                Write::Put {
                    shelf: Shelf::Objects,
                    value,
                    ..
                } => self.object_kept(id, value),
                Write::Put {
                    shelf: shelf @ (Shelf::Outbox | Shelf::Originals),
                    key,
                    ..
                } => self.stands_once(id, *shelf, key),
                _ => {}
            }
        }
    }

    /// I3: written again it takes its own place.
    fn stands_once(&mut self, id: usize, shelf: Shelf, key: &[u8]) {
        self.checked(Invariant::I3);
        let Some(disk) = self.oracle.disks.get(id) else {
            return;
        };
        let row = disk.rows.get(&(shelf, key.to_vec()));
        let first = row.and_then(|row| row.first()).copied();
        let Some(first) = first else {
            return;
        };
        let stream = key.get(..16).unwrap_or_default().to_vec();
        let rows = disk.rows.range((shelf, stream.clone())..);
        let of_stream = rows.take_while(|((on, key), _)| *on == shelf && key.starts_with(&stream));
        let twice = of_stream
            .flat_map(|(_, row)| row)
            .filter(|entry| entry.seq == first.seq)
            .count();
        if twice > 1 {
            let what = format!("an entry stands {twice} times on the disk of device {id}");
            self.violate(Invariant::I3, what);
        }
    }

    /// What a coordinator signed is noted; what any other keeps was signed by one.
    fn object_kept(&mut self, id: usize, value: &[u8]) {
        let object = match ReceiptRow::from_bytes(value) {
            Some(row) => Object::from_bytes(&row.object),
            None => Object::from_bytes(value),
        };
        let (Ok(object), Some(phone)) = (object, self.phones.get(id)) else {
            self.violate(Invariant::I10, "an object that cannot be read was kept");
            return;
        };
        if object.head().signer == phone.key() && phone.coordinates() {
            self.issued(id, &object);
            return;
        }
        self.checked(Invariant::I10);
        if !self.oracle.objects.contains(&object.hash()) {
            self.violate(
                Invariant::I10,
                format!("device {id} kept an object that no coordinator signed"),
            );
        }
    }

    /// I2: a receipt is signed of what is on the signer's disk, all of it.
    fn issued(&mut self, id: usize, object: &Object) {
        self.oracle.objects.insert(object.hash());
        let Some(receipt) = object.receipt() else {
            return;
        };
        let disk = self.oracle.disks.get(id);
        let rows = disk.into_iter().flat_map(|disk| &disk.rows);
        let originals = rows.filter(|((shelf, _), _)| *shelf == Shelf::Originals);
        let entries = originals.flat_map(|(_, row)| row);
        let held: BTreeMap<u64, EntryHash> = entries
            .filter(|entry| entry.stream == receipt.stream)
            .map(|entry| (entry.seq, entry.hash))
            .collect();
        let whole = (0..=receipt.upto).all(|seq| held.contains_key(&seq));
        if !whole || held.get(&receipt.upto) != Some(&receipt.hash) {
            let what = format!("coordinator {id} confirmed what is not on its disk");
            self.violate(Invariant::I2, what);
        }
        let issued = Issued {
            signer: receipt.head.signer,
            stream: receipt.stream,
            upto: receipt.upto,
            hash: receipt.hash,
            apart: receipt.apart.clone(),
        };
        self.oracle.receipts.insert(object.hash(), issued);
    }

    /// The broken rule of I2: a copy goes on the relay's answer.
    pub fn freed_on_an_answer(&mut self, id: usize, path: Call, reply: &Reply) {
        if !self.broken(Invariant::I2) || path != Call::Entries || reply.status != 200 {
            return;
        }
        let Ok(answer) = PushAnswer::from_bytes(&reply.body) else {
            return;
        };
        let mut batch = Batch::new();
        let disk = self.oracle.disks.get(id);
        for ((shelf, key), row) in disk.into_iter().flat_map(|disk| &disk.rows) {
            let held = |last: &Placed| {
                let mut states = answer.states.iter();
                states.any(|state| state.stream == last.stream && state.next > last.seq)
            };
            if *shelf == Shelf::Outbox && row.last().is_some_and(held) {
                batch = batch.delete(Shelf::Outbox, key.clone());
            }
        }
        self.before_commit(id, &batch);
    }
}
