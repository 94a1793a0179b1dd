//! Speed, measured in one interleaved run against peers of a folder that is given.
//!
//! Deliberately not here: the peers and how they are measured (their own folder), and how rows are
//! judged (`bench::verdict`).

mod relay;
mod verdict;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::build::{self, Quality};
use crate::dist::{self, Worker};
use crate::shell::{capture, cargo, root, run, say, step, target};
use crate::tools;

/// The contestants of a run; the harness interleaves them.
const CONTESTANTS: &str =
    "veldpost,veldpost-folded,raw-idb,raw-idb-strict,raw-idb-packed,dexie,dexie-strict";
const WASM: &str = "wasm32-unknown-unknown";

/// What a run needs.
struct Places {
    peers: PathBuf,
    page: PathBuf,
    app: PathBuf,
    server: PathBuf,
    results: PathBuf,
}

/// The post and its peers: who uploads and downloads, and who holds it already.
const OF_THE_POST: &str = "veldpost-letterbox,veldpost-coordinator,http-limit,raw-idb,raw-idb-sync";

/// `cargo xtask bench --peers DIR [--relay | --post] [--runs 5] [--n 10000] [--no-build] [--report]`
pub fn command(arguments: &[String]) -> Result<()> {
    let mut arguments = Arguments::new("bench", arguments);
    let peers = arguments.value("--peers")?;
    let runs = number(arguments.value("--runs")?, 5)?;
    let records = number(arguments.value("--n")?, 10_000)?;
    let as_built = arguments.flag("--no-build");
    let report_only = arguments.flag("--report");
    let of_relay = arguments.flag("--relay");
    let of_post = arguments.flag("--post");
    arguments.finish()?;
    let results = target().join("bench/results");
    if of_relay {
        return relays(peers.filter(|_| !report_only), &results, runs, records);
    }
    if of_post {
        return posts(peers.filter(|_| !report_only), results, runs, records);
    }
    if !report_only {
        let peers = peers.context("the peers' folder is missing: cargo xtask bench --peers DIR")?;
        let places = prepare(Path::new(&peers), results.clone(), as_built)?;
        measure(&places, runs, records)?;
    }
    let (store, felt) = (read(&results, "store.json")?, read(&results, "felt.json")?);
    for line in verdict::table(&store, &felt) {
        say(&line);
    }
    Ok(())
}

fn read(results: &Path, name: &str) -> Result<Value> {
    let file = std::fs::read(results.join(name))
        .with_context(|| format!("there is no {name}: run cargo xtask bench --peers DIR"))?;
    Ok(serde_json::from_slice(&file)?)
}

/// The rows of the relay alone: no browser, and no page to build.
fn relays(peers: Option<String>, results: &Path, runs: u32, records: u32) -> Result<()> {
    if let Some(peers) = peers {
        std::fs::create_dir_all(results)?;
        let dist = build::dist_folder();
        let places = relay::Places {
            peers: scratch(Path::new(&peers))?,
            server: build::server(Quality::Release)?,
            app: dist.join("build.json").is_file().then_some(dist),
            scratch: target().join("bench/relay"),
        };
        let found = relay::measure(&places, runs, usize::try_from(records)?)?;
        std::fs::write(results.join("relay.json"), found.to_string())?;
    }
    relay::report(&read(results, "relay.json")?);
    Ok(())
}

/// The rows of the post: a worker's and a coordinator's page against the relay, beside the peers.
fn posts(peers: Option<String>, results: PathBuf, runs: u32, records: u32) -> Result<()> {
    if let Some(peers) = peers {
        // The page is the app's place here: the relay hands it out.
        let places = prepare(Path::new(&peers), results.clone(), true)?;
        step("post, interleaved with the peers", || {
            let mut harness = node(&places);
            harness.arg("run.mjs").arg("--no-build").arg("--no-load");
            harness.args(["--runs", &runs.to_string(), "--n", &records.to_string()]);
            harness.args(["--only", OF_THE_POST, "--extra"]);
            harness.arg(root().join("bench/contestant.mjs"));
            run(harness.arg("--out").arg(places.results.join("post.json")))
        })?;
        step("tables that were kept", || {
            let mut kept = node(&places);
            kept.arg(root().join("bench/kept.mjs"));
            kept.args(["--runs", &runs.to_string(), "--n", &records.to_string()]);
            run(kept.arg("--out").arg(places.results.join("kept.json")))
        })?;
    }
    for line in verdict::post(&read(&results, "post.json")?, &read(&results, "kept.json")?) {
        say(&line);
    }
    Ok(())
}

/// Samples by name.
#[derive(Default)]
struct Measured(BTreeMap<&'static str, Vec<f64>>);

impl Measured {
    fn put(&mut self, name: &'static str, sample: f64) {
        self.0.entry(name).or_default().push(sample);
    }

    /// Milliseconds since then.
    fn add(&mut self, name: &'static str, begun: Instant) {
        self.put(name, begun.elapsed().as_secs_f64() * 1_000.0);
    }

    fn into_value(self) -> Value {
        self.0
            .into_iter()
            .map(|(name, all)| (name.to_owned(), Value::from(all)))
            .collect()
    }
}

fn number(value: Option<String>, otherwise: u32) -> Result<u32> {
    value.map_or(Ok(otherwise), |value| {
        value
            .parse()
            .with_context(|| format!("{value} is not a number"))
    })
}

fn prepare(peers: &Path, results: PathBuf, as_built: bool) -> Result<Places> {
    tools::browser()?;
    std::fs::create_dir_all(&results)?;
    let places = Places {
        peers: scratch(peers)?,
        page: page()?,
        app: if as_built {
            build::dist_folder()
        } else {
            build::app(Quality::Release, Worker::Shell)?
        },
        server: build::server(Quality::Release)?,
        results,
    };
    if !as_built && !places.app.join("build.json").is_file() {
        bail!("there is no built app: leave out --no-build");
    }
    Ok(places)
}

/// The peers in a place of their own, so that the folder that was given stays as it is.
fn scratch(given: &Path) -> Result<PathBuf> {
    if !given.join("run.mjs").is_file() {
        bail!(
            "{} holds no run.mjs: give the peers' folder",
            given.display()
        );
    }
    let place = target().join("bench/peers");
    step("peers", || {
        copy(given, &place)?;
        if !place.join("node_modules").is_dir() {
            let mut npm = Command::new("npm");
            npm.current_dir(&place)
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
            capture(&mut npm).context("the peers' libraries could not be installed")?;
        }
        let mut build = Command::new("node");
        capture(build.current_dir(&place).arg("build.mjs")).map(|_| ())
    })?;
    Ok(place)
}

/// Copies sources, not what was installed or built there.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "node_modules" || name == "dist" || name == ".venv" {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            // By content: a copied permission could keep the next run from writing.
            std::fs::write(&to, std::fs::read(&from)?)?;
        }
    }
    Ok(())
}

/// The book in a page of its own, compiled as the app is.
fn page() -> Result<PathBuf> {
    let stage = target().join("bench/stage");
    let page = target().join("bench/page");
    step("store (WebAssembly)", || {
        tools::wasm_target()?;
        tools::rust_source()?;
        let build = [
            "build",
            "--quiet",
            "-p",
            "veldpost-bench",
            "--profile",
            "wasm-release",
            "--target",
            WASM,
        ];
        let mut compile = cargo();
        build::compile_for_browser(&mut compile, Quality::Release);
        run(compile.args(build))?;
        let module = target().join(WASM).join("wasm-release/veldpost_bench.wasm");
        let mut bindgen = Command::new(tools::wasm_bindgen()?.join("wasm-bindgen"));
        bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]);
        capture(bindgen.arg(&stage).arg(module))?;
        std::fs::create_dir_all(&page)?;
        dist::smallest(
            &stage.join("veldpost_bench_bg.wasm"),
            &page.join("veldpost_bench_bg.wasm"),
            tools::wasm_opt()?,
        )?;
        std::fs::copy(
            stage.join("veldpost_bench.js"),
            page.join("veldpost_bench.js"),
        )?;
        std::fs::copy(root().join("bench/page.js"), page.join("page.js"))?;
        std::fs::copy(root().join("bench/page.html"), page.join("index.html"))?;
        listed(&page)
    })?;
    Ok(page)
}

/// The list by which the server hands out a page of its own.
fn listed(page: &Path) -> Result<()> {
    let names = [
        "index.html",
        "page.js",
        "veldpost_bench.js",
        "veldpost_bench_bg.wasm",
    ];
    let files: Vec<Value> = names
        .iter()
        .map(|name| {
            let bytes = std::fs::read(page.join(name))?;
            let sha256 = dist::hex(&bytes);
            Ok(json!({ "path": name, "bytes": bytes.len(), "sha256": sha256, "hashed": false }))
        })
        .collect::<Result<_>>()?;
    let list = json!({ "version": "bench", "script_hashes": [], "files": files });
    Ok(std::fs::write(page.join("build.json"), list.to_string())?)
}

fn measure(places: &Places, runs: u32, records: u32) -> Result<()> {
    let contestant = root().join("bench/contestant.mjs");
    let (runs, records) = (runs.to_string(), records.to_string());
    step("store and cold start, interleaved with the peers", || {
        let mut harness = node(places);
        harness.arg("run.mjs").arg("--no-build").arg("--no-load");
        harness.args(["--runs", &runs, "--n", &records, "--only", CONTESTANTS]);
        harness.arg("--extra").arg(&contestant);
        run(harness.arg("--out").arg(places.results.join("store.json")))
    })?;
    step("taps, third visit, bytes", || {
        let mut felt = node(places);
        felt.arg(root().join("bench/measure.mjs"));
        felt.args(["--runs", &runs, "--n", &records, "--taps", "200"]);
        run(felt.arg("--out").arg(places.results.join("felt.json")))
    })
}

/// Profiles go to the disk that Cargo builds on: on a disk of memory, a flush costs nothing.
fn node(places: &Places) -> Command {
    let profiles = target().join("bench/profiles");
    // It exists already, or the harness says that it cannot be made.
    let _ = std::fs::create_dir_all(&profiles);
    let mut node = Command::new("node");
    node.current_dir(&places.peers)
        .env("BENCH_TMP", profiles)
        .env("VELDPOST_BENCH", &places.page)
        .env("VELDPOST_APP", &places.app)
        .env("VELDPOST_SERVER", &places.server)
        .env("VELDPOST_PEERS", &places.peers);
    node
}
