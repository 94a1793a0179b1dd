//! Laws: neither order nor repetition makes a difference.

use crate::authors::{
    ALONE, Author, CAMPAIGN, carried, counted_for, created_for, judged_with, locked, locked_after,
    staged,
};
use crate::support::{Member, Seeded};
use proptest::prelude::*;
use veldpost_domain::{CampaignId, Hlc, OperationId, RecordId};
use veldpost_envelope::act::Stage;
use veldpost_envelope::statement::{Says, Statement, Subject, Verdict, encode_statement};
use veldpost_envelope::{Kept, random};
use veldpost_sync::authority::Entries;

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// I3, I4, I8: the same entries in any order, as often as they come, give the same.
    #[test]
    fn order_and_repetition_make_no_difference(
        order in Just((0..40_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..40_usize, 0..20),
    ) {
        let (region, mut worker, _, checkpoints) = locked();
        let newcomer = Member::new(&mut Seeded(97));
        let mut ann = Author::new(&region, &region.ann, 2);
        let mut strange = Author::new(&region, &newcomer, 3);
        let (_, continued, _) = carried(&region, 2);
        worker.amend(1, 9);
        strange.create(3, 4);
        strange.amend(1, 5);
        ann.amend(1, 6);
        ann.judge(Subject::Device(newcomer.signing.public()), Verdict::Admit, 1);
        ann.judge(Subject::Device(region.worker.signing.public()), Verdict::Refuse, 2);
        ann.judge(Subject::Record(RecordId([1; 16])), Verdict::Admit, 3);
        ann.operation(5, 5, created_for(ALONE, true));
        ann.count_for(ALONE, None, 4);
        ann.count_for(ALONE, Some(CAMPAIGN), 5);
        let state = ann.writer.state();
        ann.create(7, 1);
        ann.writer.rewind(state);
        ann.create(8, 1);
        let mut all: Vec<Kept> = [&worker, &ann, &strange, &continued[0], &continued[1]]
            .iter()
            .flat_map(|author| author.kept())
            .collect();
        all.push(Kept::Bare(all[2].bare()));
        let expected = judged_with(&region, &all.iter().cloned().collect(), &checkpoints);
        let picked = order.iter().chain(&again).chain(&order);
        let shuffled: Entries = picked
            .filter_map(|index| all.get(*index).cloned())
            .collect();
        prop_assert!(all.len() <= 40);
        let found = judged_with(&region, &shuffled, &checkpoints);
        prop_assert_eq!(&found.outcomes, &expected.outcomes);
        prop_assert_eq!(&found.records, &expected.records);
        prop_assert_eq!(&found.along, &expected.along);
        prop_assert_eq!(&found.forks, &expected.forks);
    }

    /// Whatever two coordinators say of what was counted alone, in whatever order it comes: everybody counts the same, and
    /// a locked campaign takes in nothing from beyond its checkpoint.
    #[test]
    fn what_was_counted_alone_counts_the_same_for_everybody_and_never_late(
        said in prop::collection::vec((any::<bool>(), 0..4_usize, 0..4_u64, any::<bool>()), 0..8),
        seed: u64,
    ) {
        let open = CampaignId([7; 16]);
        let (region, mut worker, _, checkpoints) = locked_after(|worker| {
            worker.operation(11, 11, created_for(ALONE, true));
        });
        let region = staged(region, open, &[Stage::Practice, Stage::Open]);
        worker.operation(12, 12, created_for(ALONE, true));
        let mut offices = [
            Author::new(&region, &region.ann, 2),
            Author::new(&region, &region.ben, 3),
        ];
        let campaigns = [None, Some(CAMPAIGN), Some(open), Some(CampaignId([5; 16]))];
        let mut before = Vec::new();
        for (who, which, at, replaces) in &said {
            let id = OperationId(random::array(&mut worker.rng));
            let statement = Statement {
                id,
                hlc: Hlc(at << 16),
                says: Says::CountsFor {
                    made_for: ALONE,
                    campaign: campaigns[*which],
                    replaces: before.iter().rev().take(usize::from(*replaces)).copied().collect(),
                },
            };
            before.push(id);
            offices[usize::from(*who)].says(&encode_statement(&statement).unwrap());
        }
        let mut all: Vec<Kept> = worker.kept().collect();
        all.extend(offices.iter().flat_map(|office| office.kept()));
        let expected = judged_with(&region, &all.iter().cloned().collect(), &checkpoints);
        let mut rng = Seeded(seed);
        for last in (1..all.len()).rev() {
            let [byte] = random::array(&mut rng);
            all.swap(last, usize::from(byte) % (last + 1));
        }
        let found = judged_with(&region, &all.into_iter().collect(), &checkpoints);
        prop_assert_eq!(&found.outcomes, &expected.outcomes);
        prop_assert_eq!(&found.records, &expected.records);
        prop_assert_eq!(&found.along, &expected.along);
        let counted = counted_for(&found);
        prop_assert!([ALONE, open, CAMPAIGN].contains(&counted[&11]));
        prop_assert_ne!(counted.get(&12), Some(&CAMPAIGN));
        // Both were made for one campaign: they go the same way, or the second is late.
        prop_assert_eq!(counted.get(&12), Some(&counted[&11]).filter(|counts| **counts != CAMPAIGN));
    }
}
