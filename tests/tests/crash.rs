//! Killed at any moment: what was acknowledged is there, nothing is half, and the disk was really asked.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use veldpost_journeys::{Browser, Profile, Server, eventually};

/// How many rows each store of each database holds: told when a start after a kill shows no book.
const ROWS: &str = "const held = {}; \
    for (const { name } of await indexedDB.databases()) { if (name === 'veldpost-log') continue; \
      const database = await new Promise((done) => { \
        const asked = indexedDB.open(name); asked.onsuccess = () => done(asked.result); }); \
      for (const store of database.objectStoreNames) { \
        held[`${name}/${store}`] = await new Promise((done) => { \
          const asked = database.transaction(store).objectStore(store).count(); \
          asked.onsuccess = () => done(asked.result); }); } \
      database.close(); } \
    return held";

/// How often the browser is killed: a few times with each change, often in `cargo xtask soak`.
fn kills(variable: &str) -> usize {
    let kills = std::env::var(variable).ok();
    kills.and_then(|kills| kills.parse().ok()).unwrap_or(5)
}

/// SIGKILL between a tap and its commit, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_in_mid_save_keeps_every_acknowledged_tap_and_no_half_one() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.set_up_alone(&server).await?;
    browser.begin_round("Centrum").await?;
    browser.kept(0).await?;
    browser.quit().await?;

    let mut found = 0;
    for round in 0..kills("VELDPOST_KILLS") {
        let browser = Browser::start(&profile).await?;
        browser.open(&server.url("/tellen")).await?;
        browser.kept(found).await?;
        let taps = 3 + (round * 5) % 7;
        browser.count(taps).await?;
        // Asked inside the page: what it was told of its own commits, not what is on the screen.
        let acknowledged = browser.committed().await?;
        browser.tap("button", "Kind, 0-17").await?;
        browser.kill().await?;

        let again = Browser::start(&profile).await?;
        again.open(&server.url("/tellen")).await?;
        again.place("button", "Man, 18+").await?;
        let kept = again.committed().await?;
        let tapped = found + taps as u64 + 1;
        assert!(
            (acknowledged..=tapped).contains(&kept),
            "round {round}: {acknowledged} acknowledged, {tapped} tapped, {kept} there"
        );
        found = kept;
        again.quit().await?;
    }

    // The number on the tally and the sealed records are of one transaction: they must agree.
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/")).await?;
    if let Err(error) = browser.place("button", "Ontgrendel om te lezen").await {
        let rows = browser.run(ROWS, json!([])).await?;
        return Err(error).context(format!("the databases hold {rows}"));
    }
    browser.unlock_alone().await?;
    browser.tap("button", "Tabellen").await?;
    browser
        .see_fact("alleen gezien", &found.to_string())
        .await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Over dit toestel").await?;
    browser
        .see_fact("Bewaard op dit toestel", &found.to_string())
        .await?;
    browser.see_fact("Apart gezet, niet te lezen", "0").await?;
    browser.quit().await
}

/// SIGKILL between a tap and its commit, and then again while the app starts, once to three times in a row, each time further on.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_again_and_again_while_it_starts_keeps_every_acknowledged_tap() -> Result<()>
{
    let (server, profile) = (Server::start()?, Profile::new()?);
    let tally = server.url("/tellen");
    let browser = Browser::start(&profile).await?;
    browser.set_up_alone(&server).await?;
    browser.begin_round("Centrum").await?;
    browser.kept(0).await?;
    browser.quit().await?;

    let kills = kills("VELDPOST_START_KILLS");
    let (mut left, mut round, mut kept, mut renewed) = (kills, 0, 0, 0);
    while left > 0 {
        let browser = Browser::start(&profile).await?;
        browser.open(&tally).await?;
        let shown = browser.place("button", "Man, 18+").await;
        shown.with_context(|| format!("round {round}: {kept} were acknowledged"))?;
        let found = browser.committed().await?;
        assert!(
            (kept..=kept + 1).contains(&found),
            "round {round}: {kept} acknowledged, one more tapped, {found} there"
        );
        browser.count(2).await?;
        browser.kept(found + 2).await?;
        kept = found + 2;
        browser.tap("button", "Kind, 0-17").await?;
        browser.kill().await?;
        for again in 0..=(round % 3).min(left - 1) {
            let log = profile.log()?;
            let browser = Browser::start(&profile).await?;
            let leave = "setTimeout(() => location.replace(arguments[0]))";
            browser.run(leave, json!([tally])).await?;
            for _ in 0..(round * 5 + again * 3) % 12 {
                browser.devtools("Browser.getVersion", json!({})).await?;
            }
            browser.kill().await?;
            renewed += usize::from(profile.log()? != log);
            left -= 1;
        }
        round += 1;
    }
    println!("{kills} starts killed, {renewed} of them once the browser's log was begun anew");
    let browser = Browser::start(&profile).await?;
    browser.open(&tally).await?;
    browser.place("button", "Man, 18+").await?;
    let found = browser.committed().await?;
    assert!(
        (kept..=kept + 1).contains(&found),
        "{kept} acknowledged, {found} there"
    );
    browser.quit().await
}

/// A kill in the middle of a write: Chromium overlooks what it left at the next start, and at the one after that would take it for
/// damage and throw every database away.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_end_of_the_browsers_own_log_loses_nothing() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.set_up_alone(&server).await?;
    browser.begin_round("Centrum").await?;
    browser.count(3).await?;
    browser.kept(3).await?;
    browser.kill().await?;
    profile.tear_log()?;
    for found in [3, 5, 7] {
        let browser = Browser::start(&profile).await?;
        browser.open(&server.url("/tellen")).await?;
        browser.kept(found).await?;
        browser.count(2).await?;
        browser.kept(found + 2).await?;
        browser.kill().await?;
    }
    Ok(())
}

/// SIGKILL in mid-form: the draft is offered without a passphrase, on the page that was open.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_open_at_a_kill_comes_back_whole_and_without_a_passphrase() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.note_writes().await?;
    browser.set_up_alone(&server).await?;
    browser.tap("button", "Nieuwe registratie").await?;
    for (question, choice) in ANSWERS {
        let before = browser.writes_to("drafts").await?;
        browser.answer(question, choice).await?;
        kept_once_more(&browser, before).await?;
    }
    let before = browser.writes_to("drafts").await?;
    browser.tap("checkbox", "De soort plek klopt niet").await?;
    kept_once_more(&browser, before).await?;
    let before = browser.writes_to("drafts").await?;
    browser.fill("Waarom kies je iets anders?", REASON).await?;
    kept_once_more(&browser, before).await?;
    browser.see("Bewaard op dit toestel").await?;
    browser.kill().await?;

    let again = Browser::start(&profile).await?;
    again.open(&server.url("/")).await?;
    again.see("Je was nog bezig").await?;
    assert!(again.has("button", "Ontgrendel om te lezen").await?);
    again.tap("button", "Ga verder").await?;
    again.see("Waar sliep deze persoon?").await?;
    for (question, choice) in ANSWERS {
        assert!(
            again.answered(question, choice).await?,
            "{question}: {choice} is gone"
        );
    }
    assert!(
        again
            .is_chosen("checkbox", "De soort plek klopt niet")
            .await?
    );
    again.tap("textbox", "Waarom kies je iets anders?").await?;
    let typed = again
        .run("return document.activeElement.value", json!([]))
        .await?;
    assert_eq!(typed, REASON);
    again.quit().await
}

const ANSWERS: [(&str, &str); 3] = [
    ("Waar slaapt deze persoon?", "Bij familie of vrienden"),
    ("Hoe weet je dit?", "Van een ander gehoord"),
    ("In welke gemeente slaapt deze persoon?", "Hengelo"),
];
const REASON: &str = "een schuur, geen logeerbed 🙈";

async fn kept_once_more(browser: &Browser, before: usize) -> Result<()> {
    eventually("the draft to be on the disk", async || {
        Ok((browser.writes_to("drafts").await? > before).then_some(()))
    })
    .await
}

/// The remark of a round is typed once: over *Terug*, over a kill, and over *Verberg* with the passphrase. A crew and lists that
/// nothing was begun with yet stay over *Terug*.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_outside_a_form_is_not_typed_twice() -> Result<()> {
    const LEAVE_AT_ONCE: &str = "document.execCommand('insertText', false, arguments[0]); \
        [...document.querySelectorAll('.bar button')].find((one) => one.innerText === 'Verberg').click()";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.note_writes().await?;
    browser.open(&server.url("/")).await?;
    browser.tap("button", "Alleen op dit toestel").await?;
    let organisations = "Organisaties die meetellen";
    browser
        .see("Is dit een privévenster? Dan is alles weg als je het sluit.")
        .await?;
    browser.fill(organisations, "Straatteam").await?;
    browser.fill("Gebieden", "Centrum").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Alleen op dit toestel").await?;
    assert_eq!(value_of(&browser, organisations).await?, "Straatteam");
    assert_eq!(value_of(&browser, "Gebieden").await?, "Centrum");

    browser.set_up_from_lists().await?;
    browser.tap("button", "Start tellen").await?;
    browser.fill("Ploeg", "Sanne").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Start tellen").await?;
    assert_eq!(value_of(&browser, "Ploeg").await?, "Sanne");
    browser.tap("radio", "Centrum").await?;
    browser.tap("button", "Begin de ronde").await?;
    browser.tap("button", "Man, 18+").await?;
    browser.kept(1).await?;

    browser.tap("button", "Stop ronde").await?;
    let before = browser.writes_to("round").await?;
    browser.fill("Opmerking", "veel wind").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Stop ronde").await?;
    assert_eq!(value_of(&browser, "Opmerking").await?, "veel wind");
    eventually("the remark to be on the disk", async || {
        Ok((browser.writes_to("round").await? > before).then_some(()))
    })
    .await?;
    browser.kill().await?;

    let again = Browser::start(&profile).await?;
    again.open(&server.url("/tellen")).await?;
    again.kept(1).await?;
    again.tap("button", "Stop ronde").await?;
    assert_eq!(value_of(&again, "Opmerking").await?, "veel wind");
    again.run(LEAVE_AT_ONCE, json!([" en regen"])).await?;
    again.see("Notities").await?;
    again.open(&server.url("/tellen")).await?;
    again.tap("button", "Stop ronde").await?;
    again.see("Je schreef al een opmerking.").await?;
    assert_eq!(value_of(&again, "Opmerking").await?, "");
    again.open(&server.url("/")).await?;
    again.unlock_alone().await?;
    again.tap("button", "Ga verder met tellen").await?;
    again.tap("button", "Stop ronde").await?;
    assert_eq!(value_of(&again, "Opmerking").await?, "veel wind en regen");
    again.quit().await
}

/// A disk that takes its time: what is on its way there is shown by a screen that is opened meanwhile, and arrives.
#[tokio::test(flavor = "multi_thread")]
async fn a_remark_that_is_still_being_written_is_shown() -> Result<()> {
    const HOLD: &str = "const asked = indexedDB.open('veldpost-oefenen'); \
        await new Promise((done) => { asked.onsuccess = done; }); window.veldpostHeld = true; \
        const held = asked.result.transaction(['round'], 'readwrite'); \
        const on = () => { if (window.veldpostHeld) held.objectStore('round').count().onsuccess = on; \
          else asked.result.close(); }; on()";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.note_writes().await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.tap("button", "Man, 18+").await?;
    browser.kept(1).await?;
    browser.tap("button", "Stop ronde").await?;
    browser.run(HOLD, json!([])).await?;
    let before = browser.writes_to("round").await?;
    browser.fill("Opmerking", "veel wind").await?;
    browser.tap("button", "Terug").await?;
    for _ in 0..2 {
        browser.tap("button", "Stop ronde").await?;
        assert_eq!(value_of(&browser, "Opmerking").await?, "veel wind");
        browser.tap("button", "Terug").await?;
    }
    assert_eq!(browser.writes_to("round").await?, before, "nothing held it");
    browser
        .run("window.veldpostHeld = false", json!([]))
        .await?;
    eventually("the remark to be on the disk", async || {
        // One is the write that held it.
        Ok((browser.writes_to("round").await? > before + 1).then_some(()))
    })
    .await?;
    browser.kill().await?;
    let again = Browser::start(&profile).await?;
    again.open(&server.url("/oefenen/tellen")).await?;
    again.kept(1).await?;
    again.tap("button", "Stop ronde").await?;
    assert_eq!(value_of(&again, "Opmerking").await?, "veel wind");
    again.quit().await
}

async fn value_of(browser: &Browser, field: &str) -> Result<serde_json::Value> {
    browser.tap("textbox", field).await?;
    let value = "const field = document.activeElement; field.setSelectionRange(999, 999); return field.value";
    browser.run(value, json!([])).await
}

/// The durability that each write transaction has, read back from the browser.
#[tokio::test(flavor = "multi_thread")]
async fn every_write_asks_for_the_disk_and_not_for_a_buffer() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.note_writes().await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.count(2).await?;
    browser.kept(2).await?;
    browser.tap("button", "Maak ongedaan").await?;
    browser.kept(1).await?;
    browser.tap("button", "Meer invullen").await?;
    browser.answer("Wat is het geslacht?", "Man").await?;
    eventually("the draft to be written", async || {
        Ok((browser.writes_to("drafts").await? > 0).then_some(()))
    })
    .await?;
    let writes = browser.writes().await?;
    for store in ["outbox", "stubs", "meta", "round", "drafts", "fence"] {
        assert!(
            browser.writes_to(store).await? > 0,
            "no write to {store}: {writes:?}"
        );
    }
    for write in &writes {
        assert_eq!(write["durability"], "strict", "{write}");
    }
    browser.quit().await
}

/// Set, the flushes need not be counted on a machine where strace may not attach. Nothing here sets it.
const UNCOUNTED: &str = "VELDPOST_FLUSHES_UNCOUNTED";

/// Counted from outside, by the calls that reach the kernel: at least one flush a save; and far fewer
/// when the same app is made to write without asking, which shows that the counting can tell.
#[tokio::test(flavor = "multi_thread")]
async fn each_save_flushes_the_disk_at_least_once() -> Result<()> {
    let asked = match flushes_of_saves(false).await? {
        Counted::Flushes(asked) => asked,
        Counted::Refused(said) if std::env::var_os(UNCOUNTED).is_some() => {
            eprintln!("NOT SHOWN: strace may not attach here, so flushes were not counted: {said}");
            return Ok(());
        }
        Counted::Refused(said) => bail!(
            "strace may not attach here, so flushes cannot be counted: allow ptrace \
             (kernel.yama.ptrace_scope, a container's SYS_PTRACE), or set {UNCOUNTED}=1 \
             to do without this proof: {said}"
        ),
    };
    let Counted::Flushes(unasked) = flushes_of_saves(true).await? else {
        bail!("strace attached once and not again");
    };
    println!("{SAVES} saves: {asked} flushes; without asking for durability: {unasked}");
    assert!(asked >= SAVES, "{SAVES} saves, {asked} flushes");
    assert!(
        unasked < SAVES,
        "the count cannot tell: {unasked} flushes without asking"
    );
    Ok(())
}

/// Saves while flushes are counted: a tap and its undo, by turns on two tiles.
const SAVES: u64 = 20;

/// What strace made of it.
enum Counted {
    /// So many flushes.
    Flushes(u64),
    /// It may not attach: what it said.
    Refused(String),
}

/// Flushes during [`SAVES`] saves.
async fn flushes_of_saves(relaxed: bool) -> Result<Counted> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    if relaxed {
        browser.before_each_page(RELAXED).await?;
    }
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.kept(0).await?;
    let strace = match Strace::attach(&browser).await? {
        Ok(strace) => strace,
        Err(said) => return Ok(Counted::Refused(said)),
    };
    for pair in 0..SAVES / 2 {
        let tile = if pair % 2 == 0 {
            "Kind, 0-17"
        } else {
            "Weet ik niet"
        };
        browser.tap("button", tile).await?;
        browser.kept(1).await?;
        browser.tap("button", "Maak ongedaan").await?;
        browser.kept(0).await?;
    }
    let flushes = strace.stop()?;
    browser.quit().await?;
    Ok(Counted::Flushes(flushes))
}

const RELAXED: &str = "const begin = IDBDatabase.prototype.transaction; \
    IDBDatabase.prototype.transaction = function (stores, mode) { \
      return begin.call(this, stores, mode, {durability: 'relaxed'}); }";

/// strace on every process of a browser.
struct Strace {
    process: Child,
    log: tempfile::NamedTempFile,
}

impl Strace {
    /// Attached, or what strace said when it may not.
    async fn attach(browser: &Browser) -> Result<Result<Self, String>> {
        let log = tempfile::NamedTempFile::new()?;
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-y", "-e", "trace=fsync,fdatasync", "-o"]);
        command.arg(log.path());
        let processes = browser.processes()?;
        for process in &processes {
            command.args(["-p", &process.to_string()]);
        }
        let process = command.stderr(Stdio::piped()).spawn();
        let mut process =
            process.context("there is no strace: cargo xtask test --only journeys installs it")?;
        let attached = eventually("strace to hold every process", async || {
            if process.try_wait()?.is_some() {
                return Ok(Some(false));
            }
            Ok(processes.iter().all(|one| is_traced(*one)).then_some(true))
        });
        if attached.await? {
            return Ok(Ok(Self { process, log }));
        }
        let mut said = String::new();
        if let Some(mut errors) = process.stderr.take() {
            errors.read_to_string(&mut said)?;
        }
        Ok(Err(said))
    }

    /// Lets go and counts the calls.
    fn stop(mut self) -> Result<u64> {
        let ended = Command::new("kill")
            .arg(self.process.id().to_string())
            .status()?;
        if !ended.success() {
            bail!("strace ended by itself");
        }
        self.process.wait()?;
        let mut lines = String::new();
        self.log.read_to_string(&mut lines)?;
        // The browser flushes files of its own meanwhile; only the database counts.
        let of_database = |line: &&str| line.contains("/IndexedDB/");
        let flushes = lines.lines().filter(of_database).count();
        Ok(flushes as u64)
    }
}

/// Gone counts as held: a browser ends helpers by itself.
fn is_traced(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    status.map_or(true, |status| !status.contains("TracerPid:\t0\n"))
}
