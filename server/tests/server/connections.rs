//! Connections whose other end says nothing, or takes nothing, or is one of too many: they go, and the others are served.
//!
//! Deliberately not here: bodies that come slowly (`refusals`).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use veldpost_envelope::wire::{Call, EventsAsk};
use veldpost_relay::Founding;
use veldpost_server::connections::{self, Patience, Serving};
use veldpost_server::database::Options;
use veldpost_server::lan;
use veldpost_server::letterbox::now;

use super::certificates::Made;
use super::support::{TestApp, built_app, letterbox, list_file, signed};
use super::world::{Stream, World, bytes};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);

fn patient() -> Patience {
    Patience {
        asking: LONG,
        resting: LONG,
        taking: LONG,
        living: LONG,
    }
}

/// Serves an app over real connections; the server ends with what is returned.
struct Served {
    address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Served {
    fn new(app: &TestApp, at: &str, patience: Patience) -> Self {
        Self::with(app, at, patience, None)
    }

    fn with(app: &TestApp, at: &str, patience: Patience, certificate: Option<&Made>) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let certificate = certificate.map(|made| {
            // Another test may have chosen it already.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let (chain, key) = (made.chain.clone().into(), made.key.clone().into());
            let config = runtime.block_on(RustlsConfig::from_pem(chain, key));
            config.unwrap()
        });
        let listener = TcpListener::bind(at).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Serving {
            router: app.router(),
            certificate,
            proxies: Vec::new(),
            patience,
            handle: Handle::new(),
        };
        runtime.spawn(connections::serve(listener, serving));
        Self {
            address,
            runtime: Some(runtime),
        }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

const ASK: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn answer_of(connection: &mut TcpStream) -> String {
    connection.write_all(ASK.as_bytes()).unwrap();
    let (mut answer, mut piece) = (Vec::new(), [0; 1024]);
    while !answer.ends_with(b"ok\n") {
        let read = connection.read(&mut piece).unwrap();
        assert!(read > 0, "closed in the middle of {answer:?}");
        answer.extend_from_slice(&piece[..read]);
    }
    String::from_utf8(answer).unwrap()
}

/// How many bytes come before the other end closes.
fn until_closed(connection: &mut TcpStream) -> usize {
    // A test that would wait for ever fails instead.
    let patience = Some(Duration::from_secs(20));
    connection.set_read_timeout(patience).unwrap();
    let (mut total, mut piece) = (0, vec![0; 65_536]);
    loop {
        match connection.read(&mut piece) {
            Ok(0) => return total,
            Ok(read) => total += read,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return total,
            Err(error) => panic!("it stays open: {error}"),
        }
    }
}

#[test]
fn a_connection_without_a_request_is_closed() {
    let patience = Patience {
        asking: SHORT,
        resting: SHORT,
        living: SHORT,
        ..patient()
    };
    let served = Served::new(&TestApp::new(), "127.0.0.1:0", patience);
    let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    for begun in [
        &b""[..],
        b"G",
        b"GET /hea",
        b"GET /healthz HTTP/1.1\r\nhost: loc",
        &http2[..10],
        http2,
    ] {
        let mut connection = served.connect();
        connection.write_all(begun).unwrap();
        until_closed(&mut connection);
    }
    // One that was kept for the next request.
    let mut kept = served.connect();
    for _ in 0..2 {
        assert!(answer_of(&mut kept).starts_with("HTTP/1.1 200"));
    }
    until_closed(&mut kept);
}

/// The handshake is not the beginning of a request.
#[test]
fn a_connection_that_only_shakes_hands_is_closed() {
    let made = Made::new(90);
    let patience = Patience {
        asking: SHORT,
        resting: SHORT,
        ..patient()
    };
    let served = Served::with(&TestApp::new(), "127.0.0.1:0", patience, Some(&made));
    for begun in [&b""[..], b"GET /hea"] {
        let mut connection = made.connect(served.address);
        connection.conn.complete_io(&mut connection.sock).unwrap();
        connection.write_all(begun).unwrap();
        until_closed(&mut connection.sock);
    }
}

#[test]
fn a_stream_of_events_stays_open() {
    let (data, world) = (tempfile::tempdir().unwrap(), World::new(1));
    let relay = letterbox(data.path(), Founding::Open, Options::default());
    let app = TestApp::with(|site| site.letterbox = relay);
    let wait = tokio::runtime::Runtime::new().unwrap();
    let founded = wait.block_on(app.call(&world.founder, Call::Acts, world.acts(None)));
    assert_eq!(founded.code(), None);
    let patience = Patience {
        asking: SHORT,
        resting: SHORT,
        taking: SHORT,
        living: SHORT,
    };
    let served = Served::new(&app, "127.0.0.1:0", patience);
    let region = world.region;
    let body = EventsAsk { region }.to_bytes();
    let headers = signed(&world.founder, Call::Events, &body, now());
    let mut head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: relay.test\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers.pairs() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut connection = served.connect();
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(b"\r\n").unwrap();
    connection.write_all(&body).unwrap();
    let mut lines = BufReader::new(connection);
    let mut line = String::new();
    while !line.starts_with("data:") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended at once");
    }
    // Far longer than anybody is waited for who asks nothing.
    std::thread::sleep(SHORT * 6);
    let stream = Stream::new(&world, &world.worker, 5);
    let pushed = wait.block_on(app.post(Call::Entries, bytes(&stream.entries)));
    assert_eq!(pushed.code(), None);
    let first = line.clone();
    while !line.starts_with("data:") || line == first {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it was cut");
    }
}

#[test]
fn an_answer_that_nobody_takes_is_given_up() {
    let folder = built_app();
    let large = vec![7; 32 * 1024 * 1024];
    list_file(folder.path(), "large.bin", &large);
    let app = TestApp::of(folder, |_| {});
    for (taking, whole) in [(SHORT, false), (LONG, true)] {
        let patience = Patience {
            taking,
            ..patient()
        };
        let served = Served::new(&app, "127.0.0.1:0", patience);
        let mut connection = served.connect();
        let ask = "GET /large.bin HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        connection.write_all(ask.as_bytes()).unwrap();
        std::thread::sleep(SHORT * 4);
        let came = until_closed(&mut connection);
        assert_eq!(came > large.len(), whole, "{came} bytes");
    }
}

#[test]
fn an_address_has_so_many_connections_and_this_machine_as_many_as_it_wants() {
    let served = Served::new(&TestApp::new(), "0.0.0.0:0", patient());
    let port = served.address.port();
    let open = |address: IpAddr, number: usize| -> Vec<TcpStream> {
        let connect = |_| TcpStream::connect((address, port)).unwrap();
        (0..number).map(connect).collect()
    };
    let here = IpAddr::from([127, 0, 0, 1]);
    let mut of_this_machine = open(here, 270);
    assert!(answer_of(&mut of_this_machine[269]).starts_with("HTTP/1.1 200"));
    // Both ends are in this process, which may have a thousand files only.
    of_this_machine.truncate(1);
    let Ok(address) = lan::own_address() else {
        eprintln!("this machine has no address on a network: nobody else can be counted");
        return;
    };
    let mut open_there = open(address, 257);
    assert!(answer_of(&mut open_there[255]).starts_with("HTTP/1.1 200"));
    assert_eq!(until_closed(&mut open_there[256]), 0);
    assert!(answer_of(&mut of_this_machine[0]).starts_with("HTTP/1.1 200"));
    // One that ends makes room, a moment later.
    open_there.truncate(255);
    let mut answered = false;
    for _ in 0..100 {
        let mut next = TcpStream::connect((address, port)).unwrap();
        let _ = next.write_all(ASK.as_bytes());
        let mut begins = [0; 12];
        answered = next.read_exact(&mut begins).is_ok() && &begins == b"HTTP/1.1 200";
        if answered {
            break;
        }
    }
    assert!(answered);
}
