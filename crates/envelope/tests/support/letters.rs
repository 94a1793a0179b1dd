//! The devices, keys and contents of `vectors/letters.json`: made from a seed that is nobody's secret.

use super::Seeded;
use veldpost_domain::{CampaignId, FormVersion, OrganisationId};
use veldpost_envelope::blob::{
    Area, BlobContent, Campaign, Card, FormBlob, NamedCoordinator, NamedOrganisation, SettingsBlob,
    SnapshotBlob, SnapshotTable,
};
use veldpost_envelope::invitation::{JoinInput, Origin, Welcome};
use veldpost_envelope::object::{ObjectHead, Standing};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{
    ActHash, ContentKey, DeviceEncryptionKey, DevicePublic, DeviceSigningKey, Entry,
    InvitationKeys, Link, Purpose, RegionId, SettingsKey, StreamWriter, random,
};

pub const AT: i64 = 1_794_600_000_000;
pub const HEIGHT: u64 = 7;

pub struct Device {
    pub signing: DeviceSigningKey,
    pub encryption: DeviceEncryptionKey,
}

impl Device {
    fn generate(rng: &mut Seeded) -> Self {
        Self {
            signing: DeviceSigningKey::generate(rng),
            encryption: DeviceEncryptionKey::generate(rng),
        }
    }
}

/// In the order in which they are drawn.
pub struct World {
    pub founder: Device,
    pub second: Device,
    pub worker: Device,
    pub desk: Device,
    pub settings: SettingsKey,
    pub content: ContentKey,
    pub secret: Secret,
    pub other_secret: Secret,
    pub region: RegionId,
    pub roster_head: ActHash,
}

pub const INVITATION: [u8; 16] = [0x1a; 16];

impl World {
    pub fn generate(rng: &mut Seeded) -> Self {
        Self {
            founder: Device::generate(rng),
            second: Device::generate(rng),
            worker: Device::generate(rng),
            desk: Device::generate(rng),
            settings: SettingsKey::generate(2, rng),
            content: ContentKey::generate(rng),
            secret: Secret::generate(rng),
            other_secret: Secret::generate(rng),
            region: RegionId(random::array(rng)),
            roster_head: ActHash(random::array(rng)),
        }
    }

    pub fn link(&self, relay: Option<&str>) -> Link {
        Link {
            region: self.region,
            relay: relay.and_then(Origin::parse),
            invitation: INVITATION,
            secret: self.secret.clone(),
        }
    }

    pub fn keys(&self) -> InvitationKeys {
        self.link(None).keys()
    }

    /// What another link for the same invitation would have made.
    pub fn other_keys(&self) -> InvitationKeys {
        InvitationKeys::derive(&self.other_secret, &self.region, &INVITATION)
    }

    pub fn welcome(&self) -> Welcome {
        Welcome {
            settings: self.settings.clone(),
            region: "Enschede".to_owned(),
            inviter: "Noor".to_owned(),
            organisation: None,
        }
    }

    pub fn join_input(&self) -> JoinInput<'static> {
        JoinInput {
            encryption: self.worker.encryption.public(),
            roster_height: HEIGHT,
            roster_head: self.roster_head,
            name: "Sam, ploeg 3",
            at: AT,
        }
    }

    pub fn head(&self, signer: &Device, later: i64) -> ObjectHead {
        ObjectHead {
            region: self.region,
            signer: signer.signing.public(),
            roster_head: self.roster_head,
            at: AT + later,
        }
    }

    /// `open, content-key, three records`, the last one signed.
    pub fn run(&self, device: &Device, rng: &mut Seeded) -> Vec<Entry> {
        let context = StreamContext {
            region: self.region,
            purpose: Purpose::Count,
            epoch: 1,
            roster_head: self.roster_head,
            seen: None,
        };
        let signing = &device.signing;
        let (mut writer, open) = StreamWriter::open(context, signing, None, None, rng);
        let recipients = [device.encryption.public()];
        let mut run = vec![
            open,
            writer.content_key(&self.content, &recipients, rng).unwrap(),
        ];
        for payload in ["first", "second", "third"] {
            let payload = payload.as_bytes();
            run.push(writer.seal(&self.content, payload, rng).unwrap());
        }
        run.last_mut().unwrap().sign(signing);
        run
    }
}

/// Both coordinators coordinate count, at the one act that is held and now.
impl Standing for World {
    fn coordinated(&self, at: &ActHash, signer: &DevicePublic, purpose: Purpose) -> Option<bool> {
        (*at == self.roster_head).then(|| self.coordinates(signer, purpose))
    }

    fn coordinates(&self, signer: &DevicePublic, purpose: Purpose) -> bool {
        let coordinators = [&self.founder, &self.second].map(|device| device.signing.public());
        purpose == Purpose::Count && coordinators.contains(signer)
    }
}

pub fn contents(world: &World) -> [(&'static str, BlobContent); 4] {
    let text = str::to_owned;
    let organisation = OrganisationId([0x33; 16]);
    let campaign = Campaign {
        id: CampaignId([0x11; 16]),
        name: text("Telling 2026"),
        count_date: text("2026-11-12"),
        form: Some(FormVersion {
            id: text("ethos-count"),
            version: text("1"),
        }),
        blocks: vec![text("minors")],
        open_until: Some(AT),
        grace_until: None,
        organisations: vec![organisation],
    };
    let settings = SettingsBlob {
        region: text("Enschede"),
        campaigns: vec![campaign],
        organisations: vec![NamedOrganisation {
            id: organisation,
            name: text("Leger des Heils"),
        }],
        areas: vec![Area {
            name: text("Stationsplein"),
            municipality: text("enschede"),
        }],
        coordinators: vec![NamedCoordinator {
            device: world.founder.signing.public(),
            name: text("Noor"),
        }],
    };
    let form = FormBlob {
        id: text("ethos-count"),
        version: text("2"),
        survey: text("type,name\ntext,remark\n"),
        choices: text("list_name,name\n"),
        settings: text("form_id\nethos-count\n"),
    };
    let card = Card {
        id: text("cold"),
        title: text("Kou"),
        text: text("Bel 112 bij onderkoeling."),
        checked_on: text("2026-10-01"),
        source: text("GGD"),
    };
    let snapshot = SnapshotBlob {
        campaign: CampaignId([0x11; 16]),
        version: 1,
        at: AT,
        tables: vec![SnapshotTable {
            name: text("ethos"),
            csv: text("category,total\n1,4\n"),
        }],
    };
    [
        ("blob-settings", BlobContent::Settings(settings)),
        ("blob-form", BlobContent::Form(form)),
        ("blob-cards", BlobContent::Cards(vec![card])),
        ("blob-snapshot", BlobContent::Snapshot(snapshot)),
    ]
}
