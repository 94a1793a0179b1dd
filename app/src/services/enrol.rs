//! Joining a region by an invitation: reads it, shows what it is, and writes a book once the person agreed.
//!
//! Not here: checking it (`veldpost_sync::enrol`), and bringing the join to the relay: the post does that, from what was
//! written, so that an app that is closed in between goes on by itself.

use super::field::{Browser, Field};
use super::post::{self, Rng};
use super::typed::{Form, Typed};
use crate::browser::{clock, http};
use crate::routes::{Router, Screen};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use veldpost_envelope::UnlockSecret;
use veldpost_envelope::invitation::Origin;
use veldpost_journal::rows::Settings;
use veldpost_journal::{NewMember, Outside, Protection};
use veldpost_sync::{Effect as SyncEffect, Enrol, EnrolProblem, Event, Offer, Progress, Wake};
use wasm_bindgen_futures::spawn_local;
use zeroize::Zeroizing;

/// How far joining is.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The link is asked for.
    Link,
    /// The relay is asked. `unreachable`: the last try brought nothing.
    Reading {
        /// It is tried again by itself.
        unreachable: bool,
    },
    /// The person is asked.
    Offered(Offer),
    /// The person agreed, and chooses a passphrase for reading.
    Passphrase,
    /// Everything is being written.
    Writing,
    /// It is over.
    Failed(EnrolProblem),
}

/// One device that joins.
#[derive(Clone, Copy)]
pub struct Enrolment {
    /// How far it is.
    pub step: RwSignal<Step>,
    field: Field,
    router: Router,
    typed: Typed,
    inner: StoredValue<Rc<Inner>, LocalStorage>,
}

#[derive(Default)]
struct Inner {
    enrol: RefCell<Option<Enrol>>,
    member: RefCell<Option<NewMember>>,
    name: RefCell<String>,
    /// The whole link, for who joins elsewhere by it.
    link: RefCell<Zeroizing<String>>,
    /// The records of a region of one go along.
    along: Cell<bool>,
}

impl Enrolment {
    /// Asks for a link.
    pub fn new(field: Field, router: Router, typed: Typed) -> Self {
        Self {
            step: RwSignal::new(Step::Link),
            field,
            router,
            typed,
            inner: StoredValue::new_local(Rc::default()),
        }
    }

    fn inner(self) -> Rc<Inner> {
        self.inner.get_value()
    }

    /// Takes a link as it was pasted, scanned or opened.
    pub fn read(self, text: &str) {
        let member = match self.field.own_newcomer() {
            None => NewMember::make(&Browser),
            Some(Ok(member)) => {
                self.field.keep_invitation(text);
                member
            }
            Some(Err(_)) => return self.step.set(Step::Failed(EnrolProblem::NotNow)),
        };
        let begun = Enrol::read_link(text).and_then(|link| {
            let key = member.signing().clone();
            Enrol::begin(link, &http::own_origin(), key, member.encryption())
        });
        match begun {
            Ok(enrol) => {
                let inner = self.inner();
                *inner.link.borrow_mut() = whole(text).unwrap_or_default();
                *inner.enrol.borrow_mut() = Some(enrol);
                *inner.member.borrow_mut() = Some(member);
                self.handle(Event::Wake(Wake::Opened));
            }
            Err(problem) => self.step.set(Step::Failed(problem)),
        }
    }

    /// The link that was taken last.
    pub fn link(self) -> Zeroizing<String> {
        self.inner().link.borrow().clone()
    }

    /// Begins with another link.
    pub fn again(self) {
        let inner = self.inner();
        inner.enrol.borrow_mut().take();
        inner.member.borrow_mut().take();
        self.typed.forget(Form::Join);
        self.step.set(Step::Link);
    }

    fn handle(self, event: Event<'_>) {
        let inner = self.inner();
        let effects = inner.enrol.borrow_mut().as_mut().map(|enrol| {
            let effects = enrol.handle(event, clock::now(), &mut Rng);
            (effects, enrol.origin().to_owned())
        });
        let Some((effects, origin)) = effects else {
            return;
        };
        for effect in effects {
            match effect {
                SyncEffect::Send {
                    call,
                    path,
                    headers,
                    body,
                } => {
                    let origin = origin.clone();
                    spawn_local(async move {
                        let answer = post::send(&origin, path, headers.as_ref(), &body).await;
                        // The screen may have been left.
                        if self.inner.try_get_value().is_some() {
                            self.handle(post::event(call, answer.as_ref()));
                        }
                    });
                }
                SyncEffect::WakeAt(at) => {
                    spawn_local(async move {
                        post::until(at).await;
                        if self.inner.try_get_value().is_some() {
                            self.handle(Event::Wake(Wake::Due));
                        }
                    });
                }
                _ => {}
            }
        }
        self.show();
    }

    fn show(self) {
        let inner = self.inner();
        let enrol = inner.enrol.borrow();
        let step = match enrol.as_ref().map(Enrol::progress) {
            Some(Progress::Reading { unreachable }) => Step::Reading { unreachable },
            Some(Progress::Offered(offer)) => Step::Offered(offer.clone()),
            Some(Progress::Failed(problem)) => Step::Failed(problem),
            _ => return,
        };
        if self.step.with_untracked(|now| *now != step) {
            self.step.set(step);
        }
    }

    /// The person agrees, and calls this device so. A device of a group needs no passphrase: it keeps nothing readable.
    /// One that has a region of one has a passphrase; its records go `along`, or not.
    pub fn agree(self, name: &str, along: bool) -> Result<(), EnrolProblem> {
        let inner = self.inner();
        let group = {
            let mut enrol = inner.enrol.borrow_mut();
            let enrol = enrol.as_mut().ok_or(EnrolProblem::NotNow)?;
            // What the person agreed to before the device refused to write it stands.
            if enrol.prepared().is_none() {
                enrol.agree(name, clock::now(), &mut Rng)?;
            }
            enrol.offer().is_some_and(Offer::is_count_only)
        };
        name.clone_into(&mut inner.name.borrow_mut());
        inner.along.set(along);
        if self.field.is_alone() {
            self.step.set(Step::Writing);
            spawn_local(async move { self.write(None).await });
        } else if group {
            self.step.set(Step::Writing);
            spawn_local(async move {
                self.write(Some(Protection::OwnKey)).await;
            });
        } else {
            self.step.set(Step::Passphrase);
        }
        Ok(())
    }

    /// The passphrase was proven: everything is written.
    pub fn protect(self, secret: UnlockSecret) {
        self.step.set(Step::Writing);
        spawn_local(async move {
            self.write(Some(Protection::Passphrase(secret))).await;
        });
    }

    /// Without a protection: by the book that is open.
    async fn write(self, protection: Option<Protection>) {
        let inner = self.inner();
        let prepared = inner.enrol.borrow().as_ref().and_then(Enrol::prepared);
        let member = inner.member.borrow_mut().take();
        let (Some(prepared), Some(member)) = (prepared, member) else {
            self.step.set(Step::Failed(EnrolProblem::NotNow));
            return;
        };
        let joined = prepared.joined();
        let counted = joined.roster.counted_campaign();
        let settings = Settings {
            // Until the region's settings are read: what the roster says, else made-up, so that it is nobody's.
            campaign: counted.map_or_else(fresh_id, |campaign| campaign.0),
            count_date: clock::date(clock::now()),
            organisations: Vec::new(),
            areas: Vec::new(),
            blocks: Vec::new(),
            kit_proven: self
                .field
                .settings()
                .is_some_and(|settings| settings.kit_proven),
            region: Some(prepared.offer.region.clone()),
            campaign_name: None,
            own_name: Some(inner.name.borrow().clone()),
        };
        let there = match protection {
            Some(protection) => {
                let written = self
                    .field
                    .write_joined(&member, &joined, &settings, &protection);
                self.field.begin(written.await).await
            }
            None => {
                let along = inner.along.get();
                let there = self.field.join_along(&joined, &settings, along).await;
                if there {
                    self.router.replace(Screen::Home);
                }
                there
            }
        };
        if there {
            self.typed.forget(Form::Join);
        } else if self.inner.try_get_value().is_some() {
            // It was said, and nothing was written: the same keys can be tried again.
            *inner.member.borrow_mut() = Some(member);
            self.step.set(Step::Offered(prepared.offer.clone()));
        }
    }
}

/// The link as it was sent: out of the address comes only what stands behind its `#`.
fn whole(text: &str) -> Option<Zeroizing<String>> {
    let origin = Origin::parse(&http::own_origin())?;
    Some(Enrol::read_link(text).ok()?.address(&origin))
}

fn fresh_id() -> [u8; 16] {
    let mut id = [0; 16];
    Browser.random(&mut id);
    id
}
