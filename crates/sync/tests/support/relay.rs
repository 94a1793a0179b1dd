//! A relay as thin as these tests allow, until `crates/relay` is there: one region, no limits, no authority, no disk.
//!
//! Not here: whatever a test does not need; the relay's own rules have their tests beside it.

use std::collections::{BTreeMap, VecDeque};
use veldpost_domain::StreamId;
use veldpost_envelope::request::SignedHeaders;
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::wire::{
    ActsAsk, Call, Code, HeadsAnswer, Incarnation, Item, ItemKind, Items, ObjectsAnswer, OwnHead,
    Page, Problem, PullAsk, PushAnswer, RosterAnswer, RosterAsk, RosterHead, Standing, StreamRow,
    StreamStanding,
};
use veldpost_envelope::{Kept, Object, Roster};

/// What goes wrong with the next call of a kind.
pub enum Fault {
    /// It never gets there.
    Lost,
    /// It gets there, its answer does not come back.
    AnswerLost,
    /// A login page answers.
    LoginPage,
    /// Something answers.
    Garbage(u16, &'static str, Vec<u8>),
    /// The relay refuses.
    Refused(Problem, Option<u32>),
}

pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub retry_after: Option<u32>,
    pub body: Vec<u8>,
}

pub struct Relay {
    pub now: i64,
    pub incarnation: Incarnation,
    pub streams: BTreeMap<StreamId, Vec<Kept>>,
    pub items: Vec<(ItemKind, Vec<u8>)>,
    pub roster: Roster,
    pub acts: Vec<Vec<u8>>,
    pub standing: Standing,
    /// How many items a page has at most, and how many entries a push.
    pub per_page: usize,
    pub most: usize,
    pub faults: VecDeque<(Call, Fault)>,
    /// Every call, with how many entries it brought.
    pub calls: Vec<(Call, usize)>,
    pub created: Vec<String>,
    /// Whether runs are handed out: to a coordinator.
    pub runs: bool,
    /// Hashes of the entries of each push, whether it got there or not.
    pub sent: Vec<Vec<[u8; 32]>>,
}

impl Relay {
    pub fn new(region: &super::Region) -> Self {
        Self {
            now: super::NOW,
            incarnation: Incarnation([1; 16]),
            streams: BTreeMap::new(),
            items: Vec::new(),
            roster: region.roster.clone(),
            acts: region.acts.clone(),
            standing: Standing::Member,
            per_page: 100,
            most: usize::MAX,
            faults: VecDeque::new(),
            calls: Vec::new(),
            created: Vec::new(),
            runs: false,
            sent: Vec::new(),
        }
    }

    pub fn give(&mut self, object: &Object) {
        self.items.push((ItemKind::Object, object.to_bytes()));
    }

    pub fn fail(&mut self, call: Call, fault: Fault) {
        self.faults.push_back((call, fault));
    }

    pub fn refuse(&mut self, call: Call, code: Code) {
        self.fail(call, Fault::Refused(Problem::new(code), None));
    }

    /// How many entries the pushes brought.
    pub fn pushes(&self) -> Vec<usize> {
        let pushes = self.calls.iter().filter(|(call, _)| *call == Call::Entries);
        pushes.map(|(_, entries)| *entries).collect()
    }

    pub fn call(
        &mut self,
        call: Call,
        headers: Option<&SignedHeaders>,
        body: &[u8],
    ) -> Option<Reply> {
        let entries = if call == Call::Entries {
            Items::new(body).count()
        } else {
            0
        };
        if call == Call::Entries {
            let items =
                Items::new(body).map(|item| Kept::from_bytes(item.unwrap()).unwrap().hash().0);
            self.sent.push(items.collect());
        }
        self.calls.push((call, entries));
        self.created
            .extend(headers.map(|headers| headers.signature_input.clone()));
        let next = self.faults.front().is_some_and(|(of, _)| *of == call);
        let fault = next.then(|| self.faults.pop_front()).flatten();
        match fault.map(|(_, fault)| fault) {
            Some(Fault::Lost) => None,
            Some(Fault::AnswerLost) => {
                self.serve(call, body);
                None
            }
            Some(Fault::LoginPage) => Some(Reply {
                status: 200,
                content_type: "text/html",
                retry_after: None,
                body: b"<html>Log in</html>".to_vec(),
            }),
            Some(Fault::Garbage(status, content_type, body)) => Some(Reply {
                status,
                content_type,
                retry_after: None,
                body,
            }),
            Some(Fault::Refused(problem, retry_after)) => Some(refusal(&problem, retry_after)),
            None => Some(self.serve(call, body)),
        }
    }

    fn serve(&mut self, call: Call, body: &[u8]) -> Reply {
        match call {
            Call::Entries => self.entries(body),
            Call::Pull => self.pull(body),
            Call::Roster => {
                let from = usize::try_from(RosterAsk::from_bytes(body).unwrap().from).unwrap();
                let answer = RosterAnswer {
                    head: self.roster_head(),
                    acts: self.acts.iter().skip(from).map(Vec::as_slice).collect(),
                };
                answered(call, answer.to_bytes())
            }
            Call::Acts => {
                for act in ActsAsk::from_bytes(body).unwrap().acts {
                    if self.roster.take(act).is_ok() {
                        self.acts.push(act.to_vec());
                    }
                }
                answered(call, self.roster_head().to_bytes())
            }
            Call::Objects => {
                let objects: Vec<Vec<u8>> = Items::new(body)
                    .map(|item| item.unwrap().to_vec())
                    .collect();
                let answer = ObjectsAnswer {
                    incarnation: self.incarnation,
                    codes: vec![None; objects.len()],
                };
                let objects = objects.into_iter();
                self.items
                    .extend(objects.map(|object| (ItemKind::Object, object)));
                answered(call, answer.to_bytes())
            }
            Call::Heads => {
                let rows = self.streams.iter().filter(|(_, held)| !held.is_empty());
                let rows = rows.map(|(stream, held)| StreamRow {
                    stream: *stream,
                    device: StreamOpen::read(held[0].whole().unwrap()).unwrap().device,
                    purpose: 1,
                    next: held.len() as u64,
                    hash: held.last().unwrap().hash(),
                    heard: self.now,
                    says: None,
                });
                let answer = HeadsAnswer {
                    incarnation: self.incarnation,
                    at: self.now,
                    rows: rows.collect(),
                    more: false,
                };
                answered(call, answer.to_bytes())
            }
            _ => refusal(&Problem::new(Code::NotFound), None),
        }
    }

    fn roster_head(&self) -> RosterHead {
        RosterHead {
            incarnation: self.incarnation,
            height: self.roster.height(),
            head: self.roster.head(),
        }
    }

    fn entries(&mut self, body: &[u8]) -> Reply {
        let offered: Vec<Kept> = Items::new(body)
            .map(|item| Kept::from_bytes(item.unwrap()).unwrap())
            .collect();
        if offered.len() > self.most {
            return refusal(&Problem::new(Code::TooLarge), None);
        }
        let mut codes: BTreeMap<StreamId, Option<Code>> = BTreeMap::new();
        let mut stored: BTreeMap<StreamId, Vec<u8>> = BTreeMap::new();
        let last = offered
            .iter()
            .rposition(|entry| entry.signature().is_some());
        for entry in offered.into_iter().take(last.map_or(0, |last| last + 1)) {
            let (stream, seq) = (entry.header().stream, entry.header().seq);
            let code = codes.entry(stream).or_default();
            let held = self.streams.entry(stream).or_default();
            match held.get(usize::try_from(seq).unwrap()) {
                _ if code.is_some() => {}
                Some(kept) if kept.hash() == entry.hash() => {}
                Some(_) => *code = Some(Code::Conflict),
                None if held.len() as u64 == seq => {
                    stored.entry(stream).or_default().extend(entry.to_bytes());
                    held.push(entry);
                }
                None => *code = Some(Code::Gap),
            }
        }
        if self.runs {
            let runs = stored.into_values();
            self.items.extend(runs.map(|run| (ItemKind::Run, run)));
        }
        let states = codes.iter().map(|(stream, code)| StreamStanding {
            stream: *stream,
            next: self.streams[stream].len() as u64,
            hash: self.streams[stream].last().map(Kept::hash),
            code: *code,
            proof: None,
        });
        let answer = PushAnswer {
            incarnation: self.incarnation,
            states: states.collect(),
        };
        let bytes = answer.to_bytes();
        match codes.values().flatten().next() {
            Some(code) => {
                let mut problem = Problem::new(*code);
                problem.answer = Some(bytes);
                refusal(&problem, None)
            }
            None => answered(Call::Entries, bytes),
        }
    }

    fn pull(&mut self, body: &[u8]) -> Reply {
        let ask = PullAsk::from_bytes(body).unwrap();
        let own: Vec<OwnHead> = ask
            .holding
            .iter()
            .map(|holding| {
                let held = self.streams.get(&holding.stream);
                OwnHead {
                    stream: holding.stream,
                    next: held.map_or(0, |held| held.len() as u64),
                    hash: held.and_then(|held| held.last().map(Kept::hash)),
                }
            })
            .collect();
        let newest = self.items.len() as u64;
        let mut after = ask.after;
        let mut pages = Vec::new();
        for _ in 0..ask.pages {
            let items: Vec<Item<'_>> = (1..)
                .zip(&self.items)
                .filter(|(position, _)| *position > after)
                .take(self.per_page)
                .map(|(position, (kind, value))| Item {
                    position,
                    at: self.now,
                    kind: *kind,
                    value,
                })
                .collect();
            after = items.last().map_or(newest, |item| item.position);
            let page = Page {
                incarnation: self.incarnation,
                at: self.now,
                standing: self.standing,
                height: self.roster.height(),
                head: self.roster.head(),
                own: own.clone(),
                upto: after,
                newest,
                items,
            };
            let mut out = veldpost_envelope::canonical::Writer::default();
            out.bytes(&page.to_bytes());
            pages.extend(out.finish());
            if after >= newest {
                break;
            }
        }
        answered(Call::Pull, pages)
    }
}

fn answered(call: Call, body: Vec<u8>) -> Reply {
    Reply {
        status: 200,
        content_type: call.answer_type(),
        retry_after: None,
        body,
    }
}

fn refusal(problem: &Problem, retry_after: Option<u32>) -> Reply {
    Reply {
        status: problem.code.status(),
        content_type: "application/problem+json",
        retry_after,
        body: problem.to_json().into_bytes(),
    }
}
