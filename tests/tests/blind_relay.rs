//! The relay is blind: what people typed is in none of its files, its log, or what passes on the way to it.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use veldpost_journeys::{
    Browser, Device, Invitation, PASSPHRASE, Recorder, Region, Server, ServerChoices,
    app_with_survey, traces, written,
};

/// What is typed into every field; no other text of the app or the browser holds it.
const CANARY: &str = "kanarie7391";
/// What a page sends as no app should, so that the search is known to find it.
const CONTROL: &str = "controle4410";

/// I13: the canary in every text field travels to a coordinator, and the relay holds it in no writing.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_passes_the_relay_unread() -> Result<()> {
    let recorder = Recorder::start()?;
    let mut server = Server::start_with(ServerChoices {
        founding: true,
        log: true,
        origin: Some(recorder.origin()),
        ..ServerChoices::default()
    })?;
    let (off, on) = (
        "hidden,block_note,,,,,,,,,,no",
        "hidden,block_note,,,,,,,,,,yes",
    );
    let app = app_with_survey(server.built(), |sheet| sheet.replace(off, on))?;
    server.serve_instead(app.path().to_path_buf()).await?;
    recorder.lead_to(server.address());

    let anna = Device::laptop().await?;
    let address = [recorder.origin(), "/".to_owned()].concat();
    let kit = anna.found_region_named(&address, [CANARY; 5]).await?;
    anna.unlock_alone().await?;
    anna.to_region().await?;
    anna.see("Nog niet klaar").await?;
    let region = Region { server, anna, kit };
    let (region, bram) = region.open().await?;
    let link = region.anna.invite(Invitation::Worker, CANARY).await?;
    let wil = Device::phone().await?;
    wil.join(&link, CANARY).await?;
    let words = wil.six_words().await?;
    region.anna.admit(CANARY, &words).await?;
    wil.look_until("Er is nog niets om te versturen").await?;
    record(&wil).await?;
    send_openly(&wil).await?;

    // It travelled: the coordinator reads it, and nothing of it is left to be sent.
    region.anna.look_for_figure("formulieren", "1").await?;
    region.anna.back_to_start().await?;
    region.anna.tap("button", "Registraties").await?;
    region.anna.list_of_region().await?;
    region.anna.tap_holding("button", "Ronde,").await?;
    region.anna.see(CANARY).await?;
    bram.look_for_figure("formulieren", "1").await?;
    wil.look_until("Alles is ontvangen").await?;
    blind(&region.server, &recorder, &region.kit)?;
    bram.quit().await?;
    wil.quit().await?;
    region.anna.quit().await
}

/// A round with a crew and a remark, and a person with words in each field that takes words.
async fn record(wil: &Browser) -> Result<()> {
    wil.tap("button", "Start tellen").await?;
    wil.fill("Ploeg", CANARY).await?;
    wil.tap("radio", CANARY).await?;
    wil.tap("button", "Begin de ronde").await?;
    wil.tap("button", "Man, 18+").await?;
    wil.kept(1).await?;
    wil.tap("button", "Stop ronde").await?;
    wil.fill("Opmerking", CANARY).await?;
    wil.tap("button", "Stop de ronde").await?;
    wil.place("button", "Start tellen").await?;
    wil.tap("button", "Nieuwe registratie").await?;
    wil.write_everywhere(CANARY).await?;
    for field in [
        "Eerste twee letters van de voornaam",
        "Eerste twee letters van de achternaam",
    ] {
        wil.tap("textbox", field).await?;
        wil.press("End").await?;
        for _ in CANARY.chars().skip(2) {
            wil.press("Backspace").await?;
        }
    }
    wil.tap("button", "Controleren").await?;
    wil.place("heading", "Klopt dit?").await?;
    wil.tap("button", "Klaar, bewaar").await?;
    wil.place("heading", "Start").await.map(|_| ())
}

/// The positive control: the same in each writing, as bodies of requests that the relay refuses.
async fn send_openly(page: &Browser) -> Result<()> {
    let send = "const [text] = arguments; const bytes = new TextEncoder().encode(text); \
        const hex = [...bytes].map((one) => one.toString(16).padStart(2, '0')); \
        const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw')); \
        const wide = new Uint16Array([...text].map((one) => one.charCodeAt(0))); \
        const bodies = [bytes, wide, btoa(text), hex.join(''), '%' + hex.join('%'), \
          await new Response(packed).arrayBuffer()]; \
        for (const body of bodies) await fetch('/v1/entries', {method: 'POST', body}); \
        return bodies.length";
    let sent = page.run(send, json!([CONTROL])).await?;
    assert_eq!(sent, json!(6));
    Ok(())
}

fn blind(server: &Server, recorder: &Recorder, kit: &[String]) -> Result<()> {
    let to_server: Vec<u8> = recorder.passed(true).concat();
    let found = traces(&to_server, CONTROL);
    for way in ["UTF-8", "UTF-16LE", "hex", "percent", "base64", "deflate"] {
        assert!(
            found.contains(&way),
            "{way} was sent, and only {found:?} is found"
        );
    }

    let mut searched = vec![("what was sent", to_server), ("the log", server.log()?)];
    let files = files(server.data())?;
    assert!(!files.is_empty(), "the relay has no files");
    for file in &files {
        searched.push(("a file", std::fs::read(file)?));
    }
    let row = kit.first().context("no kit")?;
    let row = row.split_whitespace().nth(1).context("an empty row")?;
    for (what, bytes) in searched {
        assert!(!bytes.is_empty() || what == "a file", "{what} is empty");
        let found = traces(&bytes, CANARY);
        if !found.is_empty() {
            bail!(
                "{what} ({} bytes) holds the canary as {found:?}",
                bytes.len()
            );
        }
        assert_eq!(written(&bytes, PASSPHRASE), [""; 0], "{what}");
        assert_eq!(written(&bytes, row), [""; 0], "{what}");
    }
    // The app itself comes this way, packed: its bytes are not unpacked from every place.
    for stream in recorder.passed(false) {
        assert_eq!(written(&stream, CANARY), [""; 0], "what was received");
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
