//! The operator's own certificate while the server runs: read again on SIGHUP, and its end told in time.
//!
//! Deliberately not here: the certificate for phones on the same network (`starting`).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ChildStderr;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use time::{Duration, OffsetDateTime};

use super::running::{Running, signal};
use super::starting::{command, started};
use super::support::built_app;

/// A certificate for this machine that vouches for itself.
pub struct Made {
    der: CertificateDer<'static>,
    pub chain: String,
    pub key: String,
}

impl Made {
    pub fn new(days: i64) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut wanted = CertificateParams::new([String::from("localhost")]).unwrap();
        wanted.not_before = OffsetDateTime::now_utc() - Duration::days(100);
        wanted.not_after = OffsetDateTime::now_utc() + Duration::days(days) + Duration::HOUR;
        let made = wanted.self_signed(&key).unwrap();
        Self {
            der: made.der().clone(),
            chain: made.pem(),
            key: key.serialize_pem(),
        }
    }

    fn put(&self, folder: &Path) -> [PathBuf; 2] {
        let [chain, key] = ["chain.pem", "key.pem"].map(|name| folder.join(name));
        std::fs::write(&chain, &self.chain).unwrap();
        std::fs::write(&key, &self.key).unwrap();
        [chain, key]
    }

    /// A connection to whoever shows this certificate; the handshake comes with the first byte.
    pub fn connect(&self, address: SocketAddr) -> StreamOwned<ClientConnection, TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        StreamOwned::new(connection, TcpStream::connect(address).unwrap())
    }

    /// Whether that address shows this certificate and serves by it.
    fn is_shown(&self, address: SocketAddr) -> bool {
        let ask = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let mut connection = self.connect(address);
        let mut begins = [0; 12];
        connection.write_all(ask.as_bytes()).is_ok()
            && connection.read_exact(&mut begins).is_ok()
            && &begins == b"HTTP/1.1 200"
    }
}

fn served(files: &[PathBuf; 2]) -> (Running, BufReader<ChildStderr>) {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let mut command = command(app.path(), data.path());
    command.args(["--listen", "127.0.0.1:0", "--tls-cert"]);
    command.arg(&files[0]).arg("--tls-key").arg(&files[1]);
    let (mut child, address, _) = started(command);
    let log = BufReader::new(child.stderr.take().unwrap());
    (Running { child, address }, log)
}

fn wait_for(log: &mut BufReader<ChildStderr>, said: &str) -> String {
    let mut line = String::new();
    while !line.contains(said) {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "never: {said}");
    }
    line
}

#[test]
fn a_new_certificate_is_taken_on_a_signal_and_one_that_is_no_good_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = [Made::new(90), Made::new(91)];
    let files = first.put(folder.path());
    let (server, mut log) = served(&files);
    assert!(first.is_shown(server.address) && !second.is_shown(server.address));
    second.put(folder.path());
    signal(&server.child, "-HUP");
    wait_for(&mut log, "the certificate was read again");
    assert!(second.is_shown(server.address) && !first.is_shown(server.address));
    // A chain and a key that do not belong together, and a file that is cut off.
    std::fs::write(&files[0], &first.chain).unwrap();
    signal(&server.child, "-HUP");
    wait_for(&mut log, "the one before stays in use");
    std::fs::write(&files[1], "").unwrap();
    signal(&server.child, "-HUP");
    wait_for(&mut log, "the one before stays in use");
    assert!(second.is_shown(server.address));
}

#[test]
fn a_certificate_that_ends_soon_is_told_at_the_start_and_when_it_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let files = Made::new(3).put(folder.path());
    let (server, mut log) = served(&files);
    let line = wait_for(&mut log, "WARN");
    assert!(
        line.contains("in 3 days") && line.contains("SIGHUP"),
        "{line}"
    );
    Made::new(-2).put(folder.path());
    signal(&server.child, "-HUP");
    wait_for(&mut log, "the certificate ended on");
    Made::new(90).put(folder.path());
    signal(&server.child, "-HUP");
    wait_for(&mut log, "read again");
    signal(&server.child, "-TERM");
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(!rest.contains("WARN"), "{rest}");
}

#[test]
fn without_a_certificate_the_signal_ends_nothing() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let mut server = Running::new(app.path(), data.path());
    let mut log = BufReader::new(server.child.stderr.take().unwrap());
    signal(&server.child, "-HUP");
    wait_for(&mut log, "nothing is read again");
    assert_eq!(server.status("/healthz"), 200);
}
