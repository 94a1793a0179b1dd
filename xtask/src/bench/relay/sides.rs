//! Both servers as processes, each with a folder of its own that is empty at first.
//!
//! Deliberately not here: how the peers' server works; it is their folder's.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use super::http::Connection;
use super::people::Region;
use super::{Places, emptied};

/// A process that ends with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The relay, on which a region was founded.
pub struct Relay {
    process: Running,
    pub address: SocketAddr,
    data: PathBuf,
}

impl Relay {
    pub fn start(places: &Places, region: &Region) -> Result<Self> {
        let data = places.scratch.join("relay");
        emptied(&data)?;
        let app = match &places.app {
            Some(app) => app.clone(),
            None => page_of_one_line(places)?,
        };
        let mut server = Command::new(&places.server);
        server.arg("--app").arg(app).arg("--data").arg(&data);
        server.args(["--listen", "127.0.0.1:0", "--founding", "open"]);
        let child = server.stdout(Stdio::piped()).spawn();
        let mut process = Running(child.context("the relay cannot be started")?);
        let mut line = String::new();
        let out = process.0.stdout.as_mut().context("no output")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().rsplit('/').next().unwrap_or_default();
        let address = address.replace("localhost", "127.0.0.1");
        let address: SocketAddr = address.parse().context("the relay named no address")?;
        let (body, headers) = region.founding(&address.to_string())?;
        Connection::open(address)?.post("/v1/acts", &headers.pairs(), &body)?;
        Ok(Self {
            process,
            address,
            data,
        })
    }

    /// A number of the process' state, in MiB.
    pub fn memory(&self, name: &str) -> Result<f64> {
        let state = std::fs::read_to_string(format!("/proc/{}/status", self.process.0.id()))?;
        let line = state.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next());
        Ok(kib.context("no such number")?.parse::<f64>()? / 1024.0)
    }

    pub fn database(&self) -> PathBuf {
        self.data.join("relay.sqlite3")
    }
}

/// The peers' smallest durable server.
pub struct Plain {
    _process: Running,
    pub address: SocketAddr,
}

impl Plain {
    pub fn start(places: &Places) -> Result<Self> {
        let data = places.scratch.join("plain");
        emptied(&data)?;
        // A port that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut node = Command::new("node");
        node.current_dir(&places.peers)
            .arg("servers/log-server.mjs");
        node.env("BENCH_DATA", &data).env("BENCH_STATIC", &data);
        node.env("BENCH_PORT", address.port().to_string());
        let process = Running(node.spawn().context("node cannot be started")?);
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            if Instant::now() > until {
                bail!("the peers' server does not listen");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Self {
            _process: process,
            address,
        })
    }
}

/// The least that the server takes for an app.
fn page_of_one_line(places: &Places) -> Result<PathBuf> {
    let app = places.scratch.join("app");
    emptied(&app)?;
    let mut files = Vec::new();
    for (path, text) in [
        ("index.html", "<!doctype html>"),
        ("service-worker.js", "0"),
    ] {
        std::fs::write(app.join(path), text)?;
        let hash = Sha256::digest(text.as_bytes());
        let sha256: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        files.push(serde_json::json!({ "path": path, "sha256": sha256, "hashed": false }));
    }
    let list = serde_json::json!({ "version": "0", "script_hashes": [], "files": files });
    std::fs::write(app.join("build.json"), list.to_string())?;
    Ok(app)
}
