//! A relay that lies: garbage, login pages, old answers, changed pages, forged acknowledgements, an old roster.
//!
//! Not here: an honest one (see `post`). Its store stays the honest one's, so that what it says and what it has differ.

use crate::dice::Dice;
use crate::plan::{Fault, Invariant};
use crate::post::Reply;
use crate::world::World;
use std::collections::BTreeMap;
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::object::{ObjectHead, Receipt};
use veldpost_envelope::wire::{
    Call, Incarnation, Item, ItemKind, Items, ObjectsAnswer, OwnHead, Page, PageSplitter,
    PushAnswer, StreamStanding,
};
use veldpost_envelope::{EntryHash, Kept, RandomBytes};
use veldpost_relay::memory::Snapshot;

/// What a lying relay remembers.
#[derive(Default)]
pub struct Lies {
    /// It lies until then.
    pub until: i64,
    /// Answers that it gave, to be given again.
    old: BTreeMap<u8, Vec<Reply>>,
}

/// One page, owned.
struct Leaf {
    incarnation: Incarnation,
    at: i64,
    standing: veldpost_envelope::wire::Standing,
    height: u64,
    head: veldpost_envelope::ActHash,
    own: Vec<OwnHead>,
    upto: u64,
    newest: u64,
    items: Vec<(u64, i64, ItemKind, Vec<u8>)>,
}

impl Leaf {
    fn read(page: &Page<'_>) -> Self {
        let items = page.items.iter();
        Self {
            incarnation: page.incarnation,
            at: page.at,
            standing: page.standing,
            height: page.height,
            head: page.head,
            own: page.own.clone(),
            upto: page.upto,
            newest: page.newest,
            items: items
                .map(|item| (item.position, item.at, item.kind, item.value.to_vec()))
                .collect(),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let items = self.items.iter();
        let page = Page {
            incarnation: self.incarnation,
            at: self.at,
            standing: self.standing,
            height: self.height,
            head: self.head,
            own: self.own.clone(),
            upto: self.upto,
            newest: self.newest,
            items: items
                .map(|(position, at, kind, value)| Item {
                    position: *position,
                    at: *at,
                    kind: *kind,
                    value,
                })
                .collect(),
        };
        page.to_bytes()
    }
}

fn pages(body: &[u8]) -> Vec<Leaf> {
    let (mut splitter, mut rest) = (PageSplitter::default(), body);
    let mut pages = Vec::new();
    while let Ok(Some(bytes)) = splitter.feed(&mut rest) {
        let Ok(page) = Page::from_bytes(bytes) else {
            break;
        };
        pages.push(Leaf::read(&page));
    }
    pages
}

fn body(pages: &[Leaf]) -> Vec<u8> {
    let written = pages.iter().map(|page| {
        let mut out = Writer::default();
        out.bytes(&page.to_bytes());
        out.finish()
    });
    written.flatten().collect()
}

/// One bit is another.
fn flip(bytes: &mut [u8], dice: &mut Dice) {
    let index = usize::try_from(dice.below(bytes.len() as u64)).unwrap_or(0);
    if let Some(byte) = bytes.get_mut(index) {
        *byte ^= 1 << dice.below(8);
    }
}

impl World {
    /// What the device is told; none when nothing is.
    pub fn told(&mut self, to: usize, path: Call, mut reply: Reply) -> Option<Reply> {
        let old = self.lies.old.entry(path as u8).or_default();
        if old.len() < 40 {
            old.push(reply.clone());
        }
        if self.lies.until <= self.now || !self.dice.chance(600) {
            return Some(reply);
        }
        self.met(Fault::HostileRelay);
        self.interrupted(to);
        self.sent_anew(Some(to));
        match self.dice.below(10) {
            0 => {
                (reply.status, reply.content_type) = (200, "text/html");
                reply.body = b"<html>Log in</html>".to_vec();
            }
            1 => {
                reply.body = vec![0; 60];
                self.dice.fill(&mut reply.body);
            }
            2 => {
                let length = self.dice.below(reply.body.len() as u64 + 1);
                reply.body.truncate(usize::try_from(length).unwrap_or(0));
            }
            3 => flip(&mut reply.body, &mut self.dice),
            4 => {
                let old = self.lies.old.get(&(path as u8));
                let index = self.dice.below(old.map_or(0, Vec::len) as u64);
                let old = old.and_then(|old| old.get(usize::try_from(index).ok()?));
                reply = old.cloned().unwrap_or(reply);
            }
            5 => {
                let statuses = [200, 201, 302, 401, 403, 404, 409, 413, 422, 500, 503];
                reply.status = self.dice.pick(&statuses).unwrap_or(500);
            }
            _ if path == Call::Pull => self.changed_pages(to, &mut reply),
            _ => {}
        }
        Some(reply)
    }

    /// A push that is answered as taken, and is nowhere.
    pub fn swallows(&mut self, from: usize, path: Call, body: &[u8]) -> Option<Reply> {
        let lies = self.lies.until > self.now && path == Call::Entries && self.dice.chance(200);
        if !lies {
            return None;
        }
        self.met(Fault::HostileRelay);
        self.interrupted(from);
        self.sent_anew(Some(from));
        let kept = Items::new(body).filter_map(|item| Kept::from_bytes(item.ok()?).ok());
        let mut states: BTreeMap<_, (u64, EntryHash)> = BTreeMap::new();
        for entry in kept {
            let header = entry.header();
            states.insert(header.stream, (header.seq + 1, entry.hash()));
        }
        let page = self.lies.old.get(&(Call::Pull as u8));
        let page = page.and_then(|old| pages(&old.last()?.body).pop());
        let answer = PushAnswer {
            incarnation: page?.incarnation,
            states: states
                .iter()
                .map(|(stream, (next, hash))| StreamStanding {
                    stream: *stream,
                    next: *next,
                    hash: Some(*hash),
                    code: None,
                    proof: None,
                })
                .collect(),
        };
        Some(Reply {
            status: 200,
            content_type: path.answer_type(),
            retry_after: None,
            body: answer.to_bytes(),
        })
    }

    fn changed_pages(&mut self, to: usize, reply: &mut Reply) {
        let mut pages = pages(&reply.body);
        for page in &mut pages {
            match self.dice.below(9) {
                0 => self.dice.shuffle(&mut page.items),
                1 => page.items.truncate(page.items.len() / 2),
                2 => {
                    for (_, _, _, value) in &mut page.items {
                        flip(value, &mut self.dice);
                    }
                }
                3 => self.own_heads(page),
                4 => (page.height, page.upto) = (page.height / 2, page.upto / 2),
                5 => page.at = page.at.saturating_add(self.dice.between(-1 << 40, 1 << 40)),
                6 => self.dice.fill(&mut page.incarnation.0),
                7 => {
                    let again = page.items.clone();
                    page.items.extend(again);
                    page.items.reverse();
                }
                _ => {}
            }
            self.forged_items(to, page);
        }
        reply.body = body(&pages);
    }

    /// Heads of the reader's own streams that are not so.
    fn own_heads(&mut self, page: &mut Leaf) {
        for own in &mut page.own {
            match self.dice.below(3) {
                0 => own.next = own.next.saturating_add(self.dice.below(9)),
                1 => own.next /= 2,
                _ => {
                    let mut hash = [0; 32];
                    self.dice.fill(&mut hash);
                    own.hash = Some(EntryHash(hash));
                }
            }
        }
    }

    /// A receipt for what the reader has, by somebody who may not sign it; and something from a newer version.
    fn forged_items(&mut self, to: usize, page: &mut Leaf) {
        let at = page.at;
        page.items
            .push((page.upto, at, ItemKind::Unknown(9), vec![1, 2, 3]));
        let rows = self.oracle.disks.get(to).into_iter();
        let last = rows.flat_map(|disk| disk.rows.values()).next_back();
        let last = last.and_then(|row| row.last()).copied();
        let roster = self.phones.get(to).and_then(|phone| phone.roster());
        let (Some(last), Some(roster)) = (last, roster) else {
            return;
        };
        let signer = match self.intruder.as_ref() {
            Some(intruder) => intruder.signing.clone(),
            None => veldpost_envelope::DeviceSigningKey::generate(&mut self.dice.clone()),
        };
        let receipt = Receipt {
            head: ObjectHead {
                region: self.region,
                signer: signer.public(),
                roster_head: roster.head(),
                at,
            },
            stream: last.stream,
            upto: last.seq,
            hash: last.hash,
            apart: veldpost_envelope::object::Ranges::default(),
        };
        if let Ok(object) = receipt.sign(&signer) {
            let value = object.to_bytes();
            page.items.push((page.upto, at, ItemKind::Object, value));
        }
    }

    /// I3: a call that came before changes nothing at the relay.
    pub fn repeated(
        &mut self,
        from: usize,
        path: Call,
        body: &[u8],
        before: &Snapshot,
        reply: &Reply,
    ) {
        self.checked(Invariant::I3);
        let same = (path, label(body));
        let taken = self.oracle.taken.get(&same).copied();
        // What a pull writes down is when a device called.
        if path == Call::Pull || taken != Some(self.oracle.relay_lives) {
            return;
        }
        if reply.status == 200 && self.post.held() != *before {
            let what = format!("{path:?} of device {from}, once more, changed the relay");
            self.violate(Invariant::I3, what);
        }
    }

    /// The relay took a call for the first time.
    pub fn taken(&mut self, path: Call, body: &[u8], reply: &Reply) {
        // Of objects each has its own code.
        let whole = path != Call::Objects
            || ObjectsAnswer::from_bytes(&reply.body)
                .is_ok_and(|answer| answer.codes.iter().all(Option::is_none));
        if reply.status == 200 && whole {
            let lives = self.oracle.relay_lives;
            self.oracle.taken.insert((path, label(body)), lives);
        }
    }
}

/// A number for a body.
fn label(body: &[u8]) -> u64 {
    let seed = 0xcbf2_9ce4_8422_2325;
    body.iter().fold(seed, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}
