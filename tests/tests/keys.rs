//! Keys of the region that are renewed by themselves. Behind a result: `published`; after a removal: `half_done`.

use anyhow::Result;
use veldpost_journeys::Evening;

/// The first start that is unlocked after 90 days renews them, once; a phone that seals under the old ones meanwhile is received.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_ninety_days_ago_are_renewed_by_themselves_once() -> Result<()> {
    const A_QUARTER_LATER: &str = "{ const Real = Date, later = 91 * 86_400_000; window.Date = class extends Real { \
        constructor(...given) { if (given.length) super(...given); else super(Date.now()); } \
        static now() { return Real.now() + later; } }; }";
    let Evening {
        mut region,
        bram,
        wil,
        ..
    } = Evening::begin(1).await?;
    let anna = &region.anna;
    anna.look_for_figure("alleen gezien", "1").await?;
    let before = anna.acts().await?;
    region.server.stop().await?;
    wil.count(1).await?;
    wil.kept(2).await?;
    region.server.start_again()?;

    anna.before_each_page(A_QUARTER_LATER).await?;
    for _ in 0..2 {
        anna.open(&region.server.url("/")).await?;
        anna.unlock_alone().await?;
        anna.to_region().await?;
        anna.reach_acts(before + 2).await?;
    }
    wil.comes_online().await?;
    anna.look_for_figure("alleen gezien", "2").await?;
    // A new key is no news to the other coordinator, who renews nothing again.
    bram.open(&region.server.url("/")).await?;
    bram.unlock_alone().await?;
    bram.look_for_figure("alleen gezien", "2").await?;
    assert_eq!(bram.acts().await?, before + 2);
    for device in [wil, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}
