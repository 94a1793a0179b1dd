//! Makes the vectors: a region of one that grows, counts, loses a phone and is recovered.

use crate::support::Seeded;
use crate::support::region::{ALL_COORDINATED, AT, DAY, Phone, Region, admission, decoded, proof};
use crate::support::to_hex;
use std::collections::BTreeMap;
use veldpost_domain::{CampaignId, OrganisationId, StreamId};
use veldpost_envelope::act::{
    self, Act, ActHead, EndReason, EpochEnd, FormPublish, InviteEnd, InviteForm, Release,
    RemovalReason, Removed, SettingsPublish, Snapshot, Stage, StageChange, StreamHead,
};
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::genesis::{self, GenesisInput, RegionForm, Role};
use veldpost_envelope::roster::{Admission, NewInvite, Taken};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::{EntryHash, EnvelopeError, Genesis, Purpose, RegionId, Roster, label};

/// Acts that a reader refuses or keeps without effect; each hangs on the act that its `prev` names.
pub const REFUSED: [&str; 7] = [
    "act-301-bytes",
    "act-wrong-height",
    "act-other-region",
    "act-not-a-member",
    "act-wrong-role",
    "act-wraps-miss-rsk",
    "act-stage-not-ready",
];

const CAMPAIGN: CampaignId = CampaignId([0x11; 16]);

/// Founder, second coordinator, worker, desk, and the one that recovers.
pub fn phones() -> [Phone; 5] {
    let rng = &mut Seeded(2027);
    [(); 5].map(|()| Phone::new(rng))
}

struct Making {
    region: Region,
    made: BTreeMap<String, String>,
}

pub fn make() -> BTreeMap<String, String> {
    let phones = phones();
    let mut making = Making::begin(&phones[0]);
    making.grow(&phones);
    making.count(&phones);
    making.end(&phones);
    making.made
}

impl Making {
    /// A region of one: everything behind the phones comes from another seed.
    fn begin(founder: &Phone) -> Self {
        let mut rng = Seeded(2028);
        let mut roles = vec![Role::Counter];
        roles.extend(ALL_COORDINATED);
        let input = GenesisInput {
            at: AT,
            form: RegionForm::OfOne,
            devices: &[founder.with(&roles)],
        };
        let created = genesis::create(&input, &mut rng).unwrap();
        let made = BTreeMap::from([("roster-genesis".to_owned(), to_hex(&created.act))]);
        let region = Region {
            roster: Roster::new(&Genesis::verify(&created.act).unwrap()),
            genesis: created.act,
            acts: Vec::new(),
            kit: created.kit,
            founder: founder.clone(),
            rng,
        };
        Self { region, made }
    }

    /// Takes an act, which is then a vector.
    fn put(&mut self, name: &str, act: Result<Vec<u8>, EnvelopeError>) {
        let act = act.unwrap();
        self.made.insert(format!("act-{name}"), to_hex(&act));
        let taken = self.region.take(act);
        assert!(
            matches!(taken, Taken::Applied | Taken::Unknown),
            "{name}: {taken:?}"
        );
    }

    fn sign(&mut self, name: &str, by: &Phone, act: &Act) {
        let act = self.region.next(by).sign(act);
        self.put(name, act);
    }

    /// An act that is not taken, with the reason why.
    fn refuse(&mut self, name: &str, act: &[u8]) {
        let reason = match self.region.roster.clone().take(act) {
            Ok(Taken::WithoutEffect(reason)) => reason.to_string(),
            Ok(other) => unreachable!("{name}: {other:?}"),
            Err(problem) => problem.to_string(),
        };
        self.made.insert(format!("act-{name}"), to_hex(act));
        self.made.insert(format!("reason-act-{name}"), reason);
    }

    fn refuse_head(&mut self, name: &str, change: impl FnOnce(&mut ActHead)) {
        let mut head = self.region.head();
        change(&mut head);
        let act = act::create(&head, &release(), &self.region.founder.signing);
        self.refuse(name, &act.unwrap());
    }

    /// All acts so far, one after the other.
    fn keep(&mut self, name: &str) {
        let acts = [self.region.genesis.clone()].into_iter();
        let acts: Vec<_> = acts.chain(self.region.acts.iter().cloned()).collect();
        self.made.insert(name.to_owned(), to_hex(&acts.concat()));
    }

    /// An invitation whose secret is its id repeated: token and proof as section 15 makes them.
    fn invite(&mut self, name: &str, id: u8, form: InviteForm, roles: &[Role]) {
        let secret = Secret::copy_from(&[id; 32]);
        let region = self.region.roster.region().0;
        let derive = |label| label::derive(&secret, &[label, &region, &[id; 16]]);
        let token = derive(label::RELAY);
        let new = NewInvite {
            id: [id; 16],
            form,
            roles: roles.to_vec(),
            uses: if form == InviteForm::Single { 1 } else { 60 },
            ends: AT + 7 * DAY,
            token: label::sha256(&[label::TOKEN, token.bytes()]),
            organisation: (form == InviteForm::Desk).then_some(OrganisationId([0x33; 16])),
        };
        let key = derive(label::JOIN);
        let next = self.region.next(&self.region.founder);
        let act = next.invite(new, |bytes| proof(&key, bytes));
        self.put(name, act);
    }

    fn stage(&mut self, stage: Stage, number: u8) {
        let founder = self.region.founder.clone();
        self.sign(&format!("stage-{number}"), &founder, &change(stage));
    }

    /// From one to a region that is ready.
    fn grow(&mut self, [founder, second, worker, ..]: &[Phone; 5]) {
        self.sign("settings", founder, &settings());
        self.stage(Stage::Practice, 1);
        let early = self.region.raw(founder, &change(Stage::Open));
        self.refuse("stage-not-ready", &early);
        let mut roles = vec![Role::Counter];
        roles.extend(ALL_COORDINATED);
        self.invite("invite-single", 0xe0, InviteForm::Single, &roles);
        let admission = Admission {
            device: second.with(&roles),
            invitation: Some([0xe0; 16]),
            join: Some([0x44; 32]),
            words: true,
        };
        let opened = self.region.opened(founder);
        let act = self.region.next(founder).device_add(&[admission], &opened);
        self.put("device-add-coordinator", act);
        self.keep("roster-grown-from-one");
        self.stage(Stage::Open, 2);
        self.keep("roster-ready");
        self.refuse_head("wrong-height", |head| head.height += 1);
        self.refuse_head("other-region", |head| head.region = Some(RegionId([7; 32])));
        let by_worker = self.region.raw(worker, &release());
        self.refuse("not-a-member", &by_worker);
        let long = self.release_of_301_bytes();
        self.refuse("301-bytes", &long);
    }

    fn release_of_301_bytes(&self) -> Vec<u8> {
        let head = self.region.head();
        let mut out = Writer::default();
        out.array(10).uint(1).uint(1).uint(act::RELEASE);
        out.bytes(&head.region.unwrap().0).uint(head.height);
        out.bytes(&head.prev.unwrap().0).int(head.at);
        out.text("1.0.0").bytes(&[0x99; 32]).bytes(&[0; 74]);
        let (body, key) = (out.finish(), &self.region.founder.signing);
        let hash = label::sha256(&[label::ROSTER, &body, &key.public().0]);
        let mut out = Writer::default();
        out.array(3).bytes(&body).bytes(&key.public().0);
        out.bytes(&key.sign(label::ROSTER, &hash));
        let act = out.finish();
        assert_eq!(act.len(), 301);
        act
    }

    /// Volunteers come, a phone is lost, epochs follow one another.
    fn count(&mut self, [founder, second, worker, desk, _]: &[Phone; 5]) {
        self.invite(
            "invite-evening",
            0xe1,
            InviteForm::Evening,
            &[Role::Counter],
        );
        self.invite("invite-desk", 0xe2, InviteForm::Desk, &[Role::Counter]);
        let by = |phone: &Phone, id: u8| Admission {
            invitation: Some([id; 16]),
            join: Some([id ^ 0xff; 32]),
            words: false,
            ..admission(phone, &[Role::Counter])
        };
        let opened = self.region.opened(founder);
        let field = [by(worker, 0xe1), by(desk, 0xe2)];
        let act = self.region.next(founder).device_add(&field, &opened);
        self.put("device-add-worker", act);
        let by_worker = self.region.raw(worker, &settings());
        self.refuse("wrong-role", &by_worker);
        let form = FormPublish {
            number: 1,
            blob: [0x55; 32],
        };
        self.sign("form-publish", founder, &Act::FormPublish(form));
        let head = |stream, seq, hash| StreamHead {
            stream: StreamId([stream; 16]),
            seq,
            hash: EntryHash([hash; 32]),
        };
        let removed = Removed {
            device: worker.key(),
            why: RemovalReason::Lost,
            streams: vec![head(0x61, 12, 0x71), head(0x62, 3, 0x72)],
        };
        let next = self.region.roster.next(&second.signing, AT);
        let act = next.device_remove(vec![removed], &mut self.region.rng);
        self.put("device-remove", act);
        self.renew(founder, worker);
    }

    fn renew(&mut self, founder: &Phone, worker: &Phone) {
        let next = self.region.roster.next(&founder.signing, AT);
        let purposes = [
            Purpose::Count,
            Purpose::Signal,
            Purpose::Intake,
            Purpose::Admin,
        ];
        let act = next.epoch_new(&purposes[2..], true, Vec::new(), &mut self.region.rng);
        let mut act = decoded(&act.unwrap());
        let mut missing = act.clone();
        let kit = self.region.roster.recovery();
        if let (Act::EpochNew(act), Act::EpochNew(missing)) = (&mut act, &mut missing) {
            act.settings.as_mut().unwrap().wraps.truncate(3);
            let epoch = &mut missing.epochs[0];
            epoch.wraps.retain(|wrap| wrap.recipient != kit);
        }
        let missing = self.region.raw(founder, &missing);
        self.refuse("wraps-miss-rsk", &missing);
        self.sign("epoch-new", founder, &act);
        let number = self.region.roster.settings_number();
        let key = self
            .region
            .roster
            .open_settings(number, &founder.encryption);
        let act = self.region.next(founder).more_settings(&key.unwrap());
        self.put("epoch-new-more-wraps", act);
        let end = EpochEnd {
            purpose: Purpose::Count,
            epoch: 1,
            open: vec![worker.key()],
        };
        let next = self.region.roster.next(&founder.signing, AT);
        let act = next.epoch_new(&[], false, vec![end], &mut self.region.rng);
        self.put("epoch-new-ends", act);
    }

    /// The campaign ends, the founder's phone too, and a crowd comes.
    fn end(&mut self, [founder, second, _, _, fresh]: &[Phone; 5]) {
        let end = InviteEnd {
            id: [0xe1; 16],
            why: EndReason::Leaked,
        };
        self.sign("invite-end", founder, &Act::InviteEnd(end));
        self.stage(Stage::Grace, 3);
        self.stage(Stage::Locked, 4);
        let snapshot = Snapshot {
            campaign: CAMPAIGN,
            version: 1,
            checkpoint: [0x88; 32],
            number: 3,
            blob: [0x66; 32],
        };
        self.sign("snapshot", second, &Act::Snapshot(snapshot));
        self.stage(Stage::Published, 5);
        self.sign("release", founder, &release());
        let unknown = self.region.raw(founder, &Act::Unknown(77));
        self.put("unknown-kind", Ok(unknown));
        let device = (fresh.key(), fresh.encryption.public());
        let (roster, kit) = (&self.region.roster, &self.region.kit);
        let removed = vec![founder.removed()];
        let made = roster.recover(kit, device, removed, AT, &mut self.region.rng);
        self.put("recover", made.map(|made| made.act));
        let crowd = &mut Seeded(2029);
        let crowd: Vec<_> = (0..128)
            .map(|_| admission(&Phone::new(crowd), &[Role::Counter]))
            .collect();
        let opened = self.region.opened(second);
        let act = self.region.next(second).device_add(&crowd, &opened);
        self.put("device-add-128", act);
    }
}

fn settings() -> Act {
    Act::Settings(SettingsPublish {
        number: 1,
        blob: [0x77; 32],
        cards: Some([0x78; 32]),
    })
}

fn release() -> Act {
    Act::Release(Release {
        version: "1.0.0".to_owned(),
        manifest: [0x99; 32],
    })
}

fn change(stage: Stage) -> Act {
    Act::Stage(StageChange {
        campaign: CAMPAIGN,
        stage,
        checkpoint: (stage == Stage::Locked).then_some([0x88; 32]),
    })
}
