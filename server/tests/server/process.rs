//! The relay as a process: its copies, its lock, its numbers.
//!
//! Deliberately not here: what it acknowledged and then was killed for (`kills`).

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use veldpost_envelope::act::InviteForm;
use veldpost_envelope::wire::{Call, Code, Incarnation, Problem, RosterHead};
use veldpost_server::database::FILE;
use veldpost_server::letterbox::now;

use super::running::{Running, next_of, signal};
use super::starting::{ask, command, refusal, started, upkeep};
use super::support::built_app;
use super::world::{DAY, Stream, World, bytes};

pub fn run(data: &Path, words: &[&str]) -> String {
    let output = upkeep(data, words).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

pub fn incarnation(server: &Running, world: &World) -> Incarnation {
    let (status, answer) = server
        .call(&world.founder, Call::Acts, &world.acts(None))
        .unwrap();
    assert_eq!(status, 200);
    RosterHead::from_bytes(&answer).unwrap().incarnation
}

#[test]
fn a_copy_that_was_made_meanwhile_is_put_back_as_another_life() {
    let (app, data, mut world) = (built_app(), tempfile::tempdir().unwrap(), World::new(1));
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.sqlite3");
    let copy = copy.to_str().unwrap();
    let server = Running::new(app.path(), data.path());
    let first_life = incarnation(&server, &world);
    let mut stream = Stream::new(&world, &world.worker, 5);
    assert_eq!(server.push(&bytes(&stream.entries)).unwrap().0, 200);
    let said = run(data.path(), &["backup", copy]);
    assert!(said.contains("is a copy"), "{said}");
    stream.commit(3, 100);
    assert_eq!(next_of(&server.push(&bytes(&stream.entries)).unwrap().1), 5);

    let restore = ["restore", copy, "--verify"];
    let told = refusal(upkeep(data.path(), &restore));
    assert!(
        told.contains("stop it first") && told.lines().count() == 1,
        "{told}"
    );
    server.stopped();
    let said = run(data.path(), &restore);
    assert!(said.contains("before-"), "{said}");
    let said = run(data.path(), &["doctor"]);
    assert!(
        said.contains("1 streams, 2 entries") && said.contains("restored from a copy"),
        "{said}"
    );

    let server = Running::new(app.path(), data.path());
    assert_ne!(incarnation(&server, &world), first_life);
    let (_, act) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
    // Its `at` lies before the restore; another one's does not.
    world.note(act);
    incarnation(&server, &world);
    let removal = world.make_removal(world.second.key());
    world.note(removal);
    let (status, problem) = server
        .call(&world.founder, Call::Acts, &world.acts(None))
        .unwrap();
    let problem = Problem::from_json(core::str::from_utf8(&problem).unwrap()).unwrap();
    assert_eq!((status, problem.code), (503, Code::Busy));
    assert_eq!(next_of(&server.push(&bytes(&stream.entries)).unwrap().1), 5);
    run(data.path(), &["whole"]);
    incarnation(&server, &world);
}

/// Whoever called first founded the region anew, and an act in the place of one that had not come back yet made two rosters.
#[test]
fn a_relay_in_the_place_of_one_that_was_lost_takes_acts_of_before_first() {
    let (app, data, mut world) = (built_app(), tempfile::tempdir().unwrap(), World::new(1));
    let empty = data.path().join("another");
    std::fs::create_dir(&empty).unwrap();
    let (_, act) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
    let said = run(&empty, &["lost"]);
    assert!(said.contains("24 hours"), "{said}");
    let said = run(&empty, &["doctor"]);
    assert!(said.contains("in the place of one that was lost"), "{said}");

    let server = Running::new(app.path(), &empty);
    let life = incarnation(&server, &world);
    let refused = |world: &World, log: &[Vec<u8>]| {
        let (status, problem) = server
            .call(&world.founder, Call::Acts, &world.acts_of(log, None))
            .unwrap();
        let problem = Problem::from_json(core::str::from_utf8(&problem).unwrap()).unwrap();
        (status, problem.code)
    };
    let removal = world.make_removal(world.second.key());
    let instead = [world.acts.clone(), vec![removal]].concat();
    assert_eq!(refused(&world, &instead), (503, Code::Busy));
    // What one coordinator alone held by then finds its place.
    world.note(act);
    assert_eq!(incarnation(&server, &world), life);
    let removal = world.make_removal(world.second.key());
    world.note(removal);
    assert_eq!(refused(&world, &world.acts), (503, Code::Busy));
    run(&empty, &["whole"]);
    incarnation(&server, &world);
}

#[test]
fn a_copy_that_does_not_verify_is_not_put_back() {
    let (app, data, world) = (built_app(), tempfile::tempdir().unwrap(), World::new(1));
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.sqlite3");
    let server = Running::new(app.path(), data.path());
    incarnation(&server, &world);
    let mut stream = Stream::new(&world, &world.worker, 5);
    stream.commit(3, 100);
    assert_eq!(server.push(&bytes(&stream.entries)).unwrap().0, 200);
    run(data.path(), &["backup", copy.to_str().unwrap()]);
    server.stopped();
    let held = std::fs::read(data.path().join(FILE)).unwrap();
    let changed = rusqlite::Connection::open(&copy).unwrap();
    changed
        .execute("UPDATE entry SET bytes = zeroblob(200) WHERE seq = 3", [])
        .unwrap();
    drop(changed);
    let told = refusal(upkeep(data.path(), &["restore", copy.to_str().unwrap()]));
    assert!(told.contains("damaged: stream 1 of region 1"), "{told}");
    std::fs::write(&copy, &held[..held.len() / 2]).unwrap();
    refusal(upkeep(
        data.path(),
        &["restore", copy.to_str().unwrap(), "--unverified"],
    ));
    assert_eq!(std::fs::read(data.path().join(FILE)).unwrap(), held);
    let said = run(data.path(), &["doctor"]);
    assert!(said.contains("5 entries: all chains verify"), "{said}");
}

#[test]
fn one_folder_has_one_server() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let server = Running::new(app.path(), data.path());
    let mut second = command(app.path(), data.path());
    second.args(["--listen", "127.0.0.1:0"]);
    let told = refusal(second);
    assert!(told.contains("stop it first"), "{told}");
    server.killed();
    Running::new(app.path(), data.path()).stopped();
}

/// Nothing stood in the log while every phone of a region was refused.
#[test]
fn that_there_is_no_room_is_said_once() {
    let (app, data, world) = (built_app(), tempfile::tempdir().unwrap(), World::new(1));
    let mut command = command(app.path(), data.path());
    command.args(["--listen", "127.0.0.1:0", "--founding", "open"]);
    command.args(["--region-mib", "1"]);
    let (child, address, _) = started(command);
    let server = Running { child, address };
    incarnation(&server, &world);
    let mut stream = Stream::new(&world, &world.worker, 5);
    assert_eq!(server.push(&bytes(&stream.entries)).unwrap().0, 200);
    let mut status = 200;
    let mut last = Vec::new();
    for _ in 0..20 {
        last = bytes(&stream.commit(4, 20_000));
        status = server.push(&last).unwrap().0;
        if status != 200 {
            break;
        }
    }
    assert_eq!(status, 507);
    assert_eq!(server.push(&last).unwrap().0, 507);
    let log = server.stopped();
    assert_eq!(log.matches("finds no room (507)").count(), 1, "{log}");
}

/// A new connection waited without a word in the log.
#[test]
fn that_no_connection_can_be_taken_is_said_once() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let command = command(app.path(), data.path());
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""]);
    few.arg(command.get_program()).args(command.get_args());
    few.args(["--listen", "127.0.0.1:0"]);
    few.stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, address, _) = started(few);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let server = Running { child, address };
    let open: Vec<TcpStream> = (0..80)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let mut line = String::new();
    while !line.contains("could not be taken") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0);
    }
    assert!(line.contains("LimitNOFILE"), "{line}");
    drop(open);
    assert_eq!(server.status("/healthz"), 200);
    signal(&server.child, "-TERM");
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(!rest.contains("could not be taken"), "{rest}");
}

#[test]
fn the_numbers_have_an_address_of_their_own_and_name_nobody() {
    let (app, data, world) = (built_app(), tempfile::tempdir().unwrap(), World::new(1));
    let mut command = command(app.path(), data.path());
    command.args(["--listen", "127.0.0.1:0", "--founding", "open"]);
    command.args(["--metrics", "127.0.0.1:0", "--verbose"]);
    command.env("NO_COLOR", "1");
    let (mut child, address, _) = started(command);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("numbers are shown") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0);
    }
    let port: u16 = line.trim().rsplit("port=").next().unwrap().parse().unwrap();
    let server = Running { child, address };
    incarnation(&server, &world);
    assert_eq!(server.push(&[0xff]).unwrap().0, 422);
    let metrics = SocketAddr::from(([127, 0, 0, 1], port));
    let request = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let text = ask(metrics, request);
    assert!(
        text.contains("content-type: text/plain; version=0.0.4"),
        "{text}"
    );
    for line in [
        "veldpost_calls_total{call=\"acts\",code=\"ok\"} 1",
        "veldpost_calls_total{call=\"entries\",code=\"malformed\"} 1",
        "veldpost_event_streams 0",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains(&world.region.to_string()));
    let [file, log] = ["", "-wal"].map(|ending| {
        let path = data.path().join(format!("{FILE}{ending}"));
        std::fs::metadata(path).unwrap().len()
    });
    let with_log = file + log;
    assert!(log > 0 && text.contains(&format!("veldpost_database_bytes {with_log}\n")));
    let said = run(data.path(), &["doctor"]);
    assert!(
        said.contains(&format!("database {with_log} bytes")),
        "{said}"
    );
    let elsewhere = ask(address, request);
    assert!(!elsewhere.contains("veldpost_calls_total"), "{elsewhere}");
    signal(&server.child, "-TERM");
    let mut log = String::new();
    stderr.read_to_string(&mut log).unwrap();
    assert!(
        log.contains("/v1/entries") && !log.contains("127.0.0.1"),
        "{log}"
    );
    assert!(!log.contains(&world.region.to_string()), "{log}");
}

#[test]
fn a_server_whose_log_nobody_reads_any_more_ends_when_it_is_asked() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let mut server = Running::new(app.path(), data.path());
    drop(server.child.stderr.take());
    signal(&server.child, "-TERM");
    let asked = Instant::now();
    let ended = loop {
        match server.child.try_wait().unwrap() {
            None if asked.elapsed() < Duration::from_secs(20) => sleep(Duration::from_millis(20)),
            ended => break ended,
        }
    };
    assert!(ended.is_some_and(|ended| ended.success()), "{ended:?}");
}
