//! Codes that a healthy relay seldom or never says: a checkpoint that is missing, a newer format, a database that fails.
//!
//! Deliberately not here: the usual refusals (`relay`), a disk without room (`full`).

use rusqlite::Connection;
use veldpost_domain::CampaignId;
use veldpost_envelope::act::{Act, Stage, StageChange};
use veldpost_envelope::object::{Checkpoint, Heads, ObjectHead};
use veldpost_envelope::run::RunHead;
use veldpost_envelope::wire::{BlobPutAsk, Call, Code, ObjectsAnswer};
use veldpost_envelope::{Object, Purpose};
use veldpost_relay::Founding;
use veldpost_server::database::{FILE, Options};
use veldpost_server::letterbox::now;

use super::relay::{blob, founded};
use super::support::{TestApp, letterbox};
use super::world::{Stream, World, bytes};

fn stage(world: &World, stage: Stage, checkpoint: Option<[u8; 32]>) -> Vec<u8> {
    let change = StageChange {
        campaign: CampaignId([8; 16]),
        stage,
        checkpoint,
    };
    world.raw_act(&world.founder, &Act::Stage(change))
}

pub fn checkpoint(world: &World, stream: &Stream) -> Object {
    let last = stream.last();
    let heads = Heads::new(vec![RunHead {
        stream: stream.id(),
        seq: last.header().seq,
        hash: last.hash(),
    }]);
    let head = ObjectHead {
        region: world.region,
        signer: world.founder.key(),
        roster_head: world.roster.head(),
        at: now(),
    };
    let signing = &world.founder.signing;
    Checkpoint::sign(head, Purpose::Count, 1, &heads.unwrap(), signing).unwrap()
}

#[tokio::test]
async fn locked_is_taken_when_the_checkpoint_that_it_names_is_there() {
    let (server, mut world) = founded().await;
    let stream = Stream::new(&world, &world.worker, 5);
    let pushed = server.post(Call::Entries, bytes(&stream.entries)).await;
    assert_eq!(pushed.code(), None);
    for next in [Stage::Practice, Stage::Open] {
        let act = stage(&world, next, None);
        world.note(act);
    }
    let acts = world.acts(None);
    assert_eq!(
        server.call(&world.founder, Call::Acts, acts).await.code(),
        None
    );
    let checkpoint = checkpoint(&world, &stream);
    let locked = stage(&world, Stage::Locked, Some(checkpoint.hash().0));
    let locked = world.acts_of(&[locked], None);
    let early = server
        .call(&world.founder, Call::Acts, locked.clone())
        .await;
    assert_eq!(
        (early.status.as_u16(), early.code()),
        (409, Some(Code::NoCheckpoint))
    );
    let said = server.post(Call::Objects, checkpoint.to_bytes()).await;
    assert_eq!(ObjectsAnswer::from_bytes(&said.body).unwrap().codes, [None]);
    assert_eq!(
        server.call(&world.founder, Call::Acts, locked).await.code(),
        None
    );
}

#[tokio::test]
async fn what_a_newer_version_made_asks_for_an_update_of_the_relay() {
    let (server, world) = founded().await;
    let stream = Stream::new(&world, &world.worker, 5);
    let mut entry = bytes(&stream.entries[..1]);
    // The version stands behind the heads of the entry's array, the header's string and the header's array.
    entry[4] = 2;
    let answer = server.post(Call::Entries, entry).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (422, Some(Code::Newer))
    );
    let mut blob = blob(&world);
    blob[1] = 2;
    let ask = BlobPutAsk {
        region: world.region,
        blob: &blob,
    };
    let answer = server
        .call(&world.founder, Call::BlobPut, ask.to_bytes())
        .await;
    assert_eq!(answer.code(), Some(Code::Newer));
}

/// A relay that knows a region, and its database in another's hands.
async fn in_other_hands() -> (tempfile::TempDir, Connection, TestApp, World) {
    let (data, world) = (tempfile::tempdir().unwrap(), World::new(1));
    let relay = letterbox(data.path(), Founding::Open, Options::default());
    let server = TestApp::with(|site| site.letterbox = relay);
    let acts = world.acts(None);
    assert_eq!(
        server.call(&world.founder, Call::Acts, acts).await.code(),
        None
    );
    let database = Connection::open(data.path().join(FILE)).unwrap();
    (data, database, server, world)
}

#[tokio::test]
async fn a_database_that_fails_is_internal_and_says_nothing_of_why() {
    let (_data, database, server, world) = in_other_hands().await;
    database
        .execute_batch("ALTER TABLE stream RENAME TO taken")
        .unwrap();
    let stream = Stream::new(&world, &world.worker, 5);
    let answer = server.post(Call::Entries, bytes(&stream.entries)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (500, Some(Code::Internal))
    );
    let told = answer.text();
    assert!(!told.contains("stream") && !told.contains("SQL"), "{told}");
    assert_eq!(answer.problem().unwrap().answer, None);
    database
        .execute_batch("ALTER TABLE taken RENAME TO stream")
        .unwrap();
    let answer = server.post(Call::Entries, bytes(&stream.entries)).await;
    assert_eq!(answer.code(), None);
}

#[tokio::test]
async fn a_database_without_a_life_is_not_ready_and_is_no_refusal() {
    let (_data, database, server, world) = in_other_hands().await;
    assert_eq!(server.get("/readyz").await.status, 200);
    database
        .execute_batch(
            "ALTER TABLE life RENAME TO taken; CREATE TABLE life AS SELECT * FROM taken WHERE 0",
        )
        .unwrap();
    let stream = Stream::new(&world, &world.worker, 5);
    let pushed = server.post(Call::Entries, bytes(&stream.entries)).await;
    let pulled = server
        .call(&world.founder, Call::Pull, world.pull(0, 1))
        .await;
    for answer in [pushed, pulled] {
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (503, Some(Code::NotReady))
        );
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    assert_eq!(server.get("/readyz").await.status, 503);
    database
        .execute_batch("DROP TABLE life; ALTER TABLE taken RENAME TO life")
        .unwrap();
    assert_eq!(server.get("/readyz").await.status, 200);
    let answer = server.post(Call::Entries, bytes(&stream.entries)).await;
    assert_eq!(answer.code(), None);
}
