//! A region of two coordinators and a worker, and what they sign by hand.

use super::relay::Relay;
use super::{NOW, Seeded};
use veldpost_domain::StreamId;
use veldpost_envelope::act::{Act, Stage, StageChange};
use veldpost_envelope::genesis::{GenesisInput, RegionForm, Role, RosterDevice, create};
use veldpost_envelope::object::{Erase, Ground, ObjectHead, Ranges, Receipt};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{
    DeviceEncryptionKey, DeviceSigningKey, EpochSecret, Genesis, Object, Purpose, Roster,
};

/// One who is in the roster.
pub struct Member {
    pub signing: DeviceSigningKey,
    pub encryption: DeviceEncryptionKey,
}

impl Member {
    pub fn new(rng: &mut Seeded) -> Self {
        Self {
            signing: DeviceSigningKey::generate(rng),
            encryption: DeviceEncryptionKey::generate(rng),
        }
    }

    pub fn with_roles(&self, roles: Vec<Role>) -> RosterDevice {
        RosterDevice {
            signing: self.signing.public(),
            encryption: self.encryption.public(),
            roles,
        }
    }
}

/// Two coordinators of everything, one worker.
pub struct Region {
    pub ann: Member,
    pub ben: Member,
    pub worker: Member,
    pub acts: Vec<Vec<u8>>,
    pub roster: Roster,
    pub epochs: Vec<EpochSecret>,
}

pub fn region(seed: u64) -> Region {
    region_with(seed, &[])
}

/// The same, with others beside them.
pub fn region_with(seed: u64, others: &[RosterDevice]) -> Region {
    let rng = &mut Seeded(seed);
    let (ann, ben, worker) = (Member::new(rng), Member::new(rng), Member::new(rng));
    let all: Vec<Role> = Purpose::ALL.map(Role::Coordinator).into();
    let mut devices = vec![
        ann.with_roles(all.clone()),
        ben.with_roles(all),
        worker.with_roles(vec![Role::Counter]),
    ];
    devices.extend_from_slice(others);
    let input = GenesisInput {
        at: NOW,
        form: RegionForm::Shared,
        devices: &devices,
    };
    let created = create(&input, rng).unwrap();
    let roster = Roster::new(&Genesis::verify(&created.act).unwrap());
    Region {
        ann,
        ben,
        worker,
        acts: vec![created.act],
        roster,
        epochs: created.epochs,
    }
}

impl Region {
    pub fn context(&self, purpose: Purpose) -> StreamContext {
        StreamContext {
            region: self.roster.region(),
            purpose,
            epoch: 1,
            roster_head: self.roster.head(),
            seen: None,
        }
    }

    pub fn head(&self, signer: &Member, at: i64) -> ObjectHead {
        ObjectHead {
            region: self.roster.region(),
            signer: signer.signing.public(),
            roster_head: self.roster.head(),
            at,
        }
    }

    /// A receipt of everything that the relay holds of a stream.
    pub fn receipt(&self, signer: &Member, relay: &Relay, stream: StreamId, at: i64) -> Object {
        self.receipt_apart(signer, relay, stream, at, &[])
    }

    pub fn receipt_apart(
        &self,
        signer: &Member,
        relay: &Relay,
        stream: StreamId,
        at: i64,
        apart: &[u64],
    ) -> Object {
        let held = relay.held(stream);
        let last = held.last().unwrap();
        let receipt = Receipt {
            head: self.head(signer, at),
            stream,
            upto: last.header().seq,
            hash: last.hash(),
            apart: apart.iter().copied().collect(),
        };
        receipt.sign(&signer.signing).unwrap()
    }

    pub fn erase(&self, signer: &Member, stream: StreamId, seqs: Ranges) -> Object {
        let erase = Erase {
            head: self.head(signer, NOW),
            stream,
            seqs,
            ground: Ground::AskedByPerson,
        };
        erase.sign(&signer.signing).unwrap()
    }
}

/// The campaign that is locked.
pub const CAMPAIGN: veldpost_domain::CampaignId = veldpost_domain::CampaignId([8; 16]);

/// An act of a campaign's stage, appended to the log.
pub fn stage_by(signer: &Member, relay: &mut Relay, stage: Stage, checkpoint: Option<[u8; 32]>) {
    let act = Act::Stage(StageChange {
        campaign: CAMPAIGN,
        stage,
        checkpoint,
    });
    let act = relay.roster.next(&signer.signing, NOW).sign(&act).unwrap();
    relay.append(act);
}

/// A coordinator's act on its own roster, not sent.
pub fn stage_act(roster: &Roster, signer: &Member, at: i64, stage: Stage) -> Vec<u8> {
    let act = Act::Stage(StageChange {
        campaign: CAMPAIGN,
        stage,
        checkpoint: None,
    });
    roster.next(&signer.signing, at).sign(&act).unwrap()
}

/// A coordinator's act: any that moves the roster.
pub fn stage(region: &Region, relay: &mut Relay) {
    stage_by(&region.ann, relay, Stage::Practice, None);
}
