//! Stages and snapshots, what is published, and a region of one that grows.

use crate::support::region::{ALL_COORDINATED, Phone, Region, new_invite};
use veldpost_domain::CampaignId;
use veldpost_envelope::act::{
    Act, FormPublish, InviteForm, MAX_VERSION, Release, SettingsPublish, Snapshot, Stage,
    StageChange,
};
use veldpost_envelope::canonical::Reader;
use veldpost_envelope::genesis::{RegionForm, Role};
use veldpost_envelope::roster::{Admission, Reason, Taken};
use veldpost_envelope::{EnvelopeError, Purpose};

const CAMPAIGN: CampaignId = CampaignId([1; 16]);
const STAGES: [Stage; 5] = [
    Stage::Practice,
    Stage::Open,
    Stage::Grace,
    Stage::Locked,
    Stage::Published,
];

fn change(stage: Stage) -> Act {
    Act::Stage(StageChange {
        campaign: CAMPAIGN,
        stage,
        checkpoint: (stage == Stage::Locked).then_some([4; 32]),
    })
}

fn snapshot(version: u64) -> Act {
    Act::Snapshot(Snapshot {
        campaign: CAMPAIGN,
        version,
        checkpoint: [4; 32],
        number: 1,
        blob: [version as u8; 32],
    })
}

/// A ready region whose campaign went through these stages; a snapshot is there.
fn at(stages: &[Stage]) -> Region {
    let mut region = Region::of_one(1000);
    region.add(&ALL_COORDINATED);
    region.apply(region.next(&region.founder).sign(&snapshot(1)));
    for stage in stages {
        region.apply(region.next(&region.founder).sign(&change(*stage)));
    }
    region
}

#[test]
fn each_stage_is_followed_by_these_and_no_other() {
    use Stage::{Grace, Locked, Open, Practice, Published};
    let cells: [(&[Stage], &[Stage]); 7] = [
        (&[], &[Practice, Open]),
        (&[Practice], &[Open]),
        (&[Open], &[Grace, Locked]),
        (&[Practice, Open], &[Grace, Locked]),
        (&[Open, Grace], &[Locked]),
        (&[Open, Locked], &[Published]),
        (&[Open, Grace, Locked, Published], &[]),
    ];
    for (before, allowed) in cells {
        let region = at(before);
        assert_eq!(region.roster.stage(&CAMPAIGN), before.last().copied());
        for stage in STAGES {
            let taken = region.outcome(&region.founder, &change(stage));
            let expected = if allowed.contains(&stage) {
                Taken::Applied
            } else {
                Taken::WithoutEffect(Reason::Stage)
            };
            assert_eq!(taken, expected, "{before:?} then {stage:?}");
        }
    }
}

#[test]
fn no_campaign_leaves_practice_or_begins_open_before_the_region_is_ready() {
    let mut region = Region::of_one(1001);
    let refused = Taken::WithoutEffect(Reason::NotReady);
    assert_eq!(
        region.outcome(&region.founder, &change(Stage::Open)),
        refused
    );
    region.apply(region.next(&region.founder).sign(&change(Stage::Practice)));
    assert_eq!(
        region.outcome(&region.founder, &change(Stage::Open)),
        refused
    );
    region.add(&[Role::Coordinator(Purpose::Signal)]);
    assert!(
        !region.roster.is_ready(),
        "another purpose is not the count"
    );
    assert_eq!(
        region.outcome(&region.founder, &change(Stage::Open)),
        refused
    );
    region.add(&[Role::Coordinator(Purpose::Count)]);
    assert!(region.roster.is_ready());
    region.apply(region.next(&region.founder).sign(&change(Stage::Open)));
}

#[test]
fn a_region_that_stops_being_ready_goes_on() {
    let mut region = Region::of_one(1002);
    let other = region.add(&ALL_COORDINATED);
    region.apply(region.next(&region.founder).sign(&change(Stage::Open)));
    let founder = region.founder.clone();
    region.remove(&founder, &other);
    assert!(!region.roster.is_ready());
    region.apply(region.next(&region.founder).sign(&change(Stage::Grace)));
    let another = Act::Stage(StageChange {
        campaign: CampaignId([2; 16]),
        stage: Stage::Open,
        checkpoint: None,
    });
    let taken = region.outcome(&region.founder, &another);
    assert_eq!(taken, Taken::WithoutEffect(Reason::NotReady));
}

#[test]
fn locking_names_a_checkpoint_and_no_other_stage_does() {
    let cells = [
        (&[][..], Stage::Practice),
        (&[], Stage::Open),
        (&[Stage::Open], Stage::Grace),
        (&[Stage::Open], Stage::Locked),
        (&[Stage::Open, Stage::Locked], Stage::Published),
    ];
    for (before, stage) in cells {
        let region = at(before);
        for checkpoint in [None, Some([4; 32])] {
            let act = Act::Stage(StageChange {
                campaign: CAMPAIGN,
                stage,
                checkpoint,
            });
            let good = checkpoint.is_some() == (stage == Stage::Locked);
            let expected = if good {
                Taken::Applied
            } else {
                Taken::WithoutEffect(Reason::Checkpoint)
            };
            assert_eq!(region.outcome(&region.founder, &act), expected, "{stage:?}");
        }
    }
    let region = at(&[Stage::Open, Stage::Locked, Stage::Published]);
    assert_eq!(region.roster.campaign(&CAMPAIGN).locked_by, Some([4; 32]));
}

#[test]
fn a_result_is_published_after_a_snapshot() {
    let mut region = Region::of_one(1003);
    region.add(&ALL_COORDINATED);
    for stage in [Stage::Open, Stage::Locked] {
        region.apply(region.next(&region.founder).sign(&change(stage)));
    }
    let taken = region.outcome(&region.founder, &change(Stage::Published));
    assert_eq!(taken, Taken::WithoutEffect(Reason::Snapshot));
    region.apply(region.next(&region.founder).sign(&snapshot(1)));
    region.apply(region.next(&region.founder).sign(&change(Stage::Published)));
}

#[test]
fn versions_of_a_campaigns_snapshot_go_up_by_one_from_one() {
    let mut region = Region::of_one(1004);
    let refused = Taken::WithoutEffect(Reason::Snapshot);
    for version in 1..4 {
        for wrong in [0, version - 1, version + 1, u64::MAX] {
            assert_eq!(region.outcome(&region.founder, &snapshot(wrong)), refused);
        }
        region.apply(region.next(&region.founder).sign(&snapshot(version)));
        let newest = region.roster.snapshot(&CAMPAIGN).unwrap();
        assert_eq!(
            (newest.version, newest.blob),
            (version, [version as u8; 32])
        );
    }
    assert_eq!(region.roster.snapshot(&CampaignId([2; 16])), None);
}

#[test]
fn the_newest_settings_hold_as_a_whole_and_every_form_stays() {
    let mut region = Region::of_one(1005);
    assert_eq!(region.roster.settings(), None);
    for (number, cards) in [(1, Some([8; 32])), (2, None)] {
        let settings = SettingsPublish {
            number: 1,
            blob: [number; 32],
            cards,
        };
        region.apply(region.next(&region.founder).sign(&Act::Settings(settings)));
        assert_eq!(region.roster.settings(), Some(&settings));
        let form = FormPublish {
            number: 1,
            blob: [number; 32],
        };
        region.apply(region.next(&region.founder).sign(&Act::FormPublish(form)));
    }
    let forms: Vec<_> = region.roster.forms().iter().map(|form| form.blob).collect();
    assert_eq!(forms, [[1; 32], [2; 32]]);
}

#[test]
fn a_releases_version_has_1_to_32_bytes() {
    let region = Region::of_one(1006);
    let sign = |length: usize| {
        let release = Release {
            version: "x".repeat(length),
            manifest: [1; 32],
        };
        region.next(&region.founder).sign(&Act::Release(release))
    };
    assert_eq!(sign(0), Err(EnvelopeError::Malformed("version")));
    assert!(sign(1).is_ok() && sign(MAX_VERSION).is_ok());
    assert_eq!(
        sign(MAX_VERSION + 1),
        Err(EnvelopeError::TooLarge("version"))
    );
}

#[test]
fn a_stage_that_is_not_known_is_kept_and_asks_for_an_update() {
    let mut region = at(&[]);
    let act = region.raw(&region.founder, &change(Stage::Practice));
    // The stage is the number behind the campaign's id.
    let place = act
        .windows(16)
        .position(|window| window == [1; 16])
        .unwrap()
        + 16;
    assert_eq!(act[place], 1);
    let mut body = Reader::new(&act);
    body.array().unwrap();
    let mut body = body.bytes().unwrap().to_vec();
    let place = body
        .windows(16)
        .position(|window| window == [1; 16])
        .unwrap()
        + 16;
    body[place] = 6;
    let act = crate::chain::signed(&body, &region.founder.signing);
    assert_eq!(region.take(act), Taken::WithoutEffect(Reason::Newer));
    assert!(region.roster.is_newer());
    assert_eq!(region.roster.stage(&CAMPAIGN), None);
}

#[test]
fn a_region_of_one_grows_in_place_until_it_is_ready() {
    let mut region = Region::of_one(1007);
    assert_eq!(region.roster.form(), RegionForm::OfOne);
    let before = region.roster.region();
    let settings = SettingsPublish {
        number: 1,
        blob: [1; 32],
        cards: None,
    };
    region.apply(region.next(&region.founder).sign(&Act::Settings(settings)));
    region.apply(region.next(&region.founder).sign(&change(Stage::Practice)));
    let mut roles = vec![Role::Counter];
    roles.extend(ALL_COORDINATED);
    region.invite(new_invite(1, InviteForm::Single, &roles));
    let second: Phone = region.phone();
    let admission = Admission {
        device: second.with(&roles),
        invitation: Some([1; 16]),
        join: Some([6; 32]),
        words: true,
    };
    assert!(!region.roster.is_ready());
    let opened = region.opened(&region.founder);
    region.apply(
        region
            .next(&region.founder)
            .device_add(&[admission], &opened),
    );
    assert!(region.roster.is_ready());
    let opened = region.opened(&second);
    assert_eq!((opened.epochs.len(), opened.settings.len()), (4, 1));
    assert!(region.roster.recompute(&opened).is_empty());
    region.apply(region.next(&second).sign(&change(Stage::Open)));
    assert_eq!(region.roster.region(), before);
}

/// Who cannot read yet what the region calls its counts takes the one that is counted, and none where that is not certain.
#[test]
fn the_campaign_that_is_counted_is_the_one_that_is_open_or_else_in_grace() {
    let mut region = at(&[]);
    let of = |campaign: u8, stage: Stage| {
        Act::Stage(StageChange {
            campaign: CampaignId([campaign; 16]),
            stage,
            checkpoint: None,
        })
    };
    let steps = [
        (of(1, Stage::Practice), None),
        (of(1, Stage::Open), Some(1)),
        (of(2, Stage::Practice), Some(1)),
        (of(2, Stage::Open), None),
        (of(1, Stage::Grace), Some(2)),
        (of(2, Stage::Grace), None),
    ];
    for (number, (act, expected)) in steps.into_iter().enumerate() {
        region.apply(region.next(&region.founder).sign(&act));
        let expected = expected.map(|campaign| CampaignId([campaign; 16]));
        assert_eq!(region.roster.counted_campaign(), expected, "{number}");
    }
}
