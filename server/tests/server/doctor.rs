//! What `doctor` finds: a region with one of everything, in which one thing is spoilt at a time.
//!
//! Deliberately not here: what SQLite's own check finds.

use std::path::Path;

use veldpost_domain::StreamId;
use veldpost_envelope::Object;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::invitation::WELCOME;
use veldpost_envelope::object::{Erase, Ground, ObjectHead, SeqRange};
use veldpost_envelope::wire::{BlobPutAsk, Call, ObjectsAnswer, WelcomePutAsk};
use veldpost_server::database::FILE;
use veldpost_server::letterbox::now;

use super::codes::checkpoint;
use super::process::run;
use super::relay::blob;
use super::running::{Running, answered};
use super::starting::{refusal, upkeep};
use super::support::built_app;
use super::world::{DAY, Person, Stream, World, bytes};

/// A stopped relay's folder.
fn with_one_of_everything() -> tempfile::TempDir {
    let (app, data, mut world) = (built_app(), tempfile::tempdir().unwrap(), World::new(1));
    let server = Running::new(app.path(), data.path());
    let (invited, invite) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
    world.note(invite);
    let (newcomer, founder) = (Person::new(70), &world.founder);
    let call = |person: &Person, call: Call, body: Vec<u8>| {
        answered(server.call(person, call, &body)).unwrap()
    };
    call(founder, Call::Acts, world.acts(None));
    let sealed = BlobPutAsk {
        region: world.region,
        blob: &blob(&world),
    };
    call(founder, Call::BlobPut, sealed.to_bytes());
    let welcome = WelcomePutAsk {
        region: world.region,
        invitation: invited.id,
        welcome: &[7; WELCOME],
    };
    call(founder, Call::WelcomePut, welcome.to_bytes());

    let mut stream = Stream::new(&world, &world.worker, 5);
    let other = Stream::new(&world, &world.second, 6);
    for pushed in [
        bytes(&stream.entries),
        bytes(&stream.commit(3, 100)),
        bytes(&other.entries),
    ] {
        answered(server.push(&pushed)).unwrap();
    }
    let mut branch = stream.restored(3, 9);
    branch.commit(1, 40);
    let (status, _) = server.push(&bytes(&branch.entries)).unwrap();
    assert_eq!(status, 409);
    let said = [
        world.receipt(founder, stream.last()),
        checkpoint(&world, &stream),
        erasure(&world, stream.id()),
        // It comes before its stream.
        erasure(&world, StreamId([3; 16])),
    ];
    let said: Vec<u8> = said.iter().flat_map(Object::to_bytes).collect();
    let taken = ObjectsAnswer::from_bytes(&call(founder, Call::Objects, said)).unwrap();
    assert_eq!(taken.codes, [None; 4]);
    let join = world.join(&newcomer, &invited);
    answered(server.call(&newcomer, Call::Join, &join)).unwrap();
    // This one's stream comes behind it.
    let mut late = Stream::new(&world, &world.founder, 7);
    late.commit(3, 100);
    call(
        &world.founder,
        Call::Objects,
        erasure(&world, late.id()).to_bytes(),
    );
    answered(server.push(&bytes(&late.entries))).unwrap();
    server.stopped();
    data
}

fn erasure(world: &World, stream: StreamId) -> Object {
    let erase = Erase {
        head: ObjectHead {
            region: world.region,
            signer: world.founder.key(),
            roster_head: world.roster.head(),
            at: now(),
        },
        stream,
        seqs: [SeqRange::at(3)].into_iter().collect(),
        ground: Ground::Mistake,
    };
    erase.sign(&world.founder.signing).unwrap()
}

/// What is done to the database.
enum Spoilt {
    By(&'static str),
    /// One bit in the bytes of a table's column, near their end, where a signature is.
    Bit(&'static str, &'static str, &'static str),
}
use Spoilt::{Bit, By};

impl Spoilt {
    fn spoil(&self, file: &Path) {
        let database = rusqlite::Connection::open(file).unwrap();
        let changed = match self {
            By(sql) => database.execute(sql, []).unwrap(),
            Bit(table, column, which) => {
                let sql = format!("SELECT rowid, {column} FROM {table} WHERE {which} LIMIT 1");
                let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                let (row, mut bytes): (i64, Vec<u8>) = database.query_row(&sql, [], read).unwrap();
                let at = bytes.len() - 10;
                bytes[at] ^= 1;
                let sql = format!("UPDATE {table} SET {column} = ?1 WHERE rowid = ?2");
                database.execute(&sql, (bytes, row)).unwrap()
            }
        };
        assert!(changed > 0);
    }
}

#[test]
fn the_doctor_names_what_is_spoilt() {
    let sound = with_one_of_everything();
    let said = run(sound.path(), &["doctor"]);
    let all = "1 regions, 2 roster acts, 3 streams, 12 entries: all chains verify";
    assert!(said.contains(all), "{said}");
    for (spoilt, named) in [
        (
            By("DELETE FROM life"),
            "no life is written down for region 1",
        ),
        (
            By("UPDATE region SET bytes = -1"),
            "a negative number in region 1",
        ),
        (
            By("UPDATE region SET position = position - 1"),
            "an item at a position that nobody gave",
        ),
        (
            By("UPDATE device SET held_bytes = -1"),
            "a negative size of a device of region 1",
        ),
        (
            By("UPDATE device SET removed_entries = -1"),
            "a negative size of a device of region 1",
        ),
        (
            By("INSERT INTO act VALUES (1, 9, zeroblob(32), zeroblob(9))"),
            "an act beyond the roster",
        ),
        (
            By("UPDATE act SET hash = zeroblob(32) WHERE height = 0"),
            "the roster of region 1",
        ),
        (
            By("UPDATE act SET hash = zeroblob(32) WHERE height = 1"),
            "the roster of region 1",
        ),
        (Bit("act", "bytes", "height = 1"), "the roster of region 1"),
        (
            By("UPDATE stream SET next = 0"),
            "a stream without an entry in region 1",
        ),
        (
            By("DELETE FROM stream WHERE next = 5"),
            "an entry without a stream in region 1",
        ),
        (
            By("UPDATE stream SET next = 4 WHERE next = 5"),
            "an entry beyond its stream in region 1",
        ),
        (
            By("UPDATE stream SET purpose = 2 WHERE next = 5"),
            "stream ",
        ),
        (By("DELETE FROM entry WHERE seq = 3"), "stream "),
        (Bit("entry", "bytes", "seq = 4"), "stream "),
        (
            By("UPDATE item SET next = first WHERE class = 1"),
            "a run without a length in region 1",
        ),
        (
            By("UPDATE item SET next = 9 WHERE class = 1 AND first = 2"),
            "the run at position 2 of region 1",
        ),
        (
            By("UPDATE item SET device = zeroblob(32) WHERE class = 1"),
            "the run at position 1 of region 1",
        ),
        (
            By("UPDATE item SET of = zeroblob(16) WHERE class = 1 AND first = 2"),
            "the run at position 2 of region 1",
        ),
        (
            By("DELETE FROM item WHERE class = 1 AND first = 0"),
            "the runs of stream ",
        ),
        (
            By("DELETE FROM item WHERE class = 1 AND first = 2"),
            "the runs of stream ",
        ),
        (
            By("UPDATE item SET next = 4 WHERE class = 1 AND first = 2"),
            "the runs of stream ",
        ),
        (
            Bit("item", "value", "class = 2"),
            "the receipt at position 5 of region 1",
        ),
        (
            By("UPDATE item SET purposes = 255 WHERE class = 2"),
            "the receipt at position 5 of region 1",
        ),
        (
            By("UPDATE item SET by = zeroblob(32) WHERE class = 2"),
            "the receipt at position 5 of region 1",
        ),
        (
            By("UPDATE item SET class = 3 WHERE class = 2"),
            "the checkpoint at position 5 of region 1",
        ),
        (
            Bit("item", "value", "class = 3"),
            "the checkpoint at position 6 of region 1",
        ),
        (
            Bit("item", "value", "class = 4"),
            "the erasure at position 7 of region 1",
        ),
        (
            Bit("item", "value", "class = 4 AND purposes = 0"),
            "the erasure at position 8 of region 1",
        ),
        (
            Bit("item", "value", "class = 5"),
            "the join at position 9 of region 1",
        ),
        (
            By("UPDATE item SET value = zeroblob(200) WHERE class = 6"),
            "the fork at position 4 of region 1",
        ),
        (
            By("UPDATE item SET of = zeroblob(16) WHERE class = 6"),
            "the fork at position 4 of region 1",
        ),
        (Bit("blob", "bytes", "1"), "blob 1 of region 1"),
        (
            By("UPDATE blob SET blob = zeroblob(32)"),
            "blob 1 of region 1",
        ),
        (
            By("UPDATE welcome SET bytes = zeroblob(9)"),
            "a welcome of region 1",
        ),
    ] {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join(FILE);
        std::fs::copy(sound.path().join(FILE), &file).unwrap();
        spoilt.spoil(&file);
        let told = refusal(upkeep(data.path(), &["doctor"]));
        assert!(
            told.contains(&format!("damaged ({named}")),
            "{named}: {told}"
        );
    }
}

#[test]
fn a_copy_in_which_an_item_is_spoilt_is_not_put_back_unless_somebody_says_so() {
    let sound = with_one_of_everything();
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = elsewhere.path().join("copy");
    let named = copy.to_str().unwrap();
    run(sound.path(), &["backup", named]);
    run(data.path(), &["restore", named]);
    run(data.path(), &["doctor"]);
    Bit("item", "value", "class = 5").spoil(&copy);
    let told = refusal(upkeep(data.path(), &["restore", named]));
    assert!(told.contains("damaged: the join at position 9"), "{told}");
    run(data.path(), &["restore", named, "--unverified"]);
}
