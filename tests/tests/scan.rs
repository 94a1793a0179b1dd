//! Somebody scans the QR code of an invitation inside the app: the camera, what it sees, and every way in which it brings nothing.
//!
//! Deliberately not here: reading codes that are turned, blurred or broken (`crates/scan`).

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{
    Browser, Device, Invitation, Pretended, Profile, Region, Screen, Server, eventually,
};

/// Six pixels a module: the whole code in the picture, with its border.
const MODULE: usize = 6;
const SCAN: &str = "Scan de QR-code";
const LOOKING: &str = "De camera staat aan.";
const OTHER: &str = "Dit is een QR-code, maar geen uitnodiging.";

/// A worker joins by scanning: another code is told apart and looked past, the link is in no address, and the camera is off when it was found.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_joins_by_scanning_what_the_coordinator_shows() -> Result<()> {
    let region = Region::found().await?;
    let link = region.anna.invite(Invitation::Worker, "Voor Wil").await?;
    let camera = Pretended::wall()?;
    let wil = Device::phone_with(&camera).await?;
    to_the_link(&wil, &region.server).await?;
    let entries = entries(&wil).await?;
    wil.fill("Link van de uitnodiging", "half geplakt").await?;

    wil.tap("button", SCAN).await?;
    wil.focus_on(SCAN).await?;
    wil.hear(LOOKING).await?;
    assert!(
        !wil.names("button").await?.concat().contains("lamp"),
        "a lamp"
    );
    assert_eq!(wil.cameras().await?, (1, 1));
    assert_eq!(wil.violations(region.server.built()).await?, []);
    camera.show_code("https://voorbeeld.example/menu", 8)?;
    wil.hear(OTHER).await?;
    wil.see(OTHER).await?;
    assert_eq!(wil.cameras().await?, (1, 1));

    camera.show_code(&link, MODULE)?;
    wil.see("Wil je meedoen?").await?;
    assert_eq!(wil.cameras().await?, (1, 0));
    assert_eq!(self::entries(&wil).await?, entries);
    wil.agree("Wil").await?;
    wil.see("Nog niet bevestigd").await?;
    let words = wil.six_words().await?;
    region.anna.admit("Wil", &words).await?;

    let secret = link.rsplit('.').next().context("no secret")?;
    for said in wil.driver.get_log("browser").await? {
        assert!(!said.message.contains(secret), "{}", said.message);
    }
    wil.quit().await?;
    region.anna.quit().await
}

/// Stop, Escape, another app in front: the camera is off at once, and what was pasted is still there.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_finds_what_was_pasted_and_the_camera_off() -> Result<()> {
    let (server, camera) = (Server::start_for_regions()?, Pretended::wall()?);
    let phone = Device::phone_with(&camera).await?;
    to_the_link(&phone, &server).await?;
    phone
        .fill("Link van de uitnodiging", "half geplakt")
        .await?;
    for (number, end) in ["Stop met scannen", "Terug", "Escape", "another app"]
        .into_iter()
        .enumerate()
    {
        let number = number as u64 + 1;
        phone.tap("button", SCAN).await?;
        phone.hear(LOOKING).await?;
        phone.see(LOOKING).await?;
        // The words of the time before may still stand.
        eventually(&format!("a camera before {end}"), async || {
            Ok((phone.cameras().await? == (number, 1)).then_some(()))
        })
        .await?;
        match end {
            "Escape" => phone.press("Escape").await?,
            "another app" => {
                phone.driver.minimize_window().await?;
                eventually("the camera to be off", async || {
                    Ok((phone.cameras().await?.1 == 0).then_some(()))
                })
                .await?;
                phone.driver.set_window_rect(0, 0, 800, 600).await?;
                phone.see("De camera is uitgezet").await?;
            }
            button => phone.tap("button", button).await?,
        }
        phone.focus_on("Meedoen").await?;
        assert_eq!(phone.cameras().await?, (number, 0), "after {end}");
        assert_eq!(typed(&phone).await?, "half geplakt", "after {end}");
    }
    phone.quit().await
}

/// On the narrowest phone what the camera sees is as wide as the page.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_narrow_phone_the_picture_is_as_wide_as_the_page() -> Result<()> {
    let (server, camera) = (Server::start_for_regions()?, Pretended::wall()?);
    let phone = Device::phone_with(&camera).await?;
    phone.show_on(Screen::NarrowPhone).await?;
    to_the_link(&phone, &server).await?;
    phone.tap("button", SCAN).await?;
    phone.see(LOOKING).await?;
    let widths = "const width = (it) => it.getBoundingClientRect().width; \
        return [width(document.querySelector('video').parentElement), width(document.querySelector('h1'))]";
    let widths = phone.run(widths, json!([])).await?;
    assert_eq!(widths[0], widths[1], "the picture and the page");
    phone.keep_picture("scan narrow").await?;
    phone.quit().await
}

/// Whoever leaves while the browser still asks: a yes that comes after it switches no camera on for long.
#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_comes_after_leaving_leaves_no_camera_on() -> Result<()> {
    let (server, camera) = (Server::start_for_regions()?, Pretended::wall()?);
    let phone = Device::phone_with(&camera).await?;
    phone.note_cameras().await?;
    phone.before_each_page(SLOW_YES).await?;
    phone.open(&server.url("/")).await?;
    phone.camera_may("granted").await?;
    phone.tap("button", "Ik heb een uitnodiging").await?;
    phone.tap("button", SCAN).await?;
    phone.see("Vraagt je toestel of het mag?").await?;
    phone.tap("button", "Stop met scannen").await?;
    phone.focus_on("Meedoen").await?;
    assert_eq!(phone.cameras().await?, (0, 0));
    phone.run("veldpostYes()", json!([])).await?;
    eventually("the camera to go on and off", async || {
        Ok((phone.cameras().await? == (1, 0)).then_some(()))
    })
    .await?;
    phone.quit().await
}

/// The camera comes when the journey says so.
const SLOW_YES: &str = "const devices = navigator.mediaDevices; const ask = devices.getUserMedia; \
    devices.getUserMedia = async (what) => { \
      await new Promise((yes) => { window.veldpostYes = yes; }); return ask(what); }";

/// A lamp, where the camera says that it has one. No pretended camera has: the page is told of one.
#[tokio::test(flavor = "multi_thread")]
async fn a_lamp_can_be_lit_where_there_is_one() -> Result<()> {
    let (server, camera) = (Server::start_for_regions()?, Pretended::wall()?);
    let phone = Device::phone_with(&camera).await?;
    phone.pretend_lamp().await?;
    to_the_link(&phone, &server).await?;
    phone.tap("button", SCAN).await?;
    phone.tap("button", "Doe de lamp aan").await?;
    phone.place("button", "Doe de lamp uit").await?;
    assert_eq!(phone.lamp_is_lit().await?, Some(true));
    phone.focus_on("Doe de lamp uit").await?;
    phone.tap("button", "Doe de lamp uit").await?;
    phone.place("button", "Doe de lamp aan").await?;
    assert_eq!(phone.lamp_is_lit().await?, Some(false));
    phone.quit().await
}

/// No camera, a camera that the person does not allow: words, and pasting as before. A yes later on is enough.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_camera_or_a_yes_it_says_so_and_the_link_can_be_pasted() -> Result<()> {
    let (server, camera) = (Server::start_for_regions()?, Pretended::wall()?);
    let phone = Device::phone_with(&camera).await?;
    to_the_link(&phone, &server).await?;
    phone.camera_may("denied").await?;
    phone.tap("button", SCAN).await?;
    phone.see("De camera mag niet aan.").await?;
    phone.see("Plak de link hieronder.").await?;
    phone.focus_on("Meedoen").await?;
    phone.place("alert", "").await?;
    assert_eq!(phone.violations(server.built()).await?, []);
    phone.camera_may("granted").await?;
    phone.tap("button", SCAN).await?;
    phone.see(LOOKING).await?;
    phone.quit().await?;

    let profile = Profile::new()?;
    let bare = Browser::start(&profile).await?;
    bare.show_on(Screen::Phone).await?;
    to_the_link(&bare, &server).await?;
    bare.tap("button", SCAN).await?;
    bare.see("We vinden geen camera op dit toestel.").await?;
    bare.fill("Link van de uitnodiging", "kom je ook?").await?;
    bare.tap("button", "Volgende").await?;
    bare.see("Meedoen lukt niet").await?;
    bare.quit().await
}

/// The reader is loaded when somebody scans and not before; from the second visit on it is on the device, and scanning needs no network.
#[tokio::test(flavor = "multi_thread")]
async fn the_reader_is_loaded_when_somebody_scans_and_works_offline_after() -> Result<()> {
    let (mut server, camera) = (Server::start_for_regions()?, Pretended::wall()?);
    let phone = Device::phone_with(&camera).await?;
    to_the_link(&phone, &server).await?;
    phone.worker_complete().await?;
    assert!(!asked_for_reader(&phone).await?);
    server.stop().await?;
    camera.show_code("een menukaart", 8)?;
    phone.reload().await?;
    phone.tap("button", "Ik heb een uitnodiging").await?;
    phone.tap("button", SCAN).await?;
    phone.see(OTHER).await?;
    assert!(asked_for_reader(&phone).await?);
    assert!(!phone.reaches_server().await?);
    phone.quit().await
}

/// Neither on the device nor to be had: words, the camera off, and a later attempt works.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_reader_it_says_so_and_a_later_scan_works() -> Result<()> {
    let (mut server, camera) = (Server::start_for_regions()?, Pretended::wall()?);
    camera.show_code("een menukaart", 8)?;
    let phone = Device::phone_with(&camera).await?;
    // A first visit without the worker that keeps the files.
    phone
        .before_each_page("delete Navigator.prototype.serviceWorker")
        .await?;
    to_the_link(&phone, &server).await?;
    server.stop().await?;
    phone.tap("button", SCAN).await?;
    phone
        .see("Het deel van Veldpost dat de code leest, is er nog niet.")
        .await?;
    phone.see("Scan opnieuw als je internet hebt.").await?;
    assert_eq!(phone.cameras().await?, (1, 0));
    server.start_again()?;
    phone.tap("button", SCAN).await?;
    phone.see(OTHER).await?;
    phone.quit().await
}

/// Something goes wrong with one picture: it holds nothing, and the next is read.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_breaks_the_reader_costs_that_picture_only() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/")).await?;
    let answers = browser.run(BROKEN_PICTURES, json!([])).await?;
    assert_eq!(answers, json!(["", "", "", ""]));
    browser.quit().await
}

/// A picture, one without pixels, one that is larger than the reader takes, a picture.
const BROKEN_PICTURES: &str = "const worker = new Worker('/scan-worker.js'); \
    const picture = () => new Uint8ClampedArray(640 * 640 * 4); const answers = []; \
    for (const message of [[640, 640, picture()], [640, 640, null], [5000, 5000, picture()], [640, 640, picture()]]) { \
      worker.postMessage(message); \
      answers.push(await new Promise((resolve) => { worker.onmessage = ({data}) => resolve(data); })); } \
    worker.terminate(); return answers";

/// From the welcome to where the link is asked for; the camera may be used.
async fn to_the_link(browser: &Browser, server: &Server) -> Result<()> {
    browser.note_cameras().await?;
    browser.open(&server.url("/")).await?;
    browser.camera_may("granted").await?;
    browser.tap("button", "Ik heb een uitnodiging").await?;
    browser.place("heading", "Meedoen").await.map(|_| ())
}

/// The address and how many pages lie behind it.
async fn entries(browser: &Browser) -> Result<serde_json::Value> {
    let script = "return [location.href, history.length, history.state]";
    browser.run(script, json!([])).await
}

async fn typed(browser: &Browser) -> Result<serde_json::Value> {
    let script = "return document.querySelector('textarea').value";
    browser.run(script, json!([])).await
}

async fn asked_for_reader(browser: &Browser) -> Result<bool> {
    let script = "return performance.getEntriesByType('resource')\
        .some((one) => one.name.includes('/scan-'))";
    Ok(browser.run(script, json!([])).await? == true)
}
