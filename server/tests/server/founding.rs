//! A region is founded by signed calls at the address that the server prints, in each way in which people start it.
//!
//! Deliberately not here: whom the relay refuses otherwise (`relay`).

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use veldpost_envelope::wire::{Call, Code, Problem};
use veldpost_server::letterbox::now;

use super::running::Running;
use super::starting::{command, started};
use super::support::{built_app, signed_for};
use super::world::World;

/// Founds by the authority of an origin; the code of what was refused.
fn found(connection: impl Read + Write, authority: &str, founding: Option<&str>) -> Option<Code> {
    let world = World::new(1);
    let body = world.acts(founding);
    let signed = signed_for(authority, &world.founder, Call::Acts, &body, now());
    let mut head = format!("POST /v1/acts HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    for (name, value) in signed.pairs() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut connection = connection;
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if answer.starts_with("HTTP/1.1 200") {
        return None;
    }
    let (_, problem) = answer.split_once("\r\n\r\n").unwrap();
    Some(Problem::from_json(problem).unwrap().code)
}

#[test]
fn a_region_begins_at_the_address_that_is_printed() {
    for (founding, expected) in [(Some("open"), None), (None, Some(Code::Founding))] {
        let (app, data) = (built_app(), tempfile::tempdir().unwrap());
        let mut command = command(app.path(), data.path());
        command.args(["--listen", "127.0.0.1:0"]);
        if let Some(who) = founding {
            command.args(["--founding", who]);
        }
        let (child, address, line) = started(command);
        let _server = Running { child, address };
        let (_, authority) = line.trim().split_once("http://").unwrap();
        let connect = || TcpStream::connect(address).unwrap();
        assert_eq!(found(connect(), authority, None), expected);
        let number = address.to_string();
        assert_eq!(found(connect(), &number, None), expected);
        let other = format!("relay.example:{}", address.port());
        assert_eq!(found(connect(), &other, None), Some(Code::Authority));
    }
}

/// What a phone does that was told to trust the certificate.
fn by_tls(root: &str, address: SocketAddr) -> impl Read + Write {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::from(address.ip());
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(client, TcpStream::connect(address).unwrap())
}

#[test]
fn on_a_network_a_region_begins_by_the_code_that_is_printed() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let mut command = command(app.path(), data.path());
    command.args(["--lan", "--listen", "0.0.0.0:0"]);
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut lines = Vec::new();
    let code = loop {
        let mut line = String::new();
        if out.read_line(&mut line).unwrap() == 0 {
            // A machine without any network has no address to make a certificate for (`starting` looks at that).
            assert!(!child.wait().unwrap().success(), "{lines:?}");
            return;
        }
        lines.push(line.trim().to_owned());
        if let Some(("To begin a region here, until the server stops", code)) =
            line.split_once(": ")
        {
            break code.trim().to_owned();
        }
    };
    let authority = lines[0].strip_prefix("Veldpost is at https://").unwrap();
    let address: SocketAddr = authority.parse().unwrap();
    let _server = Running { child, address };
    let kept = std::fs::read(data.path().join("lan-certificate.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_slice(&kept).unwrap();
    let connect = || by_tls(kept["root"].as_str().unwrap(), address);
    assert_eq!(found(connect(), authority, None), Some(Code::Founding));
    assert_eq!(
        found(connect(), authority, Some("0000-0000-0000-0000")),
        Some(Code::Founding)
    );
    assert_eq!(found(connect(), authority, Some(&code)), None);
}
