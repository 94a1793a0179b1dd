//! SIGKILL at moments that nobody chose, under fifty devices that push and two coordinators: what was answered 200 is
//! there, and all that is there verifies. `VELDPOST_RELAY_KILLS` says how often.
//!
//! Deliberately not here: a machine that loses its power. The system's own memory outlives a process, so that a flush
//! that was left out would not show here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::OpenFlags;
use veldpost_domain::StreamId;
use veldpost_envelope::RandomBytes as _;
use veldpost_envelope::act::{Act, Release};
use veldpost_envelope::wire::{Call, Code, Problem, RosterHead};
use veldpost_server::database::{FILE, upkeep};

use super::process::run;
use super::running::{Running, answered, next_of, pull_all, signal};
use super::support::built_app;
use super::world::{Person, Seeded, Stream, World, bytes};

/// Two regions of so many who count: more do not fit into a genesis.
const CREW: u64 = 25;

/// How often the server is killed.
fn rounds() -> u64 {
    let said = std::env::var("VELDPOST_RELAY_KILLS");
    said.map_or(5, |said| said.parse().unwrap())
}

/// A device that hands over one commit after the other, and goes on from what it heard.
struct Writer {
    stream: Stream,
    /// How far it was told that the relay holds its stream: written when the answer is in its hand.
    acknowledged: u64,
    rng: Seeded,
}

impl Writer {
    fn new(world: &World, person: &Person, seed: u64) -> Self {
        Self {
            stream: Stream::new(world, person, seed),
            acknowledged: 0,
            rng: Seeded(!seed),
        }
    }

    /// Until the relay is gone.
    fn write(&mut self, server: &Running, answers: &AtomicU64) {
        loop {
            let from = usize::try_from(self.acknowledged).unwrap();
            if self.stream.entries.len() <= from {
                let number = 1 + usize::try_from(random(&mut self.rng, 5)).unwrap();
                self.stream.commit(number, 400);
            }
            // Now and then it begins below what is held, as a device does that missed an answer.
            let again = usize::try_from(random(&mut self.rng, 3)).unwrap();
            let offered = &self.stream.entries[from.saturating_sub(again)..];
            let Some(answer) = answered(server.push(&bytes(offered))) else {
                return;
            };
            self.acknowledged = next_of(&answer);
            answers.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Who adds to a region's roster meanwhile.
struct Coordinator {
    world: World,
    /// How many acts it was told that the relay has.
    acknowledged: u64,
}

impl Coordinator {
    fn write(&mut self, server: &Running, answers: &AtomicU64) {
        loop {
            let act = Act::Release(Release {
                version: format!("1.{}", self.world.acts.len()),
                manifest: [1; 32],
            });
            let act = self.world.raw_act(&self.world.founder, &act);
            self.world.note(act);
            // What it was not told of comes again.
            let known = usize::try_from(self.acknowledged).unwrap();
            let acts = self.world.acts_of(&self.world.acts[known.max(1)..], None);
            match server.call(&self.world.founder, Call::Acts, &acts) {
                None => return,
                Some((200, answer)) => {
                    let head = RosterHead::from_bytes(&answer).unwrap();
                    self.acknowledged = head.height + 1;
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                // A device has 200 calls in a row.
                Some((status, problem)) => {
                    let problem = core::str::from_utf8(&problem).unwrap();
                    let problem = Problem::from_json(problem).unwrap();
                    assert_eq!((status, problem.code), (429, Code::SlowDown));
                    return;
                }
            }
        }
    }
}

fn random(rng: &mut Seeded, below: u64) -> u64 {
    let mut bytes = [0; 8];
    rng.fill(&mut bytes);
    u64::from_le_bytes(bytes) % below
}

/// What the file says without anything of the server: each stream's next number, each roster's length.
fn held(data: &Path) -> (BTreeMap<StreamId, u64>, BTreeMap<[u8; 32], u64>) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let database = rusqlite::Connection::open_with_flags(data.join(FILE), flags).unwrap();
    let sound: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    let mut streams = database
        .prepare("SELECT stream, max(seq) + 1, count(*) FROM entry GROUP BY region, stream")
        .unwrap();
    let streams = streams.query_map([], |row| {
        let (next, number): (i64, i64) = (row.get(1)?, row.get(2)?);
        assert_eq!(next, number, "a hole in a stream");
        Ok((StreamId(row.get(0)?), next.cast_unsigned()))
    });
    let streams = streams.unwrap().map(Result::unwrap).collect();
    let mut acts = database
        .prepare("SELECT region.region, count(*) FROM act JOIN region ON act.region = region.number GROUP BY 1")
        .unwrap();
    let acts = acts.query_map([], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    });
    (streams, acts.unwrap().map(Result::unwrap).collect())
}

#[test]
fn what_was_answered_200_is_there_after_each_kill_under_fifty_writers() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let mut coordinators: Vec<Coordinator> = [1, 2]
        .map(|seed| World::with_crew(seed, CREW))
        .map(|world| Coordinator {
            world,
            acknowledged: 0,
        })
        .into();
    let mut writers = Vec::new();
    for coordinator in &coordinators {
        let world = &coordinator.world;
        for (person, seed) in world.crew.iter().zip(100..) {
            writers.push(Writer::new(world, person, seed));
        }
    }
    assert_eq!(writers.len(), 50);
    let server = Running::new(app.path(), data.path());
    for coordinator in &mut coordinators {
        let world = &coordinator.world;
        answered(server.call(&world.founder, Call::Acts, &world.acts(None))).unwrap();
        coordinator.acknowledged = 1;
    }
    server.stopped();
    let mut moments = Seeded(7);
    let (mut told, mut ahead) = (0, 0);
    for round in 0..rounds() {
        let answers = round_of(&app, &data, &mut coordinators, &mut writers, &mut moments);
        let (streams, acts) = held(data.path());
        for writer in &writers {
            let next = streams.get(&writer.stream.id()).copied().unwrap_or(0);
            let told = writer.acknowledged;
            assert!(next >= told, "round {round}: {next} entries of {told}");
            ahead += u64::from(next > told);
        }
        for coordinator in &coordinators {
            let (region, told) = (coordinator.world.region.0, coordinator.acknowledged);
            assert!(
                acts[&region] >= told,
                "round {round}: {} acts of {told}",
                acts[&region]
            );
        }
        // Every chain and signature: what is there is what these devices made, since they made no other.
        let health = upkeep::check(data.path()).unwrap();
        assert_eq!(health.holding.regions, 2);
        assert_eq!(health.holding.entries, streams.values().sum::<u64>());
        told += answers;
    }
    println!(
        "{} kills, {told} calls answered, {ahead} commits of which no answer came",
        rounds()
    );
    let said = run(data.path(), &["doctor"]);
    assert!(said.contains("all chains verify"), "{said}");
    let server = Running::new(app.path(), data.path());
    for coordinator in &coordinators {
        let pulled = pull_all(&server, &coordinator.world);
        let own =
            |writer: &&Writer| writer.stream.writer.context().region == coordinator.world.region;
        for writer in writers.iter().filter(own) {
            let told = usize::try_from(writer.acknowledged).unwrap();
            let expected = bytes(&writer.stream.entries[..told]);
            let got = pulled
                .get(&writer.stream.id())
                .map_or(&[][..], Vec::as_slice);
            assert!(got.starts_with(&expected), "another entry than was pushed");
        }
    }
}

/// Starts the server, lets everybody write, kills it at a random moment. How many calls were answered.
fn round_of(
    app: &tempfile::TempDir,
    data: &tempfile::TempDir,
    coordinators: &mut [Coordinator],
    writers: &mut [Writer],
    moments: &mut Seeded,
) -> u64 {
    let server = Running::new(app.path(), data.path());
    let answers = AtomicU64::new(0);
    let enough = 20 + random(moments, 300);
    std::thread::scope(|scope| {
        let (server, answers) = (&server, &answers);
        let writing: Vec<_> = writers
            .iter_mut()
            .map(|writer| scope.spawn(move || writer.write(server, answers)))
            .collect();
        for coordinator in coordinators {
            scope.spawn(move || coordinator.write(server, answers));
        }
        while answers.load(Ordering::Relaxed) < enough {
            assert!(
                !writing.iter().any(|thread| thread.is_finished()),
                "refused"
            );
            std::thread::yield_now();
        }
        // Not just behind an answer, where a commit has ended.
        std::thread::sleep(Duration::from_micros(random(moments, 3_000)));
        signal(&server.child, "-KILL");
    });
    server.killed();
    answers.into_inner()
}
