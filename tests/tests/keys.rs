//! Keys of the region that are renewed by themselves. Behind a result: `published`; after a removal: `half_done`.

use anyhow::Result;
use veldpost_journeys::{Device, Evening, Region, ServerChoices};

const A_QUARTER_LATER: &str = "{ const Real = Date, later = 91 * 86_400_000; window.Date = class extends Real { \
    constructor(...given) { if (given.length) super(...given); else super(Date.now()); } \
    static now() { return Real.now() + later; } }; }";

/// A clock that is months wrong renews nothing: it would at each start, and everybody whose clock is right would again. The first
/// start that is unlocked after 90 days does, once; what a phone sealed under the old keys meanwhile is received.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_ninety_days_ago_are_renewed_by_themselves_once() -> Result<()> {
    let Evening {
        mut region,
        bram,
        wil,
        ..
    } = Evening::begin(1).await?;
    region.anna.look_for_figure("alleen gezien", "1").await?;
    let before = region.anna.acts().await?;
    region.anna.before_each_page(A_QUARTER_LATER).await?;
    unlocked(&region, &region.anna).await?;
    wil.count(1).await?;
    wil.kept(2).await?;
    region.anna.look_for_figure("alleen gezien", "2").await?;
    assert_eq!(region.anna.acts().await?, before, "its clock is wrong");

    region.server.stop().await?;
    wil.count(1).await?;
    wil.kept(3).await?;
    let later = ServerChoices {
        founding: true,
        days_ahead: 91,
        ..ServerChoices::default()
    };
    region.server.restart_with(later).await?;
    for _ in 0..2 {
        unlocked(&region, &region.anna).await?;
        region.anna.reach_acts(before + 2).await?;
    }
    wil.comes_online().await?;
    region.anna.look_for_figure("alleen gezien", "3").await?;
    // They are new to the other coordinator as well, who renews nothing again.
    bram.before_each_page(A_QUARTER_LATER).await?;
    unlocked(&region, &bram).await?;
    bram.look_for_figure("alleen gezien", "3").await?;
    assert_eq!(bram.acts().await?, before + 2);
    for device in [wil, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// A start of a coordinator, to the region's screen.
async fn unlocked(region: &Region, coordinator: &Device) -> Result<()> {
    coordinator.open(&region.server.url("/")).await?;
    coordinator.unlock_alone().await?;
    coordinator.to_region().await
}
