//! What was counted alone counts for the campaign that a coordinator names.

use crate::authors::{
    ALONE, Author, CAMPAIGN, counted_for, created_for, judged_with, locked, locked_after, staged,
};
use std::collections::BTreeMap;
use veldpost_domain::{CampaignId, RecordId};
use veldpost_envelope::act::Stage;
use veldpost_sync::authority::{Along, Outcome};

#[test]
fn what_was_counted_alone_counts_for_the_campaign_that_a_coordinator_names() {
    let (region, mut worker, _, checkpoints) = locked();
    let mut ann = Author::new(&region, &region.ann, 2);
    let (open, unknown) = (CampaignId([7; 16]), CampaignId([6; 16]));
    let region = staged(region, open, &[Stage::Practice, Stage::Open]);
    for (record, campaign, solo) in [
        (11, ALONE, true),
        (12, ALONE, true),
        // Of a device that could not read yet which count there is; of another that was alone; of practice; of the region itself.
        (13, ALONE, false),
        (14, unknown, true),
        (15, CampaignId::PRACTICE, true),
        (16, open, true),
    ] {
        worker.operation(record, 10 + u64::from(record), created_for(campaign, solo));
    }
    let amended = worker.amend(11, 90);
    let judged = |authors: &[&Author]| {
        let entries = authors.iter().flat_map(|author| author.kept()).collect();
        judged_with(&region, &entries, &checkpoints)
    };
    let before = judged(&[&worker]);
    let as_written = BTreeMap::from([
        (1, CAMPAIGN),
        (11, ALONE),
        (12, ALONE),
        (13, ALONE),
        (14, unknown),
        (15, CampaignId::PRACTICE),
        (16, open),
    ]);
    assert_eq!(counted_for(&before), as_written);

    for made_for in [ALONE, CampaignId::PRACTICE, open, CAMPAIGN] {
        ann.count_for(made_for, Some(open), 1);
    }
    // A campaign that nobody knows takes nothing in.
    ann.count_for(unknown, Some(CampaignId([5; 16])), 1);
    let counts = judged(&[&worker, &ann]);
    let mut expected = as_written;
    expected.extend([(11, open), (12, open), (13, open)]);
    assert_eq!(counted_for(&counts), expected);
    assert_eq!(counts.outcomes[&amended], Outcome::Applied);
    let device = region.worker.signing.public();
    let group = |made_for: CampaignId| counts.along.get(&(device, made_for)).cloned();
    assert_eq!(
        group(ALONE),
        Some(Along {
            records: vec![RecordId([11; 16]), RecordId([12; 16]), RecordId([13; 16])],
            late: 0,
            counts_for: Some(open),
        })
    );
    assert_eq!(group(unknown).unwrap().counts_for, None);
    assert_eq!(counts.along.len(), 2);

    ann.count_for(ALONE, None, 2);
    let taken_back = judged(&[&worker, &ann]);
    assert_eq!(taken_back.records, before.records);
    assert_eq!(taken_back.along, before.along);
}

#[test]
fn a_locked_campaign_takes_in_what_was_counted_alone_up_to_its_checkpoint_and_no_more() {
    let before_locking = |worker: &mut Author| {
        worker.operation(11, 11, created_for(ALONE, true));
    };
    let (region, mut worker, _, checkpoints) = locked_after(before_locking);
    worker.operation(12, 12, created_for(ALONE, true));
    let late = worker.amend(11, 90);
    let mut ann = Author::new(&region, &region.ann, 2);
    ann.count_for(ALONE, Some(CAMPAIGN), 1);
    let entries = worker.kept().chain(ann.kept()).collect();
    let all = judged_with(&region, &entries, &checkpoints);
    let expected = BTreeMap::from([(1, CAMPAIGN), (11, CAMPAIGN)]);
    assert_eq!(counted_for(&all), expected);
    assert_eq!(all.outcomes[&late], Outcome::Late);
    let group = &all.along[&(region.worker.signing.public(), ALONE)];
    assert_eq!((group.records.len(), group.late), (1, 1));
    assert_eq!(group.counts_for, Some(CAMPAIGN));

    // Taken back, it is late for nothing.
    ann.count_for(ALONE, None, 2);
    let entries = worker.kept().chain(ann.kept()).collect();
    let all = judged_with(&region, &entries, &checkpoints);
    let expected = BTreeMap::from([(1, CAMPAIGN), (11, ALONE), (12, ALONE)]);
    assert_eq!(counted_for(&all), expected);
    assert_eq!(all.outcomes[&late], Outcome::Applied);
}
