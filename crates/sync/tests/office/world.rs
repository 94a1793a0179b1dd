//! A region of two that coordinate everything, at its relay, and the acts that they make.
//!
//! Not here: tests.

use crate::letterbox::desk::Desk;
use crate::letterbox::people::{Person, Seeded, Wanted, all_roles, invite, link, welcome};
use crate::letterbox::{DAY, Letterbox, NOW};
use veldpost_domain::CampaignId;
use veldpost_envelope::act::{Act, EndReason, InviteEnd, SettingsPublish, Stage, StageChange};
use veldpost_envelope::blob::{BlobContent, SettingsBlob};
use veldpost_envelope::genesis::{GenesisInput, RegionForm, create};
use veldpost_envelope::wire::{BlobPutAsk, Call, WelcomePutAsk};
use veldpost_envelope::{Blob, BlobId, DeviceEncryptionKey, Link, Roster, SettingsKey};
use veldpost_relay::Founding;
use veldpost_sync::MakeAct;

pub const CAMPAIGN: CampaignId = CampaignId([8; 16]);

/// A region of two that coordinate everything, at its relay.
pub struct World {
    pub letterbox: Letterbox,
    pub ann: Desk,
    pub ben: Desk,
    pub settings: SettingsKey,
}

pub fn genesis(people: &[&Person]) -> (Vec<u8>, SettingsKey) {
    let devices: Vec<_> = people.iter().map(|one| one.with(&all_roles())).collect();
    let input = GenesisInput {
        at: NOW - DAY,
        form: RegionForm::Shared,
        devices: &devices,
    };
    let created = create(&input, &mut Seeded(9)).unwrap();
    (created.act, created.settings)
}

pub fn world() -> World {
    let mut letterbox = Letterbox::new(Founding::Open);
    let (ann, ben) = (Person::new(1), Person::new(2));
    let (act, settings) = genesis(&[&ann, &ben]);
    let (mut ann, mut ben) = (
        Desk::new(ann, core::slice::from_ref(&act)),
        Desk::new(ben, &[act]),
    );
    ann.found(None, &mut letterbox);
    assert_eq!(ann.founded, [Ok(())]);
    ann.look(&mut letterbox);
    ben.look(&mut letterbox);
    letterbox.calls.clear();
    World {
        letterbox,
        ann,
        ben,
        settings,
    }
}

pub fn signs(act: Act) -> MakeAct {
    Box::new(move |roster, key, at, _| roster.next(key, at).sign(&act))
}

pub fn stage(stage: Stage) -> MakeAct {
    signs(Act::Stage(StageChange {
        campaign: CAMPAIGN,
        stage,
        checkpoint: None,
    }))
}

pub fn publishes(blob: &BlobId, number: u64) -> MakeAct {
    signs(Act::Settings(SettingsPublish {
        number,
        blob: blob.0,
        cards: None,
    }))
}

pub fn invites(signer: &Person, link: &Link, wanted: &Wanted) -> MakeAct {
    let (link, wanted) = (link.clone(), wanted.clone());
    let signer = Person {
        signing: signer.signing(),
        encryption: DeviceEncryptionKey::generate(&mut Seeded(1)),
    };
    Box::new(move |roster, _, _, _| {
        let roster: &Roster = roster;
        Ok(invite(roster, &signer, &link, &wanted))
    })
}

pub fn ends(link: &Link) -> MakeAct {
    signs(Act::InviteEnd(InviteEnd {
        id: link.invitation,
        why: EndReason::NotNeeded,
    }))
}

pub fn settings_blob(settings: &SettingsKey, desk: &Desk, name: &str) -> Blob {
    let content = BlobContent::Settings(SettingsBlob {
        region: name.to_owned(),
        ..SettingsBlob::default()
    });
    let region = desk.roster().region();
    Blob::seal(settings, &region, &content, &mut Seeded(4)).unwrap()
}

pub fn blob_put(desk: &Desk, blob: &Blob) -> Vec<u8> {
    BlobPutAsk {
        region: desk.roster().region(),
        blob: blob.bytes(),
    }
    .to_bytes()
}

impl World {
    /// Invites and puts the welcome, as the app does.
    pub fn invite(&mut self, wanted: &Wanted) -> Link {
        let link = link(self.ann.roster().region(), &mut self.ann.rng);
        let make = invites(&self.ann.person, &link, wanted);
        self.ann.act(make, &mut self.letterbox).unwrap();
        let welcome = welcome(&self.settings);
        let sealed = link.keys().seal_welcome(&welcome, &mut self.ann.rng);
        let ask = WelcomePutAsk {
            region: link.region,
            invitation: link.invitation,
            welcome: &sealed.unwrap(),
        };
        let answer = self
            .ann
            .run(Call::WelcomePut, ask.to_bytes(), &mut self.letterbox);
        assert!(answer.is_ok());
        link
    }

    pub fn same_rosters(&mut self) {
        self.ann.look(&mut self.letterbox);
        self.ben.look(&mut self.letterbox);
        assert_eq!(self.ann.roster(), self.ben.roster());
        assert_eq!(self.ann.acts_on_disk(), self.ben.acts_on_disk());
        let rows = self.ann.acts_on_disk().len() as u64;
        assert_eq!(rows, self.ann.roster().height() + 1);
    }
}
