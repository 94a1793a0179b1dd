//! An invitation that is opened in a tab of an iPhone's browser: the app on the home screen has another storage.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Device, Invitation, Region};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const TITLE: &str = "Open dit in de app op je beginscherm";
const PAST: &str = "Toch meedoen in deze browser";

/// In a tab it is said before anything is agreed to, and there is a way past; a desk is not stopped, nor the app itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_in_a_tab_of_an_iphone_is_for_the_app_on_the_home_screen() -> Result<()> {
    let region = Region::found().await?;
    let anna = &region.anna;
    let single = anna.invite(Invitation::Worker, "Voor Wil").await?;
    let evening = anna.invite(Invitation::Evening, "Vrijdag").await?;
    let desk = anna.invite(Invitation::Desk, "Balie").await?;
    let phone = Device::phone().await?;
    phone
        .devtools(
            "Emulation.setUserAgentOverride",
            json!({"userAgent": IPHONE}),
        )
        .await?;

    for link in [&evening, &single] {
        phone.open(link).await?;
        phone.see(TITLE).await?;
        let text = phone.text().await?;
        assert!(!text.contains("Wil je meedoen?"), "{text}");
        assert!(!phone.names("button").await?.contains(&"Ik doe mee".into()));
        phone.tap("button", "Terug").await?;
    }
    phone.open(&desk).await?;
    phone.see("Wil je meedoen?").await?;

    phone.open(&single).await?;
    phone.see(TITLE).await?;
    assert_eq!(phone.violations(region.server.built()).await?, []);
    assert_eq!(copied(&phone).await?, single);
    phone.see("De link is gekopieerd.").await?;
    // Nothing was used up: the app on the home screen joins by it.
    let app = Device::phone().await?;
    app.join(&single, "Wil").await?;

    let other = anna.invite(Invitation::Worker, "Voor Zus").await?;
    phone.open(&other).await?;
    phone.tap("button", PAST).await?;
    phone.see("Wil je meedoen?").await?;
    phone.agree("Zus").await?;
    phone.see("Nog niet bevestigd").await?;
    for device in [app, phone, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// Copies the link; gives what was copied.
async fn copied(phone: &Browser) -> Result<String> {
    let listen = "navigator.clipboard.writeText = async (text) => { window.copied = text; }";
    phone.run(listen, json!([])).await?;
    phone.tap("button", "Kopieer de link").await?;
    let text = phone.run("return window.copied", json!([])).await?;
    Ok(serde_json::from_value(text)?)
}
