//! Holds blobs, invitations and objects against `tests/vectors/letters.json`, and opens what lies
//! there, as `format.rs` does for what is older.
//!
//! After a deliberate addition: `VELDPOST_WRITE_VECTORS=1 cargo test -p veldpost-envelope --test letters`.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use support::letters::{HEIGHT, INVITATION, World, contents};
use support::{Seeded, hex, to_hex};
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::invitation::{HandOver, six_numbers, token};
use veldpost_envelope::object::{
    Arrival, Checkpoint, Erase, Ground, Heads, ObjectHead, Ranges, Receipt, Succession,
};
use veldpost_envelope::run::{RunHead, verify_kept_run};
use veldpost_envelope::{
    ActHash, Blob, Entry, EnvelopeError, Join, Kept, Link, Object, Purpose, label,
};

type Made = BTreeMap<String, String>;

const RELAY: &str = "https://relay.example:8443";

/// Everything, made again.
fn make() -> Made {
    let rng = &mut Seeded(2027);
    let world = World::generate(rng);
    let mut made = Made::new();
    make_blobs(&world, rng, &mut made);
    make_invitation(&world, rng, &mut made);
    let run = world.run(&world.worker, rng);
    make_objects(&world, &run, rng, &mut made);
    make_refused(&world, &run, rng, &mut made);
    made
}

fn put(made: &mut Made, name: &str, bytes: &[u8]) {
    made.insert(name.to_owned(), to_hex(bytes));
}

/// What must be refused, and what is said then.
fn put_refused(made: &mut Made, name: &str, bytes: &[u8], why: &str) {
    put(made, name, bytes);
    made.insert(format!("why-{name}"), why.to_owned());
}

fn make_blobs(world: &World, rng: &mut Seeded, made: &mut Made) {
    for (name, content) in contents(world) {
        let blob = Blob::seal(&world.settings, &world.region, &content, rng).unwrap();
        put(made, name, blob.bytes());
    }
}

/// The words of a join, as they are read aloud.
fn words(join: &Join) -> String {
    let list: Vec<_> = include_str!("../src/words/nl.txt").lines().collect();
    six_numbers(join.request())
        .map(|number| list[usize::from(number)])
        .join(" ")
}

fn make_invitation(world: &World, rng: &mut Seeded, made: &mut Made) {
    let keys = world.keys();
    let text = world.link(Some(RELAY)).fragment();
    put(made, "link", text.as_bytes());
    put(
        made,
        "link-own-origin",
        world.link(None).fragment().as_bytes(),
    );
    put(made, "relay-token", keys.relay_token().bytes());
    put(made, "join-key", keys.join_key().bytes());
    put(made, "label-key", keys.label_key().bytes());
    let welcome = keys.seal_welcome(&world.welcome(), rng).unwrap();
    put(made, "welcome", &welcome);
    let input = world.join_input();
    let join = Join::make(&keys, &world.worker.signing, &input, rng).unwrap();
    put(made, "join", join.bytes());
    put(made, "six-words", words(&join).as_bytes());
    let run = world.run(&world.desk, rng);
    let entries: Vec<u8> = run.iter().flat_map(Entry::to_bytes).collect();
    let file = HandOver {
        region: world.region,
        join: Some(join.bytes()),
        entries: &entries,
    };
    put(made, "file", &file.to_bytes().unwrap());
}

fn receipt(head: ObjectHead, run: &[Entry], apart: &[u64]) -> Receipt {
    let last = run.last().unwrap();
    Receipt {
        head,
        stream: last.header().stream,
        upto: last.header().seq,
        hash: last.hash(),
        apart: apart.iter().copied().collect(),
    }
}

fn erase(world: &World, run: &[Entry]) -> Erase {
    Erase {
        head: world.head(&world.founder, 4000),
        stream: run[0].header().stream,
        seqs: [3].into_iter().collect(),
        ground: Ground::AskedByPerson,
    }
}

fn run_head(entry: &Entry) -> RunHead {
    RunHead {
        stream: entry.header().stream,
        seq: entry.header().seq,
        hash: entry.hash(),
    }
}

fn make_objects(world: &World, run: &[Entry], rng: &mut Seeded, made: &mut Made) {
    let (founder, second) = (&world.founder, &world.second);
    for (name, device, later, apart) in [
        ("receipt", founder, 1000, [].as_slice()),
        ("receipt-apart", second, 1000, &[2, 4]),
        ("receipt-shrunk", second, 2000, &[4]),
    ] {
        let receipt = receipt(world.head(device, later), run, apart);
        put(
            made,
            name,
            &receipt.sign(&device.signing).unwrap().to_bytes(),
        );
    }
    let desk = world.run(&world.desk, rng);
    let heads = [run, &desk].map(|run| run_head(run.last().unwrap()));
    let heads = Heads::new(heads.into()).unwrap();
    let head = world.head(founder, 3000);
    let checkpoint = Checkpoint::sign(head, Purpose::Count, 3, &heads, &founder.signing).unwrap();
    put(made, "checkpoint-attached", &checkpoint.to_bytes());
    put(made, "checkpoint", &checkpoint.without_heads().to_bytes());
    let erase = erase(world, run);
    let kept: Vec<_> = run
        .iter()
        .map(|entry| erase.apply(entry.clone().into()))
        .collect();
    let object = erase.sign(&founder.signing).unwrap();
    put(made, "erase", &object.to_bytes());
    put(made, "entry-bare", &kept[3].to_bytes());
    let whole: Vec<u8> = kept.iter().flat_map(Kept::to_bytes).collect();
    put(made, "run-with-bare", &whole);
}

/// The receipt of the founder with two ranges that should be one.
fn touching(world: &World, run: &[Entry]) -> Vec<u8> {
    let head = world.head(&world.founder, 1000);
    let last = run_head(run.last().unwrap());
    let mut body = Writer::default();
    body.array(11).uint(1).uint(1).uint(1);
    body.bytes(&head.region.0).bytes(&head.signer.0);
    body.bytes(&head.roster_head.0).int(head.at);
    body.bytes(&last.stream.0)
        .uint(last.seq)
        .bytes(&last.hash.0);
    body.array(2)
        .array(2)
        .uint(1)
        .uint(2)
        .array(2)
        .uint(3)
        .uint(4);
    let body = body.finish();
    let hash = label::sha256(&[label::RECEIPT, &body]);
    let signature = world.founder.signing.sign(label::RECEIPT, &hash);
    let mut out = Writer::default();
    out.array(3).bytes(&body).bytes(&signature).null();
    out.finish()
}

fn make_refused(world: &World, run: &[Entry], rng: &mut Seeded, made: &mut Made) {
    let link = world.link(None).fragment();
    let padded = format!("{}=", *link);
    put_refused(made, "link-padded", padded.as_bytes(), "secret: padded");
    let mut spare = link.as_bytes().to_vec();
    *spare.last_mut().unwrap() += 1;
    let why = "secret: spare bits are set";
    put_refused(made, "link-spare-bits", &spare, why);

    let other = world.other_keys();
    put_refused(
        made,
        "join-other-token",
        other.relay_token().bytes(),
        "wrong-token",
    );
    let join = Join::make(&other, &world.worker.signing, &world.join_input(), rng).unwrap();
    let why = "does not verify: proof";
    put_refused(made, "join-proof-of-another", join.bytes(), why);

    let worker = receipt(world.head(&world.worker, 1000), run, &[]);
    let object = worker.sign(&world.worker.signing).unwrap();
    let why = "not allowed: not a coordinator of the purpose";
    put_refused(made, "receipt-by-a-worker", &object.to_bytes(), why);
    let mut unknown = receipt(world.head(&world.founder, 1000), run, &[]);
    unknown.head.roster_head = ActHash([0; 32]);
    let object = unknown.sign(&world.founder.signing).unwrap();
    let why = "made at an act that is not held";
    put_refused(made, "receipt-unknown-head", &object.to_bytes(), why);
    let why = "malformed: ranges";
    put_refused(made, "receipt-ranges-touch", &touching(world, run), why);

    let mut four = run[3].bare().to_bytes();
    four[0] += 1;
    four.push(0xf6);
    put_refused(made, "bare-four-fields", &four, "malformed: nonce");
    let (_, settings) = &contents(world)[0];
    let blob = Blob::seal(&world.settings, &world.region, settings, rng).unwrap();
    let mut other = blob.bytes().to_vec();
    // Behind the array, the version, the region and n.
    other[1 + 1 + 34 + 1] = 2;
    put_refused(made, "blob-other-kind", &other, "does not verify: seal");
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/letters.json")
}

/// The file is one flat object of strings; a JSON library would be one more thing to keep.
fn read() -> Made {
    std::fs::read_to_string(path())
        .unwrap()
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('"');
            Some((parts.nth(1)?.to_owned(), parts.nth(1)?.to_owned()))
        })
        .collect()
}

fn write(made: &Made) {
    let lines: Vec<_> = made
        .iter()
        .map(|(name, value)| format!("  \"{name}\": \"{value}\""))
        .collect();
    std::fs::write(path(), format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
}

#[test]
fn what_is_made_today_is_what_was_made_before() {
    let made = make();
    if std::env::var_os("VELDPOST_WRITE_VECTORS").is_some() {
        write(&made);
    }
    let before = read();
    for (name, bytes) in &made {
        // A later compressor may find a shorter form: blobs must open, not be the same.
        if name.starts_with("blob-") {
            continue;
        }
        assert_eq!(before.get(name), Some(bytes), "{name}");
    }
    assert_eq!(before.len(), made.len());
}

/// The world of the vectors, and what was stored of it.
fn stored() -> (World, impl Fn(&str) -> Vec<u8>) {
    let stored = read();
    let world = World::generate(&mut Seeded(2027));
    (world, move |name: &str| hex(&stored[name]))
}

#[test]
fn blobs_that_were_stored_before_still_open() {
    let (world, bytes) = stored();
    for (name, content) in contents(&world) {
        let blob = Blob::from_bytes(&bytes(name)).unwrap();
        let opened = blob.open(&world.settings, &world.region, &blob.id());
        assert_eq!(opened.unwrap().content, content, "{name}");
    }
}

#[test]
fn an_invitation_that_was_given_before_still_holds() {
    let (world, bytes) = stored();
    let text = |name| String::from_utf8(bytes(name)).unwrap();
    let link = Link::parse(&text("link")).unwrap();
    assert_eq!(link.relay.as_ref().unwrap().as_str(), RELAY);
    assert!(
        Link::parse(&text("link-own-origin"))
            .unwrap()
            .relay
            .is_none()
    );
    let keys = link.keys();
    assert_eq!(keys.invitation(), INVITATION);
    assert_eq!(keys.relay_token().bytes().to_vec(), bytes("relay-token"));
    assert_eq!(keys.join_key().bytes().to_vec(), bytes("join-key"));
    assert_eq!(keys.label_key().bytes().to_vec(), bytes("label-key"));
    let welcome = keys.open_welcome(&bytes("welcome")).unwrap();
    assert_eq!(welcome.inviter, "Noor");
    assert_eq!(
        welcome.settings.secret().bytes(),
        world.settings.secret().bytes()
    );
    let join = Join::from_bytes(&bytes("join")).unwrap();
    join.verify_with(&keys).unwrap();
    assert_eq!(join.request().roster_height, HEIGHT);
    assert_eq!(
        join.open_name(&keys).unwrap().as_str(),
        world.join_input().name
    );
    assert_eq!(words(&join), text("six-words"));
    let file = bytes("file");
    let file = HandOver::from_bytes(&file).unwrap();
    assert_eq!(file.join(), Ok(Some(join)));
    let run: Vec<_> = file.entries().map(Result::unwrap).collect();
    let desk = world.desk.signing.public();
    verify_kept_run(&world.region, &desk, None, &run).unwrap();
}

fn verify(world: &World, bytes: &[u8]) -> Result<Object, EnvelopeError> {
    let object = Object::from_bytes(bytes)?;
    object.verify(&world.region, Purpose::Count, Arrival::New, world)?;
    Ok(object)
}

#[test]
fn objects_that_were_signed_before_still_verify() {
    let (world, bytes) = stored();
    let read = |name| verify(&world, &bytes(name)).unwrap();
    let wide = read("receipt-apart");
    let (wide, shrunk) = (wide.receipt().unwrap(), read("receipt-shrunk"));
    let shrunk = shrunk.receipt().unwrap();
    assert_eq!(shrunk.beside(wide), Succession::Replaces);
    assert_eq!(wide.apart, [2, 4].into_iter().collect::<Ranges>());
    assert_eq!(shrunk.apart, [4].into_iter().collect::<Ranges>());
    let (lone, whole) = (read("checkpoint"), read("checkpoint-attached"));
    assert_eq!(lone.hash(), whole.hash());
    assert_eq!(whole.heads().unwrap().iter().len(), 2);

    let entries = bytes("run-with-bare");
    let file = HandOver {
        region: world.region,
        join: None,
        entries: &entries,
    };
    let run: Vec<_> = file.entries().map(Result::unwrap).collect();
    let worker = world.worker.signing.public();
    let head = verify_kept_run(&world.region, &worker, None, &run).unwrap();
    let receipt = read("receipt");
    let receipt = receipt.receipt().unwrap();
    assert_eq!((receipt.upto, receipt.hash), (head.seq, head.hash));
    assert_eq!(run[3].to_bytes(), bytes("entry-bare"));
    assert!(read("erase").erase().unwrap().names(&run[3]));
    let opened = run[4].whole().unwrap().open(&world.content).unwrap();
    assert_eq!(opened.as_slice(), b"third");
}

#[test]
fn what_was_refused_before_is_refused_for_the_same_reason() {
    let (world, bytes) = stored();
    let reasons = read();
    let text = |name| String::from_utf8(bytes(name)).unwrap();
    let object = |name| verify(&world, &bytes(name)).unwrap_err().to_string();
    let link = |name| Link::parse(&text(name)).unwrap_err().to_string();
    let join = Join::from_bytes(&bytes("join-proof-of-another")).unwrap();
    join.verify(&world.region).unwrap();
    let blob = Blob::from_bytes(&bytes("blob-other-kind")).unwrap();
    let blob = blob.open(&world.settings, &world.region, &blob.id());
    let bare = Kept::from_bytes(&bytes("bare-four-fields"));
    for (name, found) in [
        ("link-padded", link("link-padded")),
        ("link-spare-bits", link("link-spare-bits")),
        (
            "join-proof-of-another",
            join.verify_with(&world.keys()).unwrap_err().to_string(),
        ),
        ("receipt-by-a-worker", object("receipt-by-a-worker")),
        ("receipt-unknown-head", object("receipt-unknown-head")),
        ("receipt-ranges-touch", object("receipt-ranges-touch")),
        ("bare-four-fields", bare.unwrap_err().to_string()),
        ("blob-other-kind", blob.unwrap_err().to_string()),
    ] {
        assert_eq!(found, reasons[&format!("why-{name}")], "{name}");
    }
    let other: [u8; 32] = bytes("join-other-token").try_into().unwrap();
    assert_ne!(token(&other), world.keys().token());
}
