//! The app opens without a network, once it has been seen.

use anyhow::Result;
use veldpost_journeys::{Browser, Profile, Server, eventually};

/// Opened once; the server is stopped for real; the page is there, at every address and in a new browser.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_there_after_the_server_has_gone() -> Result<()> {
    let mut server = Server::start()?;
    let profile = Profile::new()?;
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Veldpost").await?;
    browser.worker_complete().await?;
    assert!(browser.reaches_server().await?);

    server.stop().await?;
    eventually("the server to be out of reach", async || {
        Ok((!browser.reaches_server().await?).then_some(()))
    })
    .await?;
    browser.reload().await?;
    browser.see("Veldpost").await?;
    browser.open(&server.url("/?bron=app")).await?;
    browser.see("Veldpost").await?;
    browser.kill().await?;

    let again = Browser::start(&profile).await?;
    again.open(&server.url("/")).await?;
    again.see("Veldpost").await?;
    assert!(!again.reaches_server().await?);
    again.quit().await
}
