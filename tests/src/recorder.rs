//! Stands between devices and the server and keeps every byte that passes, both ways.
//!
//! Deliberately not here: understanding what passes. It is searched as it went by.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;

use crate::profile::holds;

/// A port that leads to the server, with an ear at it.
#[derive(Debug)]
pub struct Recorder {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// One direction of one connection.
#[derive(Debug)]
struct Passed {
    to_server: bool,
    bytes: Vec<u8>,
}

#[derive(Debug, Default)]
struct Shared {
    target: Mutex<Option<SocketAddr>>,
    passed: Mutex<Vec<Passed>>,
}

impl Recorder {
    /// Listens on a free port; nothing is passed on before [`Recorder::lead_to`].
    ///
    /// # Errors
    /// When no port is free.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        // Ends with the process of the tests: a listener cannot be told to stop.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = own.clone();
                thread::spawn(move || shared.pass(stream));
            }
        });
        Ok(Self { address, shared })
    }

    /// Passes on to this address from now on.
    pub fn lead_to(&self, target: SocketAddr) {
        let known = self.shared.target.lock();
        *known.unwrap_or_else(PoisonError::into_inner) = Some(target);
    }

    /// What devices call it: scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// How many bytes passed.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let passed = self.shared.passed.lock();
        let passed = passed.unwrap_or_else(PoisonError::into_inner);
        passed.iter().map(|one| one.bytes.len()).sum()
    }

    /// How many bytes went to the server: counted before they go on, so never fewer than it has.
    #[must_use]
    pub fn sent_to_server(&self) -> usize {
        let passed = self.shared.passed.lock();
        let passed = passed.unwrap_or_else(PoisonError::into_inner);
        let one_way = passed.iter().filter(|one| one.to_server);
        one_way.map(|one| one.bytes.len()).sum()
    }

    /// What passed, connection by connection: to the server, or from it.
    #[must_use]
    pub fn passed(&self, to_server: bool) -> Vec<Vec<u8>> {
        let passed = self.shared.passed.lock();
        let passed = passed.unwrap_or_else(PoisonError::into_inner);
        let one_way = passed.iter().filter(|one| one.to_server == to_server);
        one_way.map(|one| one.bytes.clone()).collect()
    }

    /// Whether these bytes passed in one direction of one connection, however they were cut.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let passed = self.shared.passed.lock();
        let passed = passed.unwrap_or_else(PoisonError::into_inner);
        passed.iter().any(|one| holds(&one.bytes, bytes))
    }
}

impl Shared {
    fn pass(self: &Arc<Self>, client: TcpStream) {
        let target = self.target.lock().ok().and_then(|target| *target);
        let Some(server) = target.and_then(|target| TcpStream::connect(target).ok()) else {
            return;
        };
        let (Ok(to_client), Ok(to_server)) = (client.try_clone(), server.try_clone()) else {
            return;
        };
        let own = self.clone();
        thread::spawn(move || own.copy(server, to_client, false));
        self.copy(client, to_server, true);
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream, to_server: bool) {
        let place = {
            let passed = self.passed.lock();
            let mut passed = passed.unwrap_or_else(PoisonError::into_inner);
            passed.push(Passed {
                to_server,
                bytes: Vec::new(),
            });
            passed.len() - 1
        };
        let mut piece = [0; 16 * 1024];
        while let Ok(length) = from.read(&mut piece) {
            let piece = piece.get(..length).unwrap_or_default();
            // Kept before it goes on: whoever got an answer finds it here.
            self.keep(place, piece);
            if piece.is_empty() || to.write_all(piece).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }

    fn keep(&self, place: usize, piece: &[u8]) {
        let passed = self.passed.lock();
        let mut passed = passed.unwrap_or_else(PoisonError::into_inner);
        if let Some(stream) = passed.get_mut(place) {
            stream.bytes.extend_from_slice(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_kept_both_ways() {
        let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let recorder = Recorder::start().unwrap();
        recorder.lead_to(server.local_addr().unwrap());
        let mut client = TcpStream::connect(recorder.address).unwrap();
        client.write_all(b"kan").unwrap();
        let (mut peer, _) = server.accept().unwrap();
        client.write_all(b"arie").unwrap();
        let mut heard = [0; 7];
        peer.read_exact(&mut heard).unwrap();
        peer.write_all(b"antwoord").unwrap();
        let mut answer = [0; 8];
        client.read_exact(&mut answer).unwrap();
        drop((client, peer));
        assert!(recorder.holds(b"kanarie"));
        assert!(recorder.holds(b"antwoord"));
        assert!(!recorder.holds(b"kanariex"));
        assert_eq!(recorder.passed(true), [b"kanarie"]);
        assert_eq!(recorder.passed(false), [b"antwoord"]);
        assert_eq!(recorder.bytes(), 15);
        assert_eq!(recorder.sent_to_server(), 7);
    }
}
