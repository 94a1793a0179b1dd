//! The relay's speed beside the smallest server that keeps what it is sent: one client for both, in one interleaved run.
//!
//! Deliberately not here: the browser. Its own part of a push is the same for both sides; here is what a server adds.

mod http;
mod people;
mod rows;
mod sides;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use self::http::Connection;
use self::people::{Region, Sender, batches, bytes};
use self::sides::{Plain, Relay};
use super::Measured;
use crate::shell::{say, step};

/// Clients at the same time, and the records of each.
const CLIENTS: usize = 50;
const PER_CLIENT: usize = 200;
/// Records that are pushed one by one, behind all the others.
const SINGLE: usize = 20;
/// Event streams at the same time: two a device.
const STREAMS: usize = 500;

/// What the runs need.
pub struct Places {
    /// The peers' folder.
    pub peers: PathBuf,
    /// The relay's binary.
    pub server: PathBuf,
    /// The built app, or none for a page of one line.
    pub app: Option<PathBuf>,
    /// Where databases go: on the disk that Cargo builds on, since in memory a flush costs nothing.
    pub scratch: PathBuf,
}

/// What is sent, made before any clock starts.
struct Parcels {
    region: Region,
    /// The same records as text, one a line, and sealed in batches.
    text: String,
    batches: Vec<Vec<u8>>,
    singles: Vec<(String, Vec<u8>)>,
    /// Of each client.
    crowd: Vec<(String, Vec<u8>)>,
}

/// Measures, and gives every sample.
pub fn measure(places: &Places, runs: u32, records: usize) -> Result<Value> {
    let parcels = step("records, sealed", || parcels(places, records))?;
    let load = || std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let (before, mut samples) = (load(), Measured::default());
    for run in 0..runs {
        step(&format!("run {} of {runs}", run + 1), || {
            // Whoever is first finds a warmer or a colder machine: they take turns.
            let relay_first = run % 2 == 0;
            let turn = |relay: bool| relay == relay_first;
            for relay in [turn(true), turn(false)] {
                match relay {
                    true => relay_uploads(places, &parcels, &mut samples)?,
                    false => plain_uploads(places, &parcels, &mut samples)?,
                }
            }
            for relay in [turn(true), turn(false)] {
                match relay {
                    true => relay_crowd(places, &parcels, &mut samples)?,
                    false => plain_crowd(places, &parcels, &mut samples)?,
                }
            }
            Ok(())
        })?;
    }
    step("event streams", || streams(places, &parcels, &mut samples))?;
    Ok(json!({
        "n": records, "runs": runs, "load0": before.trim(), "load1": load().trim(),
        "samples": samples.into_value(),
    }))
}

/// The table of what was measured.
pub fn report(found: &Value) {
    for line in rows::table(found) {
        say(&line);
    }
}

fn parcels(places: &Places, records: usize) -> Result<Parcels> {
    let region = Region::new()?;
    let all = people::records(&places.peers, records + 1 + SINGLE, 1, 0)?;
    let lines: Vec<&str> = all.lines().collect();
    // With the one behind the many comes a content key, where theirs is used up; those after it come alone.
    let (many, few) = lines.split_at(records + 1);
    let mut sender = Sender::new(&region, 0)?;
    let saves = many
        .iter()
        .map(|line| sender.record(line))
        .collect::<Result<Vec<_>>>()?;
    let singles = few.iter().map(|line| {
        let sealed = sender.record(line)?;
        ensure!(
            sealed.len() == 1,
            "choose another number of records: a content key came with one"
        );
        Ok(((*line).to_owned(), bytes(&sealed)))
    });
    let singles = singles.collect::<Result<_>>()?;
    let crowd = (0..CLIENTS).map(|client| {
        let text = people::records(&places.peers, PER_CLIENT, 7, client * PER_CLIENT)?;
        let mut sender = Sender::new(&region, 1 + client)?;
        let saves = text
            .lines()
            .map(|line| sender.record(line))
            .collect::<Result<Vec<_>>>()?;
        Ok((text, bytes(&saves.concat())))
    });
    let crowd = crowd.collect::<Result<_>>()?;
    Ok(Parcels {
        region,
        text: many.join("\n"),
        batches: batches(&saves),
        singles,
        crowd,
    })
}

fn relay_uploads(places: &Places, parcels: &Parcels, samples: &mut Measured) -> Result<()> {
    let relay = Relay::start(places, &parcels.region)?;
    let mut connection = Connection::open(relay.address)?;
    let begun = Instant::now();
    for batch in &parcels.batches {
        connection.push(batch)?;
    }
    samples.add("relay upload", begun);
    for (_, entry) in &parcels.singles {
        let (begun, moved) = (Instant::now(), connection.moved());
        connection.push(entry)?;
        samples.add("relay one", begun);
        samples.put("relay one bytes", (connection.moved() - moved) as f64);
    }
    samples.put("relay resident MiB", relay.memory("VmHWM:")?);
    let file = relay.database().metadata().context("no database")?;
    samples.put("relay database bytes", file.len() as f64);
    Ok(())
}

fn plain_uploads(places: &Places, parcels: &Parcels, samples: &mut Measured) -> Result<()> {
    let raw = Plain::start(places)?;
    let mut connection = Connection::open(raw.address)?;
    let begun = Instant::now();
    connection.post("/blob", &[], parcels.text.as_bytes())?;
    samples.add("raw upload", begun);
    let plain = Plain::start(places)?;
    let mut connection = Connection::open(plain.address)?;
    let begun = Instant::now();
    connection.post_text("/sync/push", &parcels.text)?;
    samples.add("plain upload", begun);
    for (line, _) in &parcels.singles {
        let (begun, moved) = (Instant::now(), connection.moved());
        connection.post_text("/sync/push", line)?;
        samples.add("plain one", begun);
        samples.put("plain one bytes", (connection.moved() - moved) as f64);
    }
    Ok(())
}

fn relay_crowd(places: &Places, parcels: &Parcels, samples: &mut Measured) -> Result<()> {
    let relay = Relay::start(places, &parcels.region)?;
    let open = || Connection::open(relay.address);
    let took = crowd(open, &parcels.crowd, |connection, (_, sealed)| {
        connection.push(sealed)
    })?;
    samples.put("relay crowd", took);
    Ok(())
}

fn plain_crowd(places: &Places, parcels: &Parcels, samples: &mut Measured) -> Result<()> {
    let plain = Plain::start(places)?;
    let open = || Connection::open(plain.address);
    let took = crowd(open, &parcels.crowd, |connection, (text, _)| {
        connection.post_text("/sync/push", text)
    })?;
    samples.put("plain crowd", took);
    Ok(())
}

/// Everybody at once, each on a connection of its own: milliseconds until the last one has its answer. Any refusal fails.
fn crowd<T: Sync>(
    open: impl Fn() -> Result<Connection>,
    clients: &[T],
    push: impl Fn(&mut Connection, &T) -> Result<()> + Sync,
) -> Result<f64> {
    let connections = clients.iter().map(|_| open()).collect::<Result<Vec<_>>>()?;
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let push = &push;
        let threads: Vec<_> = connections
            .into_iter()
            .zip(clients)
            .map(|(mut connection, client)| scope.spawn(move || push(&mut connection, client)))
            .collect();
        for thread in threads {
            let ended = thread.join();
            ended.map_err(|_| anyhow::anyhow!("a client panicked"))??;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    Ok(begun.elapsed().as_secs_f64() * 1_000.0)
}

/// So many listen while somebody pushes: each is told, and the relay keeps little for each.
fn streams(places: &Places, parcels: &Parcels, samples: &mut Measured) -> Result<()> {
    let relay = Relay::start(places, &parcels.region)?;
    samples.put("relay resident alone MiB", relay.memory("VmRSS:")?);
    let mut listening = Vec::new();
    for n in 0..STREAMS {
        let mut connection = Connection::open(relay.address)?;
        connection.listen(&parcels.region, n / 2)?;
        listening.push(connection);
    }
    let mut connection = Connection::open(relay.address)?;
    for batch in &parcels.batches {
        connection.push(batch)?;
    }
    let (body, headers) = parcels.region.news(&relay.address.to_string())?;
    connection.post("/v1/acts", &headers.pairs(), &body)?;
    for listener in &mut listening {
        listener.next_line()?;
    }
    samples.put("relay resident listening MiB", relay.memory("VmRSS:")?);
    samples.put("relay resident at most MiB", relay.memory("VmHWM:")?);
    samples.put("event streams", listening.len() as f64);
    Ok(())
}

/// A folder that is empty.
fn emptied(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(problem) if problem.kind() != std::io::ErrorKind::NotFound => Err(problem)?,
        _ => Ok(std::fs::create_dir_all(folder)?),
    }
}
