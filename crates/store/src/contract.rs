//! What every store must do: one suite, run in memory by `cargo test` and on IndexedDB in a browser.
//!
//! Not here: what only one of them can show, such as strict durability or a blocked upgrade; those
//! tests stand beside the store.

use crate::{Batch, Row, Shelf, Store, StoreError, Write};

/// One database for one test.
#[expect(async_fn_in_trait, reason = "as for the store itself")]
pub trait Ground {
    /// The store under test.
    type Store: Store;

    /// Another handle on the same database, as a restart or a second window opens one.
    ///
    /// # Errors
    /// As the store's own opening.
    async fn open(&self) -> Result<Self::Store, StoreError>;

    /// Makes it so that this batch fails after its writes were begun, and answers it.
    fn doomed(&self, batch: Batch) -> Batch;
}

/// Calls a macro with the name of every function of the contract.
#[macro_export]
macro_rules! for_each_clause {
    ($call:ident) => {
        $call! {
            what_was_committed_is_read_back,
            a_new_database_is_empty,
            a_put_replaces_and_a_delete_removes,
            writes_of_one_batch_happen_in_their_order,
            rows_come_in_the_order_of_their_bytes,
            a_range_holds_its_first_key_and_not_its_last,
            an_empty_or_turned_range_is_empty,
            a_range_is_deleted_without_its_neighbours,
            clearing_a_shelf_leaves_the_others,
            shelves_do_not_share_keys,
            many_rows_are_read_in_the_order_asked,
            empty_keys_and_values_are_rows,
            a_value_of_a_mebibyte_comes_back_whole,
            ten_thousand_rows_come_back_in_order,
            a_batch_with_a_failing_write_leaves_nothing,
            the_store_goes_on_after_a_failed_batch,
            rows_survive_closing_and_opening,
            a_handle_that_never_claimed_cannot_write,
            the_last_to_claim_is_the_writer,
            a_fenced_handle_writes_again_after_a_claim,
            each_claim_is_higher_than_all_before,
            a_claim_answers_the_wanted_rows,
            an_empty_batch_still_checks_the_fence,
            a_fenced_handle_still_reads,
            a_batch_may_be_committed_twice,
            commits_made_together_are_all_kept,
            a_closed_handle_answers_lost,
        }
    };
}

type Outcome = Result<(), StoreError>;

async fn writer<G: Ground>(ground: &G) -> Result<G::Store, StoreError> {
    let store = ground.open().await?;
    store.claim().await?;
    Ok(store)
}

fn keys(rows: &[Row]) -> Vec<&[u8]> {
    rows.iter().map(|(key, _)| key.as_slice()).collect()
}

/// Bytes that do not compress to nothing, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..length).map(step).collect()
}

macro_rules! clauses {
    ($($(#[$doc:meta])* $name:ident($ground:ident) $body:block)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// Whatever the store answered where the contract expects success.
        pub async fn $name<G: Ground>($ground: &G) -> Outcome {
            $body
            Ok(())
        }
    )*};
}

clauses! {
    /// A row comes back as it was written.
    what_was_committed_is_read_back(ground) {
        let store = writer(ground).await?;
        store.commit(Batch::new().put(Shelf::Outbox, [1, 2], [3, 4, 5])).await?;
        assert_eq!(store.read(Shelf::Outbox, &[1, 2]).await?, Some(vec![3, 4, 5]));
        assert_eq!(store.read(Shelf::Outbox, &[1]).await?, None);
        assert_eq!(store.count(Shelf::Outbox).await?, 1);
    }

    /// Nothing stands on any shelf.
    a_new_database_is_empty(ground) {
        let store = ground.open().await?;
        for shelf in Shelf::ALL {
            assert_eq!(store.count(shelf).await?, 0);
            assert_eq!(store.read_all(shelf).await?, vec![]);
        }
    }

    /// Put is set, not add; deleting nothing is no error.
    a_put_replaces_and_a_delete_removes(ground) {
        let store = writer(ground).await?;
        store.commit(Batch::new().put(Shelf::Round, [1], [1])).await?;
        store.commit(Batch::new().put(Shelf::Round, [1], [2])).await?;
        assert_eq!(store.read_all(Shelf::Round).await?, vec![(vec![1], vec![2])]);
        store.commit(Batch::new().delete(Shelf::Round, [1]).delete(Shelf::Round, [9])).await?;
        assert_eq!(store.count(Shelf::Round).await?, 0);
    }

    /// The later change of one key is what stays.
    writes_of_one_batch_happen_in_their_order(ground) {
        let store = writer(ground).await?;
        let batch = Batch::new()
            .put(Shelf::Meta, [1], [1])
            .delete(Shelf::Meta, [1])
            .put(Shelf::Meta, [2], [1])
            .put(Shelf::Meta, [2], [2])
            .clear(Shelf::Drafts)
            .put(Shelf::Drafts, [3], [3]);
        store.commit(batch).await?;
        assert_eq!(store.read_all(Shelf::Meta).await?, vec![(vec![2], vec![2])]);
        assert_eq!(store.count(Shelf::Drafts).await?, 1);
    }

    /// Bytes are compared unsigned, and a prefix stands before what it begins.
    rows_come_in_the_order_of_their_bytes(ground) {
        let store = writer(ground).await?;
        let mut batch = Batch::new();
        let ordered: [&[u8]; 7] = [&[], &[0], &[0, 0], &[1], &[127, 255], &[128], &[255]];
        for place in [4, 0, 6, 2, 5, 1, 3] {
            batch = batch.put(Shelf::Stubs, ordered[place], []);
        }
        store.commit(batch).await?;
        assert_eq!(keys(&store.read_all(Shelf::Stubs).await?), ordered);
    }

    /// `from <= key < to`.
    a_range_holds_its_first_key_and_not_its_last(ground) {
        let store = writer(ground).await?;
        let batch = (0..10).fold(Batch::new(), |batch, n| batch.put(Shelf::Blocks, [n], [n]));
        store.commit(batch).await?;
        let rows = store.read_range(Shelf::Blocks, &[3], &[6]).await?;
        assert_eq!(keys(&rows), [[3], [4], [5]]);
        let rows = store.read_range(Shelf::Blocks, &[8, 0], &[255]).await?;
        assert_eq!(keys(&rows), [[9]]);
    }

    /// No error, no rows, and nothing is deleted.
    an_empty_or_turned_range_is_empty(ground) {
        let store = writer(ground).await?;
        store.commit(Batch::new().put(Shelf::Blocks, [5], [5])).await?;
        assert_eq!(store.read_range(Shelf::Blocks, &[5], &[5]).await?, vec![]);
        assert_eq!(store.read_range(Shelf::Blocks, &[9], &[1]).await?, vec![]);
        let deletions =
            Batch::new().delete_range(Shelf::Blocks, [5], [5]).delete_range(Shelf::Blocks, [9], [1]);
        store.commit(deletions).await?;
        assert_eq!(store.count(Shelf::Blocks).await?, 1);
    }

    /// The range ends where it says.
    a_range_is_deleted_without_its_neighbours(ground) {
        let store = writer(ground).await?;
        let batch = (0..6).fold(Batch::new(), |batch, n| batch.put(Shelf::Aside, [n], [n]));
        store.commit(batch).await?;
        store.commit(Batch::new().delete_range(Shelf::Aside, [1], [4])).await?;
        assert_eq!(keys(&store.read_all(Shelf::Aside).await?), [[0], [4], [5]]);
    }

    /// Only the named shelf is emptied.
    clearing_a_shelf_leaves_the_others(ground) {
        let store = writer(ground).await?;
        let batch = Shelf::ALL.iter().fold(Batch::new(), |batch, shelf| batch.put(*shelf, [1], []));
        store.commit(batch).await?;
        store.commit(Batch::new().clear(Shelf::Drafts)).await?;
        for shelf in Shelf::ALL {
            assert_eq!(store.count(shelf).await?, u64::from(shelf != Shelf::Drafts));
        }
    }

    /// The same key on two shelves is two rows.
    shelves_do_not_share_keys(ground) {
        let store = writer(ground).await?;
        let batch = Batch::new().put(Shelf::Outbox, [1], [1]).put(Shelf::Stubs, [1], [2]);
        store.commit(batch).await?;
        assert_eq!(store.read(Shelf::Outbox, &[1]).await?, Some(vec![1]));
        assert_eq!(store.read(Shelf::Stubs, &[1]).await?, Some(vec![2]));
    }

    /// Absent rows keep their place in the answer.
    many_rows_are_read_in_the_order_asked(ground) {
        let store = writer(ground).await?;
        let batch = Batch::new()
            .put(Shelf::Meta, [1], [10])
            .put(Shelf::Meta, [2], [20])
            .put(Shelf::Keys, [1], [30]);
        store.commit(batch).await?;
        let wanted = [
            (Shelf::Keys, vec![1]),
            (Shelf::Meta, vec![2]),
            (Shelf::Meta, vec![9]),
            (Shelf::Meta, vec![1]),
            (Shelf::Meta, vec![2]),
        ];
        let found = store.read_many(&wanted).await?;
        let values = [Some(vec![30]), Some(vec![20]), None, Some(vec![10]), Some(vec![20])];
        assert_eq!(found, values);
        assert_eq!(store.read_many(&[]).await?, vec![]);
    }

    /// Nothing is not absent.
    empty_keys_and_values_are_rows(ground) {
        let store = writer(ground).await?;
        store.commit(Batch::new().put(Shelf::Meta, [], [])).await?;
        assert_eq!(store.read(Shelf::Meta, &[]).await?, Some(vec![]));
        assert_eq!(store.read_all(Shelf::Meta).await?, vec![(vec![], vec![])]);
    }

    /// Large values are kept by other means in some browsers.
    a_value_of_a_mebibyte_comes_back_whole(ground) {
        let store = writer(ground).await?;
        let large = noise(1 << 20);
        store.commit(Batch::new().put(Shelf::Blocks, [1], large.clone())).await?;
        assert!(store.read(Shelf::Blocks, &[1]).await? == Some(large.clone()));
        assert!(store.read_all(Shelf::Blocks).await? == vec![(vec![1], large)]);
    }

    /// In one batch, and in one read.
    ten_thousand_rows_come_back_in_order(ground) {
        let store = writer(ground).await?;
        let row = |n: u32| (n.to_be_bytes().to_vec(), n.to_le_bytes().repeat(100));
        let mut batch = Batch::new();
        // 7919 is prime to 10,000, so each number comes once, out of order.
        for (key, value) in (0..10_000).map(|n| row(n * 7919 % 10_000)) {
            batch.push(Write::Put { shelf: Shelf::Outbox, key, value });
        }
        store.commit(batch).await?;
        assert_eq!(store.count(Shelf::Outbox).await?, 10_000);
        assert!(store.read_all(Shelf::Outbox).await? == (0..10_000).map(row).collect::<Vec<_>>());
    }

    /// All or nothing.
    a_batch_with_a_failing_write_leaves_nothing(ground) {
        let store = writer(ground).await?;
        store.commit(Batch::new().put(Shelf::Outbox, [1], [1]).put(Shelf::Drafts, [1], [1])).await?;
        let batch = Batch::new()
            .put(Shelf::Outbox, [1], [9])
            .put(Shelf::Outbox, [2], [9])
            .put(Shelf::Stubs, [2], [9])
            .delete(Shelf::Drafts, [1]);
        assert!(store.commit(ground.doomed(batch)).await.is_err());
        assert_eq!(store.read_all(Shelf::Outbox).await?, vec![(vec![1], vec![1])]);
        assert_eq!(store.count(Shelf::Stubs).await?, 0);
        assert_eq!(store.count(Shelf::Drafts).await?, 1);
    }

    /// A failure is of that batch alone.
    the_store_goes_on_after_a_failed_batch(ground) {
        let store = writer(ground).await?;
        let batch = Batch::new().put(Shelf::Outbox, [1], [1]);
        assert!(store.commit(ground.doomed(batch.clone())).await.is_err());
        store.commit(batch).await?;
        assert_eq!(store.read_all(Shelf::Outbox).await?, vec![(vec![1], vec![1])]);
    }

    /// The next start finds what the last one kept.
    rows_survive_closing_and_opening(ground) {
        let store = writer(ground).await?;
        store.commit(Batch::new().put(Shelf::Outbox, [1], [1])).await?;
        store.close().await;
        drop(store);
        let store = writer(ground).await?;
        assert_eq!(store.read_all(Shelf::Outbox).await?, vec![(vec![1], vec![1])]);
        store.commit(Batch::new().put(Shelf::Outbox, [2], [2])).await?;
        assert_eq!(ground.open().await?.count(Shelf::Outbox).await?, 2);
    }

    /// Reading needs no claim, writing does.
    a_handle_that_never_claimed_cannot_write(ground) {
        let store = ground.open().await?;
        let refused = store.commit(Batch::new().put(Shelf::Meta, [1], [1])).await;
        assert_eq!(refused, Err(StoreError::Fenced));
        assert_eq!(store.count(Shelf::Meta).await?, 0);
    }

    /// Two windows: the second takes over, and nothing of the first is written after that.
    the_last_to_claim_is_the_writer(ground) {
        let first = writer(ground).await?;
        first.commit(Batch::new().put(Shelf::Outbox, [1], [1])).await?;
        let second = writer(ground).await?;
        let late = Batch::new().put(Shelf::Outbox, [2], [2]).delete(Shelf::Outbox, [1]);
        assert_eq!(first.commit(late).await, Err(StoreError::Fenced));
        assert_eq!(second.read_all(Shelf::Outbox).await?, vec![(vec![1], vec![1])]);
        second.commit(Batch::new().put(Shelf::Outbox, [3], [3])).await?;
        assert_eq!(second.count(Shelf::Outbox).await?, 2);
    }

    /// A person may come back to the first window.
    a_fenced_handle_writes_again_after_a_claim(ground) {
        let first = writer(ground).await?;
        let second = writer(ground).await?;
        first.claim().await?;
        first.commit(Batch::new().put(Shelf::Meta, [1], [1])).await?;
        let refused = second.commit(Batch::new().put(Shelf::Meta, [1], [2])).await;
        assert_eq!(refused, Err(StoreError::Fenced));
        assert_eq!(second.read(Shelf::Meta, &[1]).await?, Some(vec![1]));
    }

    /// Over handles and restarts.
    each_claim_is_higher_than_all_before(ground) {
        let first = ground.open().await?;
        let one = first.claim().await?;
        let two = ground.open().await?.claim().await?;
        let three = first.claim().await?;
        first.close().await;
        let four = ground.open().await?.claim().await?;
        assert!(one < two && two < three && three < four);
    }

    /// What the start needs, in the transaction that makes this the writer.
    a_claim_answers_the_wanted_rows(ground) {
        let first = writer(ground).await?;
        first.commit(Batch::new().put(Shelf::Meta, [1], [7])).await?;
        let second = ground.open().await?;
        let wanted = [(Shelf::Keys, vec![1]), (Shelf::Meta, vec![1])];
        let (_, rows) = second.claim_reading(&wanted).await?;
        assert_eq!(rows, [None, Some(vec![7])]);
        assert_eq!(first.commit(Batch::new()).await, Err(StoreError::Fenced));
        assert_eq!(second.commit(Batch::new()).await, Ok(()));
    }

    /// So that a window can ask whether it still is the writer.
    an_empty_batch_still_checks_the_fence(ground) {
        let first = writer(ground).await?;
        first.commit(Batch::new()).await?;
        let _second = writer(ground).await?;
        assert_eq!(first.commit(Batch::new()).await, Err(StoreError::Fenced));
    }

    /// The window that lost the right to write goes on showing.
    a_fenced_handle_still_reads(ground) {
        let first = writer(ground).await?;
        let second = writer(ground).await?;
        second.commit(Batch::new().put(Shelf::Meta, [1], [1])).await?;
        assert_eq!(first.read(Shelf::Meta, &[1]).await?, Some(vec![1]));
    }

    /// What a retry after a lost answer relies on.
    a_batch_may_be_committed_twice(ground) {
        let store = writer(ground).await?;
        store.commit(Batch::new().put(Shelf::Drafts, [1], [1])).await?;
        let batch = Batch::new()
            .put(Shelf::Outbox, [1], [1])
            .delete(Shelf::Drafts, [1])
            .delete_range(Shelf::Round, [0], [9]);
        store.commit(batch.clone()).await?;
        store.commit(batch).await?;
        assert_eq!(store.read_all(Shelf::Outbox).await?, vec![(vec![1], vec![1])]);
        assert_eq!(store.count(Shelf::Drafts).await?, 0);
    }

    /// A tap does not wait for the tap before it.
    commits_made_together_are_all_kept(ground) {
        let store = writer(ground).await?;
        let mut commits: Vec<_> = (0..20)
            .map(|n| Box::pin(store.commit(Batch::new().put(Shelf::Outbox, [n], [n]))))
            .collect();
        let mut outcomes = Vec::new();
        core::future::poll_fn(|context| {
            commits.retain_mut(|commit| match commit.as_mut().poll(context) {
                core::task::Poll::Ready(outcome) => {
                    outcomes.push(outcome);
                    false
                }
                core::task::Poll::Pending => true,
            });
            if commits.is_empty() { core::task::Poll::Ready(()) } else { core::task::Poll::Pending }
        })
        .await;
        assert_eq!(outcomes, vec![Ok(()); 20]);
        assert_eq!(store.count(Shelf::Outbox).await?, 20);
    }

    /// Reads and writes alike; nothing opens it again behind the app's back.
    a_closed_handle_answers_lost(ground) {
        let store = writer(ground).await?;
        store.close().await;
        let refused = store.commit(Batch::new().put(Shelf::Meta, [1], [1])).await;
        assert_eq!(refused, Err(StoreError::Lost));
        assert_eq!(store.read(Shelf::Meta, &[1]).await, Err(StoreError::Lost));
        assert_eq!(store.claim().await, Err(StoreError::Lost));
        assert_eq!(ground.open().await?.count(Shelf::Meta).await?, 0);
    }
}
