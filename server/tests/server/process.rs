//! The relay as a process: what it acknowledged is there after it was killed, and its copies are whole.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};

use veldpost_envelope::act::InviteForm;
use veldpost_envelope::wire::{Call, Code, Incarnation, Problem, PushAnswer, RosterHead};
use veldpost_server::database::{FILE, upkeep};
use veldpost_server::letterbox::now;

use super::starting::{ask, command, refusal, started};
use super::support::{built_app, signed_for};
use super::world::{DAY, Person, Stream, World, bytes};

/// A server that ends with the test, however it ends.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    fn new(app: &Path, data: &Path) -> Self {
        let mut command = command(app, data);
        command.args(["--listen", "127.0.0.1:0", "--founding", "open"]);
        let (child, address, _) = started(command);
        Self { child, address }
    }

    /// The power goes.
    fn killed(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn stopped(mut self) -> String {
        signal(&self.child, "-TERM");
        assert!(self.child.wait().unwrap().success());
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        log
    }

    fn call(&self, person: &Person, call: Call, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let host = self.address.to_string();
        let signed = signed_for(&host, person, call, body, now());
        post(self.address, call, &signed.pairs(), body)
    }

    fn push(&self, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        post(self.address, Call::Entries, &[], body)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(child: &Child, name: &str) {
    let mut kill = Command::new("kill");
    let sent = kill.arg(name).arg(child.id().to_string()).status();
    assert!(sent.unwrap().success());
}

/// One call on a connection of its own; none when the other end went.
fn post(
    address: SocketAddr,
    call: Call,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<(u16, Vec<u8>)> {
    let mut connection = TcpStream::connect(address).ok()?;
    let mut head = format!(
        "POST {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n",
        call.path(),
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    connection.write_all(head.as_bytes()).ok()?;
    connection.write_all(body).ok()?;
    let mut answer = BufReader::new(connection);
    let mut line = String::new();
    answer.read_line(&mut line).ok()?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let mut length = None;
    loop {
        line.clear();
        answer.read_line(&mut line).ok()?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().ok();
        }
    }
    let mut found = vec![0; length?];
    answer.read_exact(&mut found).ok()?;
    Some((status, found))
}

fn next_of(answer: &[u8]) -> u64 {
    PushAnswer::from_bytes(answer).unwrap().states[0].next
}

/// One device that hands over one commit after the other, and goes on from what it heard.
struct Writer {
    stream: Stream,
    acknowledged: AtomicU64,
}

impl Writer {
    /// Until the relay is gone.
    fn write(&mut self, server: &Running, all: &AtomicU64) {
        loop {
            let from = usize::try_from(*self.acknowledged.get_mut()).unwrap();
            if self.stream.entries.len() <= from {
                self.stream.commit(5, 400);
            }
            let Some((200, answer)) = server.push(&bytes(&self.stream.entries[from..])) else {
                return;
            };
            *self.acknowledged.get_mut() = next_of(&answer);
            all.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn what_was_acknowledged_is_there_after_the_relay_was_killed_under_its_writers() {
    let (app, data, world) = (built_app(), tempfile::tempdir().unwrap(), World::new(1));
    let mut writers: Vec<Writer> = [&world.founder, &world.second, &world.worker]
        .into_iter()
        .zip(5..)
        .map(|(person, seed)| Writer {
            stream: Stream::new(&world, person, seed),
            acknowledged: AtomicU64::new(0),
        })
        .collect();
    for round in 0..5 {
        let server = Running::new(app.path(), data.path());
        let acts = server.call(&world.founder, Call::Acts, &world.acts(None));
        assert_eq!(acts.unwrap().0, 200);
        for writer in &mut writers {
            let acknowledged = *writer.acknowledged.get_mut();
            if acknowledged > 0 {
                // What it holds already is compared and passed over.
                let again = bytes(&writer.stream.entries[..2]);
                let (status, answer) = server.push(&again).unwrap();
                assert_eq!(status, 200);
                assert!(next_of(&answer) >= acknowledged, "round {round}");
            }
        }
        let all = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for writer in &mut writers {
                let (server, all) = (&server, &all);
                scope.spawn(move || writer.write(server, all));
            }
            while all.load(Ordering::Relaxed) < 12 + round {
                std::thread::yield_now();
            }
            signal(&server.child, "-KILL");
        });
        server.killed();
        let health = upkeep::check(data.path()).unwrap();
        let acknowledged: u64 = writers
            .iter_mut()
            .map(|writer| *writer.acknowledged.get_mut())
            .sum();
        assert_eq!(health.holding.streams, 3);
        assert!(
            health.holding.entries >= acknowledged,
            "round {round}: {health:?}"
        );
    }
}

fn run(app: &Path, data: &Path, words: &[&str]) -> String {
    let mut command = command(app, data);
    let output = command.args(words).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

fn incarnation(server: &Running, world: &World) -> Incarnation {
    let (status, answer) = server
        .call(&world.founder, Call::Acts, &world.acts(None))
        .unwrap();
    assert_eq!(status, 200);
    RosterHead::from_bytes(&answer).unwrap().incarnation
}

#[test]
fn a_copy_that_was_made_meanwhile_is_put_back_as_another_life() {
    let (app, data, mut world) = (built_app(), tempfile::tempdir().unwrap(), World::new(1));
    let copy = data.path().join("copy.sqlite3");
    let copy = copy.to_str().unwrap();
    let server = Running::new(app.path(), data.path());
    let first_life = incarnation(&server, &world);
    let mut stream = Stream::new(&world, &world.worker, 5);
    assert_eq!(server.push(&bytes(&stream.entries)).unwrap().0, 200);
    let said = run(app.path(), data.path(), &["backup", copy]);
    assert!(said.contains("is a copy"), "{said}");
    stream.commit(3, 100);
    assert_eq!(next_of(&server.push(&bytes(&stream.entries)).unwrap().1), 5);

    let restore = ["restore", copy, "--verify"];
    let mut early = command(app.path(), data.path());
    early.args(restore);
    let told = refusal(early);
    assert!(
        told.contains("stop it first") && told.lines().count() == 1,
        "{told}"
    );
    server.stopped();
    let said = run(app.path(), data.path(), &restore);
    assert!(said.contains("before-"), "{said}");
    let said = run(app.path(), data.path(), &["doctor"]);
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
    run(app.path(), data.path(), &["whole"]);
    incarnation(&server, &world);
}

#[test]
fn a_copy_that_does_not_verify_is_not_put_back() {
    let (app, data, world) = (built_app(), tempfile::tempdir().unwrap(), World::new(1));
    let copy = data.path().join("copy.sqlite3");
    let server = Running::new(app.path(), data.path());
    incarnation(&server, &world);
    let mut stream = Stream::new(&world, &world.worker, 5);
    stream.commit(3, 100);
    assert_eq!(server.push(&bytes(&stream.entries)).unwrap().0, 200);
    run(app.path(), data.path(), &["backup", copy.to_str().unwrap()]);
    server.stopped();
    let held = std::fs::read(data.path().join(FILE)).unwrap();
    let changed = rusqlite::Connection::open(&copy).unwrap();
    changed
        .execute("UPDATE entry SET bytes = zeroblob(200) WHERE seq = 3", [])
        .unwrap();
    drop(changed);
    let mut restore = command(app.path(), data.path());
    restore.args(["restore", copy.to_str().unwrap(), "--verify"]);
    let told = refusal(restore);
    assert!(told.contains("damaged (stream 1 of region 1)"), "{told}");
    std::fs::write(&copy, &held[..held.len() / 2]).unwrap();
    let mut restore = command(app.path(), data.path());
    restore.args(["restore", copy.to_str().unwrap()]);
    refusal(restore);
    assert_eq!(std::fs::read(data.path().join(FILE)).unwrap(), held);
    let said = run(app.path(), data.path(), &["doctor"]);
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
