//! Items: one of a name, by position, to who may have them.
//!
//! Not here: what lies in them.

use super::rows::{REGION, STREAM, item, on_device};
use super::{Ground, Outcome, change, rows};
use crate::store::{
    Class, Interest, Name, Of, Purposes, RegionChange, RegionView, RelayStore, StoreError,
};
use std::collections::BTreeSet;
use veldpost_envelope::{ObjectHash, Purpose};

clauses! {
    /// And its old position is gone.
    an_item_takes_the_place_of_its_name(ground) {
        let store = ground.open()?;
        let receipt = |position, value| item(position, Name::receipt(&STREAM, &on_device(1)), value);
        change(&store, &REGION, |change| change.put_item(&receipt(1, 1)))?;
        change(&store, &REGION, |change| change.put_item(&item(2, Name::fork(&STREAM), 9)))?;
        change(&store, &REGION, |change| change.put_item(&receipt(3, 2)))?;
        let view = store.view(&REGION)?;
        let fork = item(2, Name::fork(&STREAM), 9);
        assert_eq!(view.items(&rows::everything(), 0, 9)?, [fork, receipt(3, 2)]);
        assert_eq!(view.item(&receipt(1, 1).name)?, Some(receipt(3, 2)));
    }

    /// By position.
    items_are_found_by_what_they_are_of_and_by(ground) {
        let store = ground.open()?;
        let join = |position, invitation: u8, n| {
            item(position, Name::join(&[invitation; 16], &on_device(n)), n)
        };
        let erase = |position, n| item(position, Name::erase(&STREAM, &ObjectHash([n; 32])), n);
        change(&store, &REGION, |change| {
            let items = [join(4, 1, 1), join(2, 1, 2), join(3, 2, 1), erase(1, 1), erase(5, 2)];
            items.iter().try_for_each(|item| change.put_item(item))
        })?;
        let view = store.view(&REGION)?;
        assert_eq!(view.items_of(Class::Join, &[1; 16])?, [join(2, 1, 2), join(4, 1, 1)]);
        assert_eq!(view.items_by(Class::Join, &on_device(1).0)?, [join(3, 2, 1), join(4, 1, 1)]);
        assert_eq!(view.items_of(Class::Erase, &STREAM.0)?, [erase(1, 1), erase(5, 2)]);
        assert_eq!(view.items_of(Class::Fork, &STREAM.0)?, []);
    }

    /// Any interest is enough, and none takes an item twice.
    items_come_by_position_to_who_may_have_them(ground) {
        let store = ground.open()?;
        let mut all = Vec::new();
        for n in 1..=6_u8 {
            let mut item = item(n.into(), Name::erase(&STREAM, &ObjectHash([n; 32])), n);
            item.purposes = Purposes::from(if n % 2 == 0 { Purpose::Count } else { Purpose::Intake });
            item.device = on_device(n);
            all.push(item);
        }
        change(&store, &REGION, |change| all.iter().try_for_each(|item| change.put_item(item)))?;
        let of = |of| Interest { class: Class::Erase, of };
        let count = of(Of::Purposes(Purposes::from(Purpose::Count)));
        let some = of(Of::Devices(BTreeSet::from([on_device(2), on_device(5)])));
        let other = Interest { class: Class::Receipt, of: Of::Purposes(Purposes::from(Purpose::Count)) };
        let view = store.view(&REGION)?;
        let found = |interests: &[Interest], after, most| {
            let items = view.items(interests, after, most)?;
            Ok::<_, StoreError>(items.iter().map(|item| item.position).collect::<Vec<_>>())
        };
        assert_eq!(found(core::slice::from_ref(&count), 0, 9)?, [2, 4, 6]);
        assert_eq!(found(&[some.clone(), count.clone(), other.clone()], 0, 9)?, [2, 4, 5, 6]);
        assert_eq!(found(&[some, count.clone()], 2, 2)?, [4, 5]);
        assert_eq!(found(&[of(Of::Devices(BTreeSet::new()))], 0, 9)?, []);
        assert_eq!(found(&[other], 0, 9)?, []);
        assert_eq!(found(&[], 0, 9)?, []);
        assert_eq!(found(&[count], u64::MAX, 9)?, []);
    }

    /// And 0 when there is none.
    the_newest_is_the_last_for_that_reader(ground) {
        let store = ground.open()?;
        change(&store, &REGION, |change| {
            for n in 1..=4_u8 {
                let mut item = item(n.into(), Name::erase(&STREAM, &ObjectHash([n; 32])), n);
                item.device = on_device(n);
                change.put_item(&item)?;
            }
            Ok(())
        })?;
        let view = store.view(&REGION)?;
        let of = |n| Interest { class: Class::Erase, of: Of::Devices(BTreeSet::from([on_device(n)])) };
        assert_eq!(view.newest(&[of(2)])?, 2);
        assert_eq!(view.newest(&[of(3), of(1)])?, 3);
        assert_eq!(view.newest(&[of(9)])?, 0);
        assert_eq!(view.newest(&[])?, 0);
    }

    /// Also two purposes at once, and none.
    every_class_and_every_purpose_comes_back(ground) {
        let store = ground.open()?;
        let names = [
            Name::run(&STREAM, 0),
            Name::receipt(&STREAM, &on_device(1)),
            Name::checkpoint(&ObjectHash([2; 32])),
            Name::erase(&STREAM, &ObjectHash([3; 32])),
            Name::join(&[4; 16], &on_device(5)),
            Name::fork(&STREAM),
        ];
        let purposes = [
            Purposes::default(),
            Purposes::from(Purpose::Admin),
            [Purpose::Count, Purpose::Signal].into_iter().collect(),
            Purpose::ALL.into_iter().collect(),
            Purposes::from(Purpose::Intake),
            Purposes::from(Purpose::Count),
        ];
        let made = (1..).zip(names.into_iter().zip(purposes));
        let items: Vec<_> = made
            .map(|(position, (name, purposes))| {
                let mut item = item(position, name, 1);
                item.purposes = purposes;
                item.at = -1;
                item
            })
            .collect();
        change(&store, &REGION, |change| items.iter().try_for_each(|item| change.put_item(item)))?;
        let view = store.view(&REGION)?;
        for item in &items {
            assert_eq!(view.item(&item.name)?.as_ref(), Some(item));
        }
        let of = |class, purpose| Interest { class, of: Of::Purposes(Purposes::from(purpose)) };
        assert_eq!(view.newest(&[of(Class::Run, Purpose::Count)])?, 0);
        assert_eq!(view.newest(&[of(Class::Checkpoint, Purpose::Signal)])?, 3);
        assert_eq!(view.newest(&[of(Class::Erase, Purpose::Intake)])?, 4);
    }
}
