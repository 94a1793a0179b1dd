//! The way between a device and the relay, with everything that can happen on it.
//!
//! Not here: what the relay answers (see `post`), and lies (see `hostile`).

use crate::air::{Life, Parcel};
use crate::oracle::SeenPage;
use crate::plan::{Fault, Invariant};
use crate::post::{Reply, sealed};
use crate::world::{DAY, MINUTE, World};
use veldpost_envelope::request::SignedHeaders;
use veldpost_envelope::wire::{Call, ItemKind, Items, Page, PageSplitter};
use veldpost_envelope::{Kept, Object};
use veldpost_relay::memory::Fault as StoreFault;
use veldpost_relay::store::StoreError;
use veldpost_sync::{Event, Response};

/// A device gives up waiting after so long.
const PATIENCE: i64 = 30_000;

impl World {
    /// A call leaves a device.
    pub fn send(
        &mut self,
        id: usize,
        call: u64,
        path: Call,
        headers: Option<SignedHeaders>,
        body: Vec<u8>,
    ) {
        let Some(phone) = self.phones.get(id) else {
            return;
        };
        let (from, offline) = (phone.life(), phone.offline > self.now);
        self.trace(path as u64 ^ ((body.len() as u64) << 8));
        if path == Call::Entries && !offline {
            self.note_push(id, &body);
        }
        let request = |awaited, again| Parcel::Request {
            from,
            call,
            path,
            headers: headers.clone(),
            body: body.clone(),
            awaited,
            again,
        };
        // The broken rule of I12: what is not known does not travel.
        let stays = self.broken(Invariant::I12)
            && path == Call::Entries
            && sealed(&body).iter().any(|sealed| self.is_newer(sealed));
        if offline || stays || self.cut > self.now {
            self.give_up(from, call, path, 200);
            return;
        }
        if self.meets(Fault::Drop, 60) {
            self.give_up(from, call, path, PATIENCE);
            return;
        }
        if self.meets(Fault::Delay, 25) {
            let late = self.dice.between(PATIENCE + 1, 21 * DAY);
            self.air.send(self.now + late, request(false, true));
            self.give_up(from, call, path, PATIENCE);
            return;
        }
        let takes = self.latency();
        if self.meets(Fault::Duplicate, 80) {
            let later = self.now + takes + self.dice.between(0, 5 * MINUTE);
            self.air.send(later, request(false, true));
        }
        self.air.send(self.now + takes, request(true, false));
    }

    fn latency(&mut self) -> i64 {
        if self.meets(Fault::Reorder, 150) {
            return self.dice.between(1, PATIENCE - 1_000);
        }
        self.dice.between(20, 900)
    }

    fn give_up(&mut self, to: Life, call: u64, path: Call, after: i64) {
        self.interrupted(to.phone);
        if self.broken(Invariant::I6) {
            // Nobody ever tells the device.
            return;
        }
        let reply = None;
        let answer = Parcel::Answer {
            to,
            call,
            path,
            reply,
        };
        self.air.send(self.now + after, answer);
    }

    /// Everything that arrives until then, in its order.
    pub fn pass(&mut self, until: i64) {
        while self.violation.is_none() {
            let Some((at, parcel)) = self.air.next(until) else {
                break;
            };
            self.now = self.now.max(at);
            self.arrives(parcel);
            self.check_step();
        }
        self.now = self.now.max(until);
    }

    fn lives(&self, life: Life) -> bool {
        let phone = self.phones.get(life.phone);
        phone.is_some_and(|phone| phone.start == life.start && phone.process.is_some())
    }

    fn arrives(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::Request { .. } => self.request(parcel),
            Parcel::Answer {
                to,
                call,
                path,
                reply,
            } if self.lives(to) => self.answer(to.phone, call, path, reply.as_ref()),
            Parcel::Part {
                to,
                call,
                reply,
                from,
                last,
            } if self.lives(to) => self.part(to.phone, call, &reply, (from, last)),
            Parcel::Disk { of } if self.lives(of) => self.disk(of.phone),
            Parcel::Due { of } if self.lives(of) => {
                let asleep = self.phones.get(of.phone).is_some_and(|it| it.asleep);
                if !asleep {
                    self.wake(of.phone, veldpost_sync::Wake::Due);
                }
            }
            Parcel::Open { phone } => self.open(phone),
            _ => {}
        }
    }

    fn request(&mut self, parcel: Parcel) {
        let Parcel::Request {
            from,
            call,
            path,
            headers,
            body,
            awaited,
            again,
        } = parcel
        else {
            return;
        };
        if self.cut > self.now {
            if awaited {
                self.give_up(from, call, path, PATIENCE);
            }
            return;
        }
        self.note(|_| format!("{} asks {path:?}, {} bytes", from.phone, body.len()));
        let reply = self.served(from.phone, path, headers.as_ref(), &body, again);
        if !awaited {
            return;
        }
        if reply.status != 200 {
            self.interrupted(from.phone);
        }
        let Some(reply) = self.told(from.phone, path, reply) else {
            self.give_up(from, call, path, PATIENCE);
            return;
        };
        if self.meets(Fault::Drop, 60) {
            self.give_up(from, call, path, PATIENCE);
            return;
        }
        let takes = self.latency();
        if path == Call::Pull && reply.status == 200 && self.meets(Fault::Parts, 400) {
            self.send_parts(from, call, &reply, self.now + takes);
            return;
        }
        let answer = Parcel::Answer {
            to: from,
            call,
            path,
            reply: Some(reply),
        };
        if self.meets(Fault::Duplicate, 80) {
            let later = self.now + takes + self.dice.between(0, MINUTE);
            self.air.send(later, answer.clone());
        }
        self.air.send(self.now + takes, answer);
    }

    /// An answer that comes part by part. What the network breaks off ends with nothing.
    fn send_parts(&mut self, to: Life, call: u64, reply: &Reply, from: i64) {
        let length = reply.body.len();
        let mut at = from;
        let (mut before, cuts) = (0, 1 + self.dice.below(4));
        for _ in 0..cuts {
            let upto = before + self.dice.below(1 + (length - before) as u64) as usize;
            let part = Reply {
                body: reply.body[..upto].to_vec(),
                ..reply.clone()
            };
            let part = Parcel::Part {
                to,
                call,
                reply: part,
                from: before,
                last: false,
            };
            self.air.send(at, part);
            before = upto;
            at += self.dice.between(1, 500);
        }
        if self.dice.chance(300) {
            self.give_up(to, call, Call::Pull, at + PATIENCE - self.now);
            return;
        }
        let rest = Parcel::Part {
            to,
            call,
            reply: reply.clone(),
            from: before,
            last: true,
        };
        self.air.send(at, rest);
    }

    /// The relay's own answer; what it met meanwhile.
    fn served(
        &mut self,
        from: usize,
        path: Call,
        headers: Option<&SignedHeaders>,
        body: &[u8],
        again: bool,
    ) -> Reply {
        if let Some(reply) = self.swallows(from, path, body) {
            return reply;
        }
        let fault = self.fault_of_relay();
        if fault.is_none() && self.meets(Fault::RelayFull, 15) {
            return crate::post::busy(self.dice.below(2));
        }
        if let Some(fault) = fault {
            self.post.fail(fault);
        }
        let before = again.then(|| self.post.held());
        let reply = self.post.serve(path, headers, body, self.now);
        self.post.mend(&self.region);
        if let Some(before) = before {
            self.repeated(from, path, body, &before, &reply);
        } else {
            self.taken(path, body, &reply);
        }
        reply
    }

    fn fault_of_relay(&mut self) -> Option<StoreFault> {
        if self.meets(Fault::RelayFull, 30) {
            let row = u32::try_from(self.dice.below(8)).unwrap_or(0);
            return Some(StoreFault::AtWrite(row, StoreError::Full));
        }
        if self.meets(Fault::RelayCrash, 20) {
            self.post.restart(self.now);
            let before = self.dice.chance(500);
            return Some(if before {
                StoreFault::BeforeCommit
            } else {
                StoreFault::AfterCommit
            });
        }
        None
    }

    fn answer(&mut self, id: usize, call: u64, path: Call, reply: Option<&Reply>) {
        self.note(|_| match reply {
            Some(reply) => format!("{id} hears {path:?} {} {}", reply.status, words(reply)),
            None => format!("{id} hears nothing of {path:?}"),
        });
        let Some(reply) = reply else {
            self.happen(id, Event::Unanswered { call });
            return;
        };
        self.note_pages(id, path, reply);
        self.freed_on_an_answer(id, path, reply);
        let response = Response {
            status: reply.status,
            content_type: Some(reply.content_type),
            retry_after: reply.retry_after,
            body: &reply.body,
        };
        self.happen(id, Event::Answered { call, response });
    }

    fn part(&mut self, id: usize, call: u64, reply: &Reply, (from, last): (usize, bool)) {
        self.note(|_| format!("{id} hears bytes {from} to {} of pages", reply.body.len()));
        self.note_pages(id, Call::Pull, reply);
        if last {
            self.freed_on_an_answer(id, Call::Pull, reply);
        }
        let response = Response {
            status: reply.status,
            content_type: Some(reply.content_type),
            retry_after: reply.retry_after,
            body: reply.body.get(from..).unwrap_or_default(),
        };
        let event = if last {
            Event::Answered { call, response }
        } else {
            Event::Coming { call, response }
        };
        self.happen(id, event);
    }

    /// What the pages that came say, for the rule of what frees a copy.
    fn note_pages(&mut self, id: usize, path: Call, reply: &Reply) {
        if path != Call::Pull || reply.status != 200 {
            return;
        }
        let (mut splitter, mut rest) = (PageSplitter::default(), reply.body.as_slice());
        while let Ok(Some(bytes)) = splitter.feed(&mut rest) {
            let Ok(page) = Page::from_bytes(bytes) else {
                return;
            };
            let items = page.items.iter();
            let objects = items.filter(|item| item.kind == ItemKind::Object);
            let objects = objects.filter_map(|item| Object::from_bytes(item.value).ok());
            let seen = SeenPage {
                at: page.at,
                incarnation: page.incarnation,
                own: page
                    .own
                    .iter()
                    .map(|own| (own.stream, own.next, own.hash))
                    .collect(),
                objects: objects.map(|object| object.hash()).collect(),
            };
            if let Some(pages) = self.oracle.pages.get_mut(id) {
                pages.push(seen);
            }
        }
    }

    /// Counts batches that hold what was sent before.
    fn note_push(&mut self, id: usize, body: &[u8]) {
        let kept = Items::new(body).filter_map(|item| Kept::from_bytes(item.ok()?).ok());
        let hashes: Vec<_> = kept.map(|kept| kept.hash()).collect();
        let Some(sent) = self.oracle.sent.get_mut(id) else {
            return;
        };
        let again = hashes.iter().any(|hash| sent.entries.contains(hash));
        sent.again += u64::from(again);
        sent.entries.extend(hashes);
        let of = format!("{id} sends {} entries, again {again}", sent.entries.len());
        self.note(|_| of);
    }
}

/// The code of a refusal.
fn words(reply: &Reply) -> &str {
    let text = core::str::from_utf8(&reply.body).unwrap_or_default();
    let (_, rest) = text.split_once("\"code\":\"").unwrap_or_default();
    rest.split('"').next().unwrap_or_default()
}
