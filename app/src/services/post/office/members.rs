//! Who takes part: invitations, admitting, removing.
//!
//! Not here: the rules of these acts (`veldpost-envelope`).

use super::{OfficeProblem, Stands};
use crate::browser::http;
use crate::services::field::{Book, Browser};
use crate::services::post::{Post, Rng};
use std::rc::Rc;
use veldpost_domain::OrganisationId;
use veldpost_envelope::act::{Act, EndReason, InviteEnd, InviteForm, RemovalReason, Removed};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::invitation::{Origin, Welcome};
use veldpost_envelope::roster::{Admission, NewInvite};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::statement::Says;
use veldpost_envelope::wire::{Call, WelcomePutAsk};
use veldpost_envelope::{DevicePublic, Link, RandomBytes};
use veldpost_journal::Outside;
use veldpost_store::{Batch, Shelf, Store};

/// An invitation that is to be made.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whom it is for.
    pub form: InviteForm,
    /// What they may do.
    pub roles: Vec<Role>,
    /// How many devices may come by it.
    pub uses: u64,
    /// Until when: milliseconds since 1970.
    pub ends: i64,
    /// The organisation whose devices come by it.
    pub organisation: Option<OrganisationId>,
    /// What coordinators call it.
    pub name: String,
}

/// An invitation that was made. Whoever has its link may join.
#[derive(Clone)]
pub struct Invited {
    /// The link, for the app at the address where this one is.
    pub link: Rc<zeroize::Zeroizing<String>>,
}

impl Post {
    /// Makes an invitation: the act, what the newcomer may read, and its secret for the other coordinators.
    pub async fn invite(self, wanted: Wanted) -> Result<Invited, OfficeProblem> {
        let book = self.book()?;
        let labels = self.settings_now().await.ok_or(OfficeProblem::Locked)?;
        let region = self.with(|device| device.roster().region());
        let region = region.ok_or(OfficeProblem::NoRelay)?;
        let (mut id, secret) = ([0; 16], Secret::generate(&mut Rng));
        Browser.random(&mut id);
        let link = Link {
            region,
            relay: None,
            invitation: id,
            secret: secret.clone(),
        };
        let keys = link.keys();
        // Last of all it could fail where everything stands.
        let shown = address(&link).ok_or(OfficeProblem::NoAddress)?;
        let me = book.device_keys().0.public();
        let inviter = labels.coordinators.iter().find(|known| known.device == me);
        let organisation = wanted.organisation.and_then(|id| {
            let known = labels.organisations.iter().find(|known| known.id == id)?;
            Some(known.name.clone())
        });
        let welcome = Welcome {
            settings: self.newest_settings_key(&book)?,
            region: labels.region.clone(),
            inviter: inviter
                .map(|known| known.name.clone())
                .or(book.settings().own_name)
                .unwrap_or_default(),
            organisation,
        };
        let welcome = keys
            .seal_welcome(&welcome, &mut Rng)
            .map_err(|_| OfficeProblem::NotMade)?;
        // The link is kept before it is made known: a coordinator who closes the app can show it again.
        let says = Says::LinkSecret {
            invitation: id,
            secret,
            name: wanted.name.clone(),
        };
        self.say(&book, vec![says]).await?;
        // And so is what the newcomer reads: a start puts it again, as does a relay that lost it.
        self.keep_welcome(&book, id, &welcome).await?;
        let (token, proving) = (keys.token(), keys.clone());
        let new = NewInvite {
            id,
            form: wanted.form,
            roles: wanted.roles,
            uses: wanted.uses,
            ends: wanted.ends,
            token,
            organisation: wanted.organisation,
        };
        let act = self.propose(Box::new(move |roster, signing, at, _| {
            roster.next(signing, at).invite(new.clone(), |fields| {
                proving.proof(veldpost_envelope::invitation::InviteFields(fields))
            })
        }));
        if let Err(problem) = act.await {
            self.forget_welcome(&book, id).await;
            return Err(problem);
        }
        let ask = WelcomePutAsk {
            region,
            invitation: id,
            welcome: &welcome,
        };
        let put = self.call(Call::WelcomePut, ask.to_bytes()).await;
        put.map_err(Stands::Invited.but())?;
        Ok(Invited {
            link: Rc::new(shown),
        })
    }

    async fn keep_welcome(
        self,
        book: &Book,
        id: [u8; 16],
        welcome: &[u8],
    ) -> Result<(), OfficeProblem> {
        let batch = Batch::new().put(Shelf::Blobs, id, welcome.to_vec());
        let written = book.store().commit(batch).await;
        written.map_err(|_| OfficeProblem::NotWritten)?;
        if let Some(mut device) = self.inner().device.borrow_mut() {
            device.keeps_blob(id.to_vec(), welcome.to_vec());
        }
        Ok(())
    }

    /// Of an invitation that did not come about.
    async fn forget_welcome(self, book: &Book, id: [u8; 16]) {
        // What stays says nothing of anybody, and is offered to nobody.
        let _ = book
            .store()
            .commit(Batch::new().delete(Shelf::Blobs, id))
            .await;
        if let Some(mut device) = self.inner().device.borrow_mut() {
            device.drops_blob(&id);
        }
    }

    /// Ends an invitation.
    pub async fn end_invitation(self, id: [u8; 16], why: EndReason) -> Result<(), OfficeProblem> {
        self.act(Act::InviteEnd(InviteEnd { id, why })).await
    }

    /// Makes devices members, with every secret that they may have; then says what they are called.
    pub async fn admit(self, devices: Vec<(Admission, String)>) -> Result<(), OfficeProblem> {
        let book = self.book()?;
        let vault = book.vault().ok_or(OfficeProblem::Locked)?;
        let (admissions, names): (Vec<_>, Vec<_>) = devices
            .into_iter()
            .map(|(admission, name)| {
                let device = admission.device.signing;
                (admission, (device, name))
            })
            .unzip();
        let key = vault.encryption.clone();
        self.propose(Box::new(move |roster, signing, at, _| {
            let opened = roster.open_all(&key);
            roster.next(signing, at).device_add(&admissions, &opened)
        }))
        .await?;
        let says = names.into_iter().map(|(device, name)| Says::DeviceName {
            device,
            name,
            replaces: Vec::new(),
        });
        let said = self.say(&book, says.collect()).await;
        said.map_err(|error| Stands::Admitted.but()(error.into()))
    }

    /// Removes a device: the keys are new afterwards, and what it sent up to now still counts.
    pub async fn remove(
        self,
        device: DevicePublic,
        why: RemovalReason,
    ) -> Result<(), OfficeProblem> {
        let streams = self.with(|sync| sync.held_heads(&device));
        let streams = streams.ok_or(OfficeProblem::NoRelay)?;
        self.propose(Box::new(
            move |roster, signing, at, rng: &mut dyn RandomBytes| {
                let removed = Removed {
                    device,
                    why,
                    streams: streams.clone(),
                };
                roster.next(signing, at).device_remove(vec![removed], rng)
            },
        ))
        .await?;
        let published = self.publish_under_new_key().await;
        published.map_err(Stands::Removed.but())
    }
}

/// The link of an invitation as it is shown and scanned.
pub(in crate::services::post) fn address(link: &Link) -> Option<zeroize::Zeroizing<String>> {
    let origin = Origin::parse(&http::own_origin())?;
    Some(link.address(&origin))
}
