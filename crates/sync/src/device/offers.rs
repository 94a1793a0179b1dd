//! What the relay may lack beside acts and entries: objects, blobs and welcomes, each offered until it is there.
//!
//! Not here: signing objects (see `coordinate`), and acts (see `roster`).

use super::read::Flight;
use super::{Device, Step, Turn};
use crate::change::Change;
use crate::effect::Notice;
use crate::ledger::Ledger;
use crate::pace::Pace;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::object::{Erase, Statement};
use veldpost_envelope::roster::Invitation;
use veldpost_envelope::wire::{
    Action, BlobPutAsk, Call, Code, ItemKind, MAX_BODY, ObjectsAnswer, Page, WelcomePutAsk,
};
use veldpost_envelope::{BlobId, DevicePublic, Object, ObjectHash, Roster};

/// In which place an object stands: one receipt a stream and signer; what entries and acts rest on goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Checkpoint(ObjectHash),
    Erase(StreamId, ObjectHash),
    Receipt(StreamId, DevicePublic),
}

impl Place {
    fn of(object: &Object) -> Self {
        match object.statement() {
            Statement::Checkpoint(_) => Self::Checkpoint(object.hash()),
            Statement::Erase(erase) => Self::Erase(erase.stream, object.hash()),
            Statement::Receipt(receipt) => Self::Receipt(receipt.stream, receipt.head.signer),
        }
    }
}

/// What waits to be offered.
#[derive(Default)]
pub(super) struct Offers {
    objects: BTreeMap<Place, Rc<Object>>,
    /// What the relay takes after another act at the earliest.
    parked: BTreeMap<Place, Rc<Object>>,
    /// What names an act that the relay lacks: it goes once the relay's roster is another, and else at a pace of its own,
    /// since the pull that comes between succeeds.
    ahead: BTreeMap<Place, Rc<Object>>,
    ahead_pace: Pace,
    /// An act waits for the checkpoint that it names.
    acts_wait: bool,
    /// Rows of `blobs` that are held, and keys of those that are to be put.
    held: BTreeMap<Vec<u8>, Rc<[u8]>>,
    blobs: VecDeque<Vec<u8>>,
}

impl Offers {
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.blobs.is_empty()
    }

    pub fn add(&mut self, object: &Rc<Object>) {
        let place = Place::of(object);
        // What waits at its place is older.
        self.parked.remove(&place);
        self.ahead.remove(&place);
        self.objects.insert(place, Rc::clone(object));
    }

    pub fn keep_blob(&mut self, key: Vec<u8>, value: Rc<[u8]>) {
        self.held.insert(key, value);
    }

    pub fn drop_blob(&mut self, key: &[u8]) {
        self.held.remove(key);
    }

    /// Welcomes by which nobody came yet: the app may have ended between the act and the welcome, and nothing else tells.
    pub fn add_welcomes(&mut self, roster: &Roster) {
        for key in self.held.keys() {
            let id = <[u8; 16]>::try_from(key.as_slice()).ok();
            let invitation = id.and_then(|id| roster.invitation(&id));
            let waits = |it: &Invitation| it.ended.is_none() && it.admitted.is_empty();
            if invitation.is_some_and(waits) {
                self.blobs.push_back(key.clone());
            }
        }
    }

    /// What is held, for a relay that may have nothing of it.
    pub fn add_all(&mut self, ledger: &Ledger, roster: &Roster, coordinator: bool) {
        (self.objects, self.parked) = (BTreeMap::new(), BTreeMap::new());
        self.ahead = BTreeMap::new();
        ledger.erases.values().for_each(|object| self.add(object));
        if !coordinator {
            return;
        }
        let checkpoints = ledger.checkpoints.values().chain(ledger.locked.values());
        checkpoints.for_each(|object| self.add(object));
        for held in ledger.receipts.values() {
            self.add(&held.object);
        }
        self.blobs = self.held.keys().cloned().collect();
        // The newest words stand at the end of the roster: what a newcomer asks for first goes first.
        let newest = roster.settings().map(|settings| settings.blob);
        self.blobs
            .make_contiguous()
            .sort_by_key(|key| Some(key.as_slice()) != newest.as_ref().map(<[u8; 32]>::as_slice));
    }

    /// What this device signed, for a relay that has had the rest.
    pub fn add_own(&mut self, ledger: &Ledger) {
        let receipts = ledger.receipts.values().map(|held| &held.object);
        let others = ledger.checkpoints.values().chain(ledger.erases.values());
        for object in receipts.chain(others) {
            if object.head().signer == ledger.device {
                self.add(object);
            }
        }
    }

    /// An act waits for a checkpoint: those that acts name are offered at once.
    pub fn add_locked(&mut self, ledger: &Ledger) {
        ledger.locked.values().for_each(|object| self.add(object));
        self.acts_wait = !ledger.locked.is_empty();
    }

    /// An act that names this checkpoint is to be made: where the relay may lack it, it goes first.
    fn goes_before_an_act(&mut self, checkpoint: &Object) {
        self.acts_wait |= self.objects.contains_key(&Place::of(checkpoint));
    }

    pub fn has_erase_of(&self, stream: StreamId) -> bool {
        let (first, last) = (ObjectHash([0; 32]), ObjectHash([u8::MAX; 32]));
        let range = Place::Erase(stream, first)..=Place::Erase(stream, last);
        self.objects.range(range).next().is_some()
    }

    pub fn roster_moved(&mut self) {
        self.objects.append(&mut self.parked);
        self.relay_moved();
    }

    /// The relay's roster is another than it was.
    pub fn relay_moved(&mut self) {
        self.ahead_pace.succeeded();
        self.objects.append(&mut self.ahead);
    }

    /// When what names an act that the relay lacks is offered again; none where there is no such thing, or at once.
    pub fn due(&self, now: i64) -> Option<i64> {
        self.ahead_pace.due(now).filter(|_| !self.ahead.is_empty())
    }

    /// Takes up what waited long enough.
    fn look_ahead(&mut self, now: i64) {
        if self.ahead_pace.due(now).is_none() {
            self.objects.append(&mut self.ahead);
        }
    }

    /// It names an act that the relay lacks.
    fn wait_for_act(&mut self, object: &Object) {
        if let Some(object) = self.remove(object) {
            self.ahead.insert(Place::of(&object), object);
        }
    }

    /// What a page hands out is there.
    pub fn saw(&mut self, page: &Page<'_>) {
        let objects = page
            .items
            .iter()
            .filter(|item| item.kind == ItemKind::Object);
        for object in objects.filter_map(|item| Object::from_bytes(item.value).ok()) {
            let place = Place::of(&object);
            let waits = self.objects.get(&place).or_else(|| self.ahead.get(&place));
            let is_there = waits.is_some_and(|own| match (own.receipt(), object.receipt()) {
                (Some(own), Some(there)) => there.head.at >= own.head.at,
                _ => object.heads().is_some() || own.heads().is_none(),
            });
            if is_there {
                self.objects.remove(&place);
                self.ahead.remove(&place);
            }
        }
    }

    /// As many as one call takes.
    fn next(&self, may: impl Fn(&Place) -> bool) -> Vec<Rc<Object>> {
        let (mut batch, mut length) = (Vec::new(), 0);
        for (_, object) in self.objects.iter().filter(|(place, _)| may(place)) {
            length += object.to_bytes().len();
            if !batch.is_empty() && length > MAX_BODY {
                break;
            }
            batch.push(Rc::clone(object));
        }
        batch
    }

    /// One is settled, unless another took its place meanwhile.
    fn remove(&mut self, object: &Object) -> Option<Rc<Object>> {
        let place = Place::of(object);
        let same = self
            .objects
            .get(&place)
            .is_some_and(|own| own.hash() == object.hash());
        same.then(|| self.objects.remove(&place)).flatten()
    }
}

impl Device {
    /// Whether the relay can take a receipt: it needs the stream.
    fn has_stream(&self, stream: StreamId) -> bool {
        if let Some(own) = self.ledger.own.get(&stream) {
            return own.row.relay_next > 0;
        }
        let held = self.ledger.holdings.streams.get(&stream);
        held.is_some_and(|held| {
            let there = held.heard && held.row.relay_next > 0;
            // What a page brought lately is there, though nobody asked how far it goes.
            there || (!held.heard && self.ledger.relay.settled)
        })
    }

    /// The checkpoints for which an act waits. Whether there was anything to send.
    pub(super) fn offer_for_acts(&mut self, turn: &mut Turn<'_>) -> bool {
        if !core::mem::take(&mut self.offers.acts_wait) {
            return false;
        }
        let batch = self
            .offers
            .next(|place| matches!(place, Place::Checkpoint(_)));
        self.send_objects(batch, turn)
    }

    /// Whatever the relay may lack. Whether there was anything to send.
    pub(super) fn offer_next(&mut self, turn: &mut Turn<'_>) -> bool {
        self.offers.look_ahead(turn.now);
        let batch = self.offers.next(|place| match place {
            Place::Checkpoint(_) | Place::Erase(..) => true,
            Place::Receipt(stream, _) => self.has_stream(*stream),
        });
        self.send_objects(batch, turn) || self.offer_blob(turn)
    }

    /// They carry their own signatures.
    fn send_objects(&mut self, objects: Vec<Rc<Object>>, turn: &mut Turn<'_>) -> bool {
        if objects.is_empty() {
            return false;
        }
        let body = objects
            .iter()
            .flat_map(|object| object.to_bytes())
            .collect();
        let call = self.number();
        self.send(
            Flight {
                objects,
                ..Flight::new(call, Call::Objects, body)
            },
            turn,
        );
        true
    }

    fn offer_blob(&mut self, turn: &mut Turn<'_>) -> bool {
        let region = self.roster.region();
        let Some(key) = self.offers.blobs.front().cloned() else {
            return false;
        };
        let asked = self.offers.held.get(&key).and_then(|value| {
            if let Ok(invitation) = key.as_slice().try_into() {
                let ask = WelcomePutAsk {
                    region,
                    invitation,
                    welcome: value,
                };
                return Some((Call::WelcomePut, ask.to_bytes()));
            }
            let ask = BlobPutAsk {
                region,
                blob: value,
            };
            (key.len() == 32).then(|| (Call::BlobPut, ask.to_bytes()))
        });
        match asked {
            Some((path, body)) => {
                self.ask(path, body, turn);
                true
            }
            None => {
                self.offers.blobs.pop_front();
                self.offer_blob(turn)
            }
        }
    }

    /// A blob or a welcome was taken, or never will be.
    pub(super) fn blob_settled(&mut self) {
        self.offers.blobs.pop_front();
        self.read.pace.succeeded();
    }

    /// What the relay holds, or will never take, is not offered again.
    pub(super) fn objects_taken(&mut self, flight: &Flight, body: &[u8], turn: &mut Turn<'_>) {
        let Ok(answer) = ObjectsAnswer::from_bytes(body) else {
            self.read.failed(turn.now, None, turn.rng);
            return;
        };
        let mut again = flight.objects.len() > answer.codes.len();
        let mut codes = answer.codes.iter().flatten();
        if codes.any(|code| code.action() == Action::ReadRoster) {
            self.offers.ahead_pace.failed(turn.now, None, turn.rng);
        }
        for (object, code) in flight.objects.iter().zip(&answer.codes) {
            again |= self.object_taken(object, *code, turn);
        }
        if again {
            self.read.pace.failed(turn.now, None, turn.rng);
        } else {
            self.read.pace.succeeded();
        }
    }

    /// Whether it is to be offered again.
    fn object_taken(&mut self, object: &Object, code: Option<Code>, turn: &mut Turn<'_>) -> bool {
        let Some(code) = code else {
            self.offers.remove(object);
            return false;
        };
        match (code, code.action()) {
            // The relay's receipt of this signer confirms more.
            (Code::Conflict, _) => {
                self.offers.remove(object);
            }
            // Its stream is not there: how far streams are there is asked again.
            (Code::NotFound, _) => {
                self.read.heads_wanted = self.coordinates_any();
                return true;
            }
            (_, Action::KeepUntilNextAct) => {
                self.erase_again(object, turn.now);
                if let Some(object) = self.offers.remove(object) {
                    self.offers.parked.insert(Place::of(&object), object);
                }
            }
            // It names an act that the relay lacks: a page says from where on.
            (_, Action::ReadRoster) => {
                self.read.wanted = true;
                self.offers.wait_for_act(object);
            }
            (_, Action::KeepAndShow | Action::Halve | Action::Stop | Action::SayWhich) => {
                self.offers.remove(object);
                turn.show(Notice::Refused(code));
            }
            _ => return true,
        }
        false
    }

    /// Whoever signed an erasure may have left since, so that a relay that lost it takes it no more, and with it nothing
    /// that is bare: who coordinates its purpose now signs it anew.
    fn erase_again(&mut self, object: &Object, now: i64) {
        let Some(erase) = object.erase() else {
            return;
        };
        let (key, own) = (&self.key, self.key.public());
        let purpose = self.ledger.extent(erase.stream).map(|(purpose, _)| purpose);
        let may = purpose.is_some_and(|purpose| self.roster.coordinates(&own, purpose));
        if !may || erase.head.signer == own {
            return;
        }
        let anew = Erase {
            head: self.object_head(now),
            ..erase.clone()
        };
        let said = |kept: &Rc<Object>| {
            let kept = kept.erase().filter(|kept| kept.head.signer == own);
            kept.is_some_and(|kept| kept.stream == anew.stream && kept.seqs == anew.seqs)
        };
        if self.ledger.erases.values().any(said) {
            return;
        }
        let signed = anew
            .sign(key)
            .ok()
            .map(|signed| Change::Object(Rc::new(signed)));
        self.steps.push_back(Step {
            changes: signed.into_iter().collect(),
            ..Step::default()
        });
    }

    /// What was signed here goes out once it is on the disk; all that is held when the relay is another.
    pub(super) fn offer(&mut self, changes: &[Change]) {
        let own = self.key.public();
        for change in changes {
            match change {
                Change::Receipt { object, .. } | Change::Object(object)
                    if object.head().signer == own =>
                {
                    self.offers.add(object);
                }
                Change::Locked(checkpoint) => self.offers.goes_before_an_act(checkpoint),
                Change::Incarnation { .. } => {
                    let coordinator = self.coordinates_any();
                    self.offers.add_all(&self.ledger, &self.roster, coordinator);
                    self.push.another_relay();
                    self.heads.clear();
                }
                _ => {}
            }
        }
    }

    /// Everything was offered, so that a start need not do it again.
    pub(super) fn settle_offers(&mut self) {
        let reading = self.read.has_more() || !self.read.is_idle() || !self.read.pages.is_empty();
        let known = self.ledger.relay.incarnation.is_some() && !self.ledger.relay.settled;
        let offering = !self.offers.is_empty() || !self.offers.ahead.is_empty();
        let waits = self.busy() || reading || self.push.is_under_way() || offering;
        if known && !waits && self.has_pushed() {
            self.steps.push_back(Step {
                changes: vec![Change::Settled],
                ..Step::default()
            });
        }
    }

    /// The driver stored a row of `blobs`: a relay that loses it gets it again. Nothing follows on a device that
    /// coordinates nothing.
    pub fn keeps_blob(&mut self, key: Vec<u8>, value: Vec<u8>) {
        if let Ok(id) = <[u8; 32]>::try_from(key.as_slice()) {
            self.holds_blob(BlobId(id));
        }
        if self.coordinates_any() {
            self.offers.keep_blob(key, value.into());
        }
    }

    /// What was kept for an act that did not come about is not offered.
    pub fn drops_blob(&mut self, key: &[u8]) {
        self.offers.drop_blob(key);
    }
}
