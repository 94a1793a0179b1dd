//! A server as a process, and calls to it over a connection.
//!
//! Deliberately not here: an HTTP client for anything else; every answer that is read here has a length.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command};

use veldpost_domain::StreamId;
use veldpost_envelope::wire::{Call, ItemKind, Page, PageSplitter, PushAnswer, PushSplitter};
use veldpost_server::letterbox::now;

use super::starting::{command, started};
use super::support::signed_for;
use super::world::{Person, World};

/// A server that ends with the test, however it ends.
pub struct Running {
    pub child: Child,
    pub address: SocketAddr,
}

impl Running {
    pub fn new(app: &Path, data: &Path) -> Self {
        let mut command = command(app, data);
        command.args(["--listen", "127.0.0.1:0", "--founding", "open"]);
        let (child, address, _) = started(command);
        Self { child, address }
    }

    /// The power goes.
    pub fn killed(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn stopped(mut self) -> String {
        signal(&self.child, "-TERM");
        assert!(self.child.wait().unwrap().success());
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        log
    }

    pub fn call(&self, person: &Person, call: Call, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let host = self.address.to_string();
        let signed = signed_for(&host, person, call, body, now());
        post(self.address, call, &signed.pairs(), body)
    }

    /// The status of a page that anybody may read.
    pub fn status(&self, path: &str) -> u16 {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let ask = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(ask.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let status = answer.get(9..12).unwrap();
        core::str::from_utf8(status).unwrap().parse().unwrap()
    }

    pub fn push(&self, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        post(self.address, Call::Entries, &[], body)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(child: &Child, name: &str) {
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

/// How far the one stream of a push is held.
pub fn next_of(answer: &[u8]) -> u64 {
    PushAnswer::from_bytes(answer).unwrap().states[0].next
}

/// Whether an answer came whole; none when the relay is gone.
pub fn answered(answer: Option<(u16, Vec<u8>)>) -> Option<Vec<u8>> {
    let (status, body) = answer?;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    Some(body)
}

/// The runs of a region by stream, page by page.
pub fn pull_all(server: &Running, world: &World) -> BTreeMap<StreamId, Vec<u8>> {
    let mut runs: BTreeMap<StreamId, Vec<u8>> = BTreeMap::new();
    let mut after = 0;
    loop {
        let pull = world.pull(after, 1);
        let body = answered(server.call(&world.founder, Call::Pull, &pull)).unwrap();
        let mut splitter = PageSplitter::default();
        let page = splitter.feed(&mut &body[..]).unwrap().unwrap();
        let page = Page::from_bytes(page).unwrap();
        for item in page.items.iter().filter(|item| item.kind == ItemKind::Run) {
            let (mut entries, mut rest) = (PushSplitter::default(), item.value);
            let first = entries.feed(&mut rest).unwrap().unwrap();
            let stream = first.place.unwrap().stream;
            runs.entry(stream).or_default().extend(item.value);
        }
        if page.upto == page.newest {
            return runs;
        }
        after = page.upto;
    }
}
