//! A disk that is full: refused without harm, nothing half-written, and it goes on when there is room.
//!
//! Deliberately not here: a region that used up what its operator gives it (`veldpost_relay`).

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use veldpost_envelope::wire::{Call, Code, Problem};
use veldpost_relay::Founding;
use veldpost_server::database::{FILE, Options};

use super::relay::read_pages;
use super::running::{Running, next_of, pull_all};
use super::starting::{refusal, started};
use super::support::{TestApp, built_app, letterbox};
use super::upkeep::{Place, text};
use super::world::{Stream, World, bytes};

/// A file system of 3 MiB of which 1 MiB is taken, in a namespace of its own: it goes with the process that holds it.
pub struct SmallDisk {
    holder: Child,
    at: PathBuf,
    /// How to enter the namespace.
    enter: &'static [&'static str],
}

impl SmallDisk {
    /// None where this machine lets nobody mount anything.
    pub fn new(at: &Path) -> Option<Self> {
        let script = "mount -t tmpfs -o size=3m tmpfs \"$0\" && head -c 1048576 /dev/zero > \"$0/taken\" && echo ready && exec cat";
        let own_user = &["--user", "--map-root-user", "--mount"][..];
        let as_root = &["--mount"][..];
        let ways = [
            (
                own_user,
                &["--user", "--preserve-credentials", "--mount"][..],
            ),
            (as_root, as_root),
        ];
        for (rights, enter) in ways {
            let mut holder = Command::new("unshare");
            holder.args(rights).args(["sh", "-c", script]).arg(at);
            holder
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            let Ok(mut holder) = holder.spawn() else {
                continue;
            };
            let mut line = String::new();
            let mut said = BufReader::new(holder.stdout.take().unwrap());
            said.read_line(&mut line).unwrap();
            let disk = Self {
                holder,
                at: at.to_path_buf(),
                enter,
            };
            if line == "ready\n" {
                return Some(disk);
            }
        }
        None
    }

    /// A program that sees this disk.
    pub fn inside(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.holder.id().to_string());
        command.args(self.enter).arg(program);
        command
    }

    fn server(&self, app: &Path) -> Command {
        let mut command = self.inside(env!("CARGO_BIN_EXE_veldpost-server"));
        command.arg("--app").arg(app).arg("--data").arg(&self.at);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, app: &Path) -> Running {
        let mut command = self.server(app);
        command.args(["--listen", "127.0.0.1:0", "--founding", "open"]);
        let (child, address, _) = started(command);
        Running { child, address }
    }

    fn make_room(&self) {
        let mut remove = self.inside("rm");
        assert!(
            remove
                .arg(self.at.join("taken"))
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn is_full(answer: Option<(u16, Vec<u8>)>) -> bool {
    let (status, body) = answer.unwrap();
    if status == 200 {
        return false;
    }
    let problem = Problem::from_json(core::str::from_utf8(&body).unwrap()).unwrap();
    assert_eq!((status, problem.code), (507, Code::Full));
    true
}

fn held_of(server: &Running, world: &World, stream: &Stream) -> Vec<u8> {
    pull_all(server, world).remove(&stream.id()).unwrap()
}

#[test]
fn a_disk_without_room_keeps_what_it_has_and_goes_on_when_there_is_some() {
    let (app, at) = (built_app(), tempfile::tempdir().unwrap());
    let Some(disk) = SmallDisk::new(at.path()) else {
        eprintln!("nothing may be mounted here: only the other test of a full disk says anything");
        return;
    };
    let world = World::new(1);
    let server = disk.run(app.path());
    assert_eq!(
        server
            .call(&world.founder, Call::Acts, &world.acts(None))
            .unwrap()
            .0,
        200
    );
    let mut stream = Stream::new(&world, &world.worker, 5);
    assert!(!is_full(server.push(&bytes(&stream.entries))));
    let (mut held, mut refused) = (stream.entries.len(), Vec::new());
    for commit in 0.. {
        assert!(commit < 100, "3 MiB are never full");
        refused = bytes(&stream.commit(7, 20_000));
        if is_full(server.push(&refused)) {
            break;
        }
        held = stream.entries.len();
    }
    assert!(held > 9, "it was full from the beginning");
    let expected = bytes(&stream.entries[..held]);
    assert!(held_of(&server, &world, &stream) == expected);
    assert!(is_full(server.push(&refused)));
    // Who watches it is told, and it goes on serving.
    assert_eq!(
        (server.status("/readyz"), server.status("/healthz")),
        (503, 200)
    );
    // Nothing of it is there after the process was killed and began anew, on the same full disk.
    server.killed();
    let server = disk.run(app.path());
    assert!(held_of(&server, &world, &stream) == expected);
    assert!(is_full(server.push(&refused)));
    disk.make_room();
    let (status, answer) = server.push(&refused).unwrap();
    assert_eq!(
        (status, next_of(&answer)),
        (200, stream.entries.len() as u64)
    );
    assert!(held_of(&server, &world, &stream) == bytes(&stream.entries));
    server.stopped();
    let mut doctor = disk.inside(env!("CARGO_BIN_EXE_veldpost-server"));
    doctor.args(["doctor", "--data"]).arg(at.path());
    let said = String::from_utf8(doctor.output().unwrap().stdout).unwrap();
    let entries = format!("{} entries: all chains verify", stream.entries.len());
    assert!(said.contains(&entries), "{said}");
}

#[test]
fn a_copy_that_finds_no_room_says_so_and_leaves_nothing_there() {
    let (place, at) = (Place::at_rest(), tempfile::tempdir().unwrap());
    let Some(disk) = SmallDisk::new(at.path()) else {
        eprintln!("nothing may be mounted here: a copy onto a full disk is not tried");
        return;
    };
    let database = rusqlite::Connection::open(place.data.path().join(FILE)).unwrap();
    let large = "INSERT INTO blob SELECT number, zeroblob(32), zeroblob(3000000) FROM region";
    database.execute(large, []).unwrap();
    drop(database);
    place.run(&["backup", text(&place.copy())]);
    let (copy, there) = (place.copy(), at.path().join("copy"));
    let refused = |words: [&str; 4]| {
        let mut command = disk.inside(env!("CARGO_BIN_EXE_veldpost-server"));
        command.args(words);
        let told = refusal(command);
        assert!(told.contains("the copy could not be written to"), "{told}");
        assert!(told.contains("is as it was"), "{told}");
        told
    };
    let left = || {
        let mut list = disk.inside("ls");
        let listed = list.arg("-A").arg(at.path()).output().unwrap();
        String::from_utf8(listed.stdout).unwrap()
    };
    let backup = ["backup", text(&there), "--data", text(place.data.path())];
    assert!(refused(backup).contains("no room"));
    assert_eq!(left(), "taken\n");
    let restore = ["restore", text(&copy), "--unverified", "--data"];
    let mut command = disk.inside(env!("CARGO_BIN_EXE_veldpost-server"));
    command.args(restore).arg(at.path());
    let told = refusal(command);
    assert!(told.contains("no room"), "{told}");
    assert_eq!(left(), "relay.lock\ntaken\n");
    let mut mount = disk.inside("mount");
    mount.args(["-o", "remount,ro"]).arg(at.path());
    assert!(mount.status().unwrap().success());
    assert!(refused(backup).contains("Read-only file system"));
}

#[tokio::test]
async fn a_full_disk_is_no_refusal_and_nothing_is_half_written() {
    let (data, world) = (tempfile::tempdir().unwrap(), World::new(1));
    let options = Options {
        most_pages: Some(160),
    };
    let relay = letterbox(data.path(), Founding::Open, options);
    let server = TestApp::with(|site| site.letterbox = relay);
    assert_eq!(
        server
            .call(&world.founder, Call::Acts, world.acts(None))
            .await
            .code(),
        None
    );
    let mut stream = Stream::new(&world, &world.worker, 5);
    assert_eq!(
        server
            .post(Call::Entries, bytes(&stream.entries))
            .await
            .code(),
        None
    );
    let large = bytes(&stream.commit(30, 30_000));
    let full = server.post(Call::Entries, large.clone()).await;
    assert_eq!((full.status.as_u16(), full.code()), (507, Some(Code::Full)));
    let mut small = Stream::new(&world, &world.worker, 6);
    let answer = server.post(Call::Entries, bytes(&small.entries)).await;
    assert_eq!(answer.code(), None);
    let pulled = server
        .call(&world.founder, Call::Pull, world.pull(0, 32))
        .await;
    let (items, ..) = read_pages(&pulled.body);
    assert_eq!(items.len(), 2);
    assert_eq!(items[0].1, bytes(&stream.entries[..2]));
    // What was refused comes again, and is refused again, until there is room.
    assert_eq!(
        server.post(Call::Entries, large).await.code(),
        Some(Code::Full)
    );
    small.commit(1, 40);
    assert_eq!(
        server
            .post(Call::Entries, bytes(&small.entries))
            .await
            .code(),
        None
    );
}
