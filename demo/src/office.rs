//! What the demonstration's coordinator does: founds the region, publishes what is called how, invites, admits.
//!
//! Not here: judging what comes in. The browser that looks at the region does that.

use anyhow::{Result, bail};
use pollster::block_on;
use veldpost_domain::{CampaignId, OrganisationId};
use veldpost_envelope::act::{Act, InviteForm, SettingsPublish, Stage, StageChange};
use veldpost_envelope::blob::{Blob, BlobContent, SettingsBlob};
use veldpost_envelope::genesis::{Role, RosterDevice};
use veldpost_envelope::invitation::{InvitationKeys, InviteFields, Welcome};
use veldpost_envelope::roster::{Admission, NewInvite};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::statement::Says;
use veldpost_envelope::wire::{BlobPutAsk, Call, WelcomePutAsk};
use veldpost_envelope::{Join, Link, random};
use veldpost_journal::rows::Settings;
use veldpost_journal::{Journal, Kind, NewRegion, Outside as _, Protection};
use veldpost_store::memory::MemoryDatabase;
use veldpost_store::{Batch, Shelf, Store as _};
use veldpost_sync::Effect;
use veldpost_sync::device::MakeAct;
use veldpost_sync::rows::read_join_row;

use crate::outside::{InMemory, Machine};
use crate::phone::{Ended, Phone};

/// How long an invitation of the demonstration is good.
const LIFE_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// An invitation that is to be made.
pub struct Wanted<'a> {
    pub form: InviteForm,
    pub roles: Vec<Role>,
    pub uses: u64,
    pub organisation: Option<(OrganisationId, &'a str)>,
    /// What coordinators call it.
    pub name: &'a str,
}

/// A coordinator's device.
pub struct Office {
    pub phone: Phone,
    region: String,
    own_name: String,
    /// What the newcomers of its invitations are read with.
    links: Vec<InvitationKeys>,
}

impl Office {
    /// Founds a region at the relay.
    pub fn found(origin: &str, settings: Settings) -> Result<Self> {
        let region = settings.region.clone().unwrap_or_default();
        let own_name = settings.own_name.clone().unwrap_or_default();
        let new = NewRegion::make(Kind::Shared, settings, &Machine)?;
        let store = MemoryDatabase::new().open();
        block_on(store.claim())?;
        let own_key = Protection::OwnKey;
        let founded = Journal::found(store, Machine, &InMemory, &new, Some(origin), &own_key);
        let book = match block_on(founded) {
            Ok(book) => book,
            Err((error, ..)) => return Err(error.into()),
        };
        block_on(book.unlock(None))?;
        let mut office = Self {
            phone: Phone::open(book, origin)?,
            region,
            own_name,
            links: Vec::new(),
        };
        let phone = &mut office.phone;
        let effects = phone.device.found(None, Machine.now(), &mut Machine);
        phone.carry_out(effects)?;
        phone.until("founding the region", |phone| {
            let mut ended = phone.ended.iter();
            ended.any(|ended| matches!(ended, Ended::Founded(_)))
        })?;
        match phone.ended.pop() {
            Some(Ended::Founded(Ok(()))) => Ok(office),
            _ => bail!("the relay takes no new region: start it with --founding open"),
        }
    }

    /// Publishes what organisations, areas and the campaign are called.
    pub fn publish(&mut self, settings: SettingsBlob) -> Result<()> {
        let Some(key) = self.phone.book.settings_key() else {
            bail!("no settings key");
        };
        let region = self.phone.device.roster().region();
        let content = BlobContent::Settings(settings);
        let blob = Blob::seal(&key, &region, &content, &mut Machine)?;
        let bytes = blob.bytes();
        let ask = BlobPutAsk {
            region,
            blob: bytes,
        };
        self.call(Call::BlobPut, ask.to_bytes())?;
        let (id, number) = (blob.id(), key.number());
        let batch = Batch::new().put(Shelf::Blobs, id.0, bytes);
        block_on(self.phone.book.store().commit(batch))?;
        self.phone.device.keeps_blob(id.0.to_vec(), bytes.to_vec());
        self.act(Act::Settings(SettingsPublish {
            number,
            blob: id.0,
            cards: None,
        }))
    }

    /// Brings a campaign to its next stage.
    pub fn stage(&mut self, campaign: CampaignId, stage: Stage) -> Result<()> {
        self.act(Act::Stage(StageChange {
            campaign,
            stage,
            checkpoint: None,
        }))
    }

    /// Makes an invitation, as the app does: its secret for the other coordinators, the act, the welcome.
    pub fn invite(&mut self, wanted: Wanted<'_>) -> Result<Link> {
        let Some(settings) = self.phone.book.settings_key() else {
            bail!("no settings key");
        };
        let link = Link {
            region: self.phone.device.roster().region(),
            relay: None,
            invitation: random::array(&mut Machine),
            secret: Secret::generate(&mut Machine),
        };
        let (keys, organisation) = (link.keys(), wanted.organisation);
        let welcome = Welcome {
            settings,
            region: self.region.clone(),
            inviter: self.own_name.clone(),
            organisation: organisation.map(|(_, name)| name.to_owned()),
        };
        let welcome = keys.seal_welcome(&welcome, &mut Machine)?;
        self.say(Says::LinkSecret {
            invitation: link.invitation,
            secret: link.secret.clone(),
            name: wanted.name.to_owned(),
        })?;
        let new = NewInvite {
            id: link.invitation,
            form: wanted.form,
            roles: wanted.roles,
            uses: wanted.uses,
            ends: Machine.now() + LIFE_MS,
            token: keys.token(),
            organisation: organisation.map(|(id, _)| id),
        };
        let proving = keys.clone();
        self.propose(Box::new(move |roster, key, at, _| {
            let proof = |fields: &[u8]| proving.proof(InviteFields(fields));
            roster.next(key, at).invite(new.clone(), proof)
        }))?;
        let ask = WelcomePutAsk {
            region: link.region,
            invitation: link.invitation,
            welcome: &welcome,
        };
        self.call(Call::WelcomePut, ask.to_bytes())?;
        self.links.push(keys);
        Ok(link)
    }

    /// Whether somebody came by this invitation and is not a member yet.
    pub fn newcomer(&self, invitation: [u8; 16]) -> Option<Join> {
        newcomer(&self.phone, invitation)
    }

    /// Waits for who comes by this invitation and makes it a member. The same hands hold both devices, so that the six
    /// words are the same.
    pub fn admit(&mut self, link: &Link) -> Result<()> {
        let invitation = link.invitation;
        self.phone.until("a device that joins", |phone| {
            newcomer(phone, invitation).is_some()
        })?;
        match self.newcomer(invitation) {
            Some(join) => self.admit_join(&join),
            None => bail!("nobody came by this invitation"),
        }
    }

    /// Makes a device a member, and says what it is called.
    pub fn admit_join(&mut self, join: &Join) -> Result<()> {
        let request = join.request();
        let keys = self.links.iter();
        let Some(keys) = keys
            .filter(|keys| keys.invitation() == request.invitation)
            .find(|keys| join.verify_with(keys).is_ok())
        else {
            bail!("a join that no invitation of this coordinator vouches for");
        };
        let name = join.open_name(keys)?.to_string();
        let roster = self.phone.device.roster();
        let Some(known) = roster.invitation(&request.invitation) else {
            bail!("an invitation that is not in the roster");
        };
        let admission = Admission {
            device: RosterDevice {
                signing: request.device,
                encryption: request.encryption,
                roles: known.invite.roles.clone(),
            },
            invitation: Some(request.invitation),
            join: Some(join.hash().0),
            words: known.invite.form == InviteForm::Single,
        };
        let Some(vault) = self.phone.book.vault() else {
            bail!("the coordinator's book is locked");
        };
        let device = request.device;
        self.propose(Box::new(move |roster, key, at, _| {
            let opened = roster.open_all(&vault.encryption);
            let admitted = core::slice::from_ref(&admission);
            roster.next(key, at).device_add(admitted, &opened)
        }))?;
        self.say(Says::DeviceName {
            device,
            name,
            replaces: Vec::new(),
        })
    }

    fn say(&mut self, says: Says) -> Result<()> {
        block_on(self.phone.book.say(vec![says]))?;
        self.phone.tell_saved()
    }

    fn act(&mut self, act: Act) -> Result<()> {
        self.propose(Box::new(move |roster, key, at, _| {
            roster.next(key, at).sign(&act)
        }))
    }

    fn propose(&mut self, make: MakeAct) -> Result<()> {
        let now = Machine.now();
        let (number, effects) = self.phone.device.propose(make, now, &mut Machine);
        match self.ended(number, effects)? {
            Ended::Proposed(_, Ok(_)) => Ok(()),
            Ended::Proposed(_, Err(problem)) => bail!("an act was not taken: {problem}"),
            _ => bail!("an act was not taken"),
        }
    }

    fn call(&mut self, call: Call, body: Vec<u8>) -> Result<Vec<u8>> {
        let now = Machine.now();
        let (number, effects) = self.phone.device.errand(call, body, now, &mut Machine);
        match self.ended(number, effects)? {
            Ended::Reply(_, Ok(reply)) => Ok(reply),
            Ended::Reply(_, Err(code)) => bail!("{}: {code:?}", call.path()),
            _ => bail!("{}: no answer", call.path()),
        }
    }

    fn ended(&mut self, number: u64, effects: Vec<Effect>) -> Result<Ended> {
        let is = move |ended: &Ended| match ended {
            Ended::Reply(of, _) | Ended::Proposed(of, _) => *of == number,
            Ended::Founded(_) => false,
        };
        self.phone.carry_out(effects)?;
        self.phone
            .until("an answer of the relay", |phone| phone.ended.iter().any(is))?;
        let at = self.phone.ended.iter().position(is);
        match at {
            Some(at) => Ok(self.phone.ended.swap_remove(at)),
            None => bail!("no answer of the relay"),
        }
    }
}

fn newcomer(phone: &Phone, invitation: [u8; 16]) -> Option<Join> {
    let aside = block_on(phone.book.store().read_all(Shelf::Aside)).ok()?;
    let joins = aside.iter().filter(|(key, _)| key.starts_with(b"join/"));
    let mut joins = joins.filter_map(|(_, row)| Join::from_bytes(&read_join_row(row)?.2).ok());
    let roster = phone.device.roster();
    joins.find(|join| {
        let request = join.request();
        request.invitation == invitation && roster.device(&request.device).is_none()
    })
}
