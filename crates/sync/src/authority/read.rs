//! What entries say, as far as they open.
//!
//! Not here: whether it counts.

use super::Knowledge;
use super::ahead::Ahead;
use super::chain::{Chain, Chains, Spot};
use core::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{Operation, StreamId};
use veldpost_envelope::canonical::Reader;
use veldpost_envelope::payload::decode_operation;
use veldpost_envelope::statement::{Statement, decode_statement};
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::{
    ActHash, CkId, ContentKey, DevicePublic, Entry, EntryHash, EnvelopeError, Header, Kept,
    Opening, PublicKind, run,
};

/// Payloads from this kind on are statements.
const FIRST_STATEMENT: u64 = 16;

/// What was found in an entry.
pub(super) enum Deciphered {
    Bare,
    Public,
    Unreadable,
    Parked,
    Operation(Operation),
    Statement(Statement),
}

/// An entry and what it says. A carried one has an inner place beside its own.
pub(super) struct Words<'a> {
    pub outer: Spot,
    pub inner: Spot,
    pub header: &'a Header,
    /// The act that the inner entry names.
    pub inner_head: ActHash,
    pub device: DevicePublic,
    pub invitation: Option<[u8; 16]>,
    pub deciphered: Deciphered,
}

/// A content key, and where it was handed out: in its own stream, or carried in another.
struct HandedOut {
    key: ContentKey,
    stream: StreamId,
    seq: u64,
    carried: bool,
}

/// Of each stream those that it continues, one after the other: what was written there may be carried in it.
struct Continued(BTreeMap<StreamId, BTreeSet<StreamId>>);

impl Continued {
    fn new(chains: &Chains<'_>) -> Self {
        let opens = opens(chains);
        let continuing = chains.streams.iter();
        let continuing = continuing.filter(|(_, chain)| chain.open.continues.is_some());
        let all = continuing.map(|(stream, chain)| (*stream, before(&chain.open, &opens)));
        Self(all.collect())
    }

    fn by(&self, stream: &StreamId, earlier: &StreamId) -> bool {
        let before = self.0.get(stream);
        before.is_some_and(|before| before.contains(earlier))
    }
}

/// What is known of how streams were opened: by their own entry 0, or by one that was carried, where the stream itself
/// never came.
fn opens(chains: &Chains<'_>) -> BTreeMap<StreamId, BTreeSet<StreamOpen>> {
    let mut opens: BTreeMap<StreamId, BTreeSet<StreamOpen>> = BTreeMap::new();
    for (stream, chain) in &chains.streams {
        opens.entry(*stream).or_default().insert(chain.open);
        let whole = chain.entries.iter().filter_map(|(_, kept)| kept.whole());
        let inner = whole.filter_map(|entry| run::carried(entry).ok());
        for open in inner.filter_map(|inner| StreamOpen::read(&inner).ok()) {
            if open.device == chain.open.device {
                opens.entry(open.stream()).or_default().insert(open);
            }
        }
    }
    opens
}

/// The streams of one device that a stream continues.
fn before(
    open: &StreamOpen,
    opens: &BTreeMap<StreamId, BTreeSet<StreamOpen>>,
) -> BTreeSet<StreamId> {
    let mut before = BTreeSet::new();
    let mut next: Vec<StreamId> = open.continues.into_iter().collect();
    while let Some(stream) = next.pop() {
        let known = opens.get(&stream).into_iter().flatten();
        let another = known.clone().any(|known| known.device != open.device);
        if !another && before.insert(stream) {
            next.extend(known.filter_map(|known| known.continues));
        }
    }
    before
}

/// Opens what can be opened.
pub(super) struct Reading<'a, 'b> {
    knowledge: &'a Knowledge<'a>,
    chains: &'a Chains<'a>,
    /// Keys by id; the same one may be handed out at several places.
    keys: BTreeMap<CkId, Vec<HandedOut>>,
    continued: Continued,
    ahead: RefCell<&'b mut Ahead>,
}

impl<'a, 'b> Reading<'a, 'b> {
    pub fn new(knowledge: &'a Knowledge<'a>, chains: &'a Chains<'a>, ahead: &'b mut Ahead) -> Self {
        let mut reading = Self {
            knowledge,
            chains,
            keys: BTreeMap::new(),
            continued: Continued::new(chains),
            ahead: RefCell::new(ahead),
        };
        for chain in chains.streams.values() {
            for (spot, kept) in &chain.entries {
                let Some(entry) = kept.whole() else {
                    continue;
                };
                match entry.header().public_kind {
                    Some(PublicKind::ContentKey) => {
                        reading.hand_out(entry, spot.hash, *spot, false);
                    }
                    Some(PublicKind::Carried) => {
                        let inner = run::carried(entry).ok();
                        let inner = inner.filter(|inner| reading.may_carry(chain, inner));
                        let of_key = |inner: &Entry| {
                            inner.header().public_kind == Some(PublicKind::ContentKey)
                        };
                        if let Some(inner) = inner.filter(of_key) {
                            // Carried, it counts behind its outer place; in its own stream, behind its inner one.
                            reading.hand_out(&inner, inner.hash(), *spot, true);
                        }
                    }
                    _ => {}
                }
            }
        }
        reading
    }

    fn hand_out(&mut self, entry: &Entry, hash: EntryHash, at: Spot, carried: bool) {
        let key = self.ahead.get_mut().key(entry, hash, self.knowledge.open);
        if let Some(key) = key {
            self.keys.entry(key.id()).or_default().push(HandedOut {
                key,
                stream: at.stream,
                seq: at.seq,
                carried,
            });
        }
    }

    /// Everything that hangs together, in the order of streams and numbers.
    pub fn all(self) -> Vec<Words<'a>> {
        let chains = self.chains.streams.values();
        let mut all = Vec::with_capacity(chains.map(|chain| chain.entries.len()).sum());
        self.each(|_| true, |words| all.push(words));
        all
    }

    /// What hangs together and stands where it is asked for, in the same order.
    pub fn at(&self, wanted: impl Fn(&Spot) -> bool) -> Vec<Words<'a>> {
        let mut found = Vec::new();
        self.each(wanted, |words| found.push(words));
        found
    }

    fn each(&self, wanted: impl Fn(&Spot) -> bool, mut take: impl FnMut(Words<'a>)) {
        for chain in self.chains.streams.values() {
            let entries = chain.entries.iter().filter(|(spot, _)| wanted(spot));
            for (spot, kept) in entries {
                take(self.words(chain, *spot, kept));
            }
        }
    }

    fn words(&self, chain: &Chain<'_>, outer: Spot, kept: &'a Kept) -> Words<'a> {
        let header = kept.header();
        let mut words = Words {
            outer,
            inner: outer,
            header,
            inner_head: header.roster_head,
            device: chain.open.device,
            invitation: chain.open.invitation,
            deciphered: Deciphered::Bare,
        };
        let Some(entry) = kept.whole() else {
            return words;
        };
        words.deciphered = match header.public_kind {
            None => self.open(entry, outer, outer),
            Some(PublicKind::StreamOpen | PublicKind::ContentKey) => Deciphered::Public,
            Some(PublicKind::Unknown(_)) => Deciphered::Parked,
            Some(PublicKind::Carried) => match run::carried(entry) {
                Err(EnvelopeError::Newer(_)) => Deciphered::Parked,
                Ok(inner) if self.may_carry(chain, &inner) => {
                    words.inner = Spot {
                        stream: inner.header().stream,
                        seq: inner.header().seq,
                        hash: inner.hash(),
                    };
                    words.inner_head = inner.header().roster_head;
                    match inner.header().public_kind {
                        None => self.open(&inner, outer, words.inner),
                        Some(PublicKind::Unknown(_)) => Deciphered::Parked,
                        Some(_) => Deciphered::Public,
                    }
                }
                _ => Deciphered::Unreadable,
            },
        };
        words
    }

    /// Whether a stream may carry an entry: one of the stream that it continues, or that that one continues in turn, of
    /// the same device, region and purpose.
    fn may_carry(&self, chain: &Chain<'_>, inner: &Entry) -> bool {
        let (header, open) = (inner.header(), &chain.open);
        if header.region != self.knowledge.roster.region() || header.purpose != open.purpose {
            return false;
        }
        self.continued.by(&open.stream(), &header.stream)
    }

    fn open(&self, entry: &Entry, outer: Spot, inner: Spot) -> Deciphered {
        let handed_out = entry.header().ck_id.and_then(|id| self.keys.get(&id));
        let before = |handed: &&HandedOut| {
            let at = |spot: Spot| handed.stream == spot.stream && handed.seq < spot.seq;
            // What a stream carried that this one continues was carried before it.
            let earlier = handed.carried && self.continued.by(&outer.stream, &handed.stream);
            at(inner) || at(outer) || earlier
        };
        let key = handed_out.and_then(|handed| handed.iter().find(before));
        match key {
            Some(handed) => self
                .ahead
                .borrow_mut()
                .words(entry, inner.hash, &handed.key),
            None => Deciphered::Unreadable,
        }
    }
}

/// Opens a sealed entry with a content key.
pub(super) fn unseal(entry: &Entry, key: &ContentKey, room: &mut Opening) -> Deciphered {
    match entry.open_in(key, room) {
        Ok(payload) => decipher(payload),
        Err(EnvelopeError::Newer(_)) => Deciphered::Parked,
        Err(_) => Deciphered::Unreadable,
    }
}

fn decipher(payload: &[u8]) -> Deciphered {
    let mut input = Reader::new(payload);
    let kind = input.record(1).and_then(|_| input.uint());
    match kind {
        Err(_) => Deciphered::Unreadable,
        Ok(kind) if kind < FIRST_STATEMENT => match decode_operation(payload) {
            Ok(decoded) => decoded
                .operation
                .map_or(Deciphered::Parked, Deciphered::Operation),
            Err(_) => Deciphered::Unreadable,
        },
        Ok(_) => match decode_statement(payload) {
            Ok(decoded) => decoded
                .statement
                .map_or(Deciphered::Parked, Deciphered::Statement),
            Err(_) => Deciphered::Unreadable,
        },
    }
}
