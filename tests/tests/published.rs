//! A result is published: its tables stand still from then on, for every coordinator, and what comes later is told beside it.

use anyhow::Result;
use veldpost_journeys::{Browser, Evening};

const SEEN_ONLY: &str = "alleen gezien";

/// Three people are counted and published; a fourth comes after the lock, and somebody lets it count all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_result_was_published_does_not_change_it() -> Result<()> {
    let Evening {
        region, bram, wil, ..
    } = Evening::begin(3).await?;
    region.anna.look_for_figure(SEEN_ONLY, "3").await?;
    region.anna.back_to_region().await?;

    region.anna.next_stage("Sluit het tellen af").await?;
    region.anna.see("Nazenden kan nog.").await?;
    region.anna.next_stage("Vergrendel de telling").await?;
    region.anna.see("Vergrendeld: wat nu nog komt").await?;
    let before = region.anna.acts().await?;
    region.anna.next_stage("Stel de uitkomst vast").await?;
    region.anna.see("De uitkomst is vastgesteld.").await?;
    // The result and its stage; new keys, and what the region is called under them.
    region.anna.reach_acts(before + 4).await?;
    published(&region.anna, "Daarna kwam er niets bij.").await?;
    let built = region.server.built();
    assert_eq!(region.anna.violations(built).await?, []);
    region.anna.back_to_region().await?;

    // The round was never stopped: its phone goes on, and what it sends is late.
    wil.count(1).await?;
    wil.kept(4).await?;
    region.anna.look_until("Bijzonder: 1").await?;
    published(
        &region.anna,
        "Nagekomen berichten: 1. Alles wat telt samen is nu 0 formulieren en 3 alleen gezien.",
    )
    .await?;
    region.anna.back_to_region().await?;

    region.anna.tap("button", "Bijzonder: 1").await?;
    region.anna.tap_holding("button", "Laat meetellen").await?;
    region
        .anna
        .confirm("Laten meetellen?", "Laat meetellen")
        .await?;
    region
        .anna
        .look_until("Berichten die zo meetellen: 1.")
        .await?;
    region.anna.tap("button", "Terug").await?;
    let after =
        "Nagekomen berichten: 0. Alles wat telt samen is nu 0 formulieren en 4 alleen gezien.";
    published(&region.anna, after).await?;

    // The other coordinator reads the same from what the relay hands out.
    published(&bram, after).await?;
    assert_eq!(
        bram.table("Tabel 1").await?,
        region.anna.table("Tabel 1").await?
    );
    it_has_another_version(&region.anna, &bram).await?;
    a_newer_count_does_not_take_it_away(&region.anna).await?;
    for device in [wil, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// On the tables: what was let count comes into the result by a version of its own, and not a second time.
async fn it_has_another_version(anna: &Browser, bram: &Browser) -> Result<()> {
    const AGAIN: &str = "Stel de uitkomst opnieuw vast";
    anna.back_to_region().await?;
    anna.next_stage(AGAIN).await?;
    anna.see("Er is een nieuwe versie van de uitkomst.").await?;
    anna.next_stage(AGAIN).await?;
    anna.see("De tabellen van nu zijn dezelfde als die van de uitkomst. Er is niets veranderd.")
        .await?;
    for coordinator in [bram, anna] {
        coordinator.back_to_region().await?;
        coordinator.tap("button", "Tabellen").await?;
        coordinator.look_until("Versie 2.").await?;
        coordinator.look_for_fact(SEEN_ONLY, "4").await?;
    }
    Ok(())
}

/// On the tables: the count of another night is opened, and the result of this one can still be looked at.
async fn a_newer_count_does_not_take_it_away(anna: &Browser) -> Result<()> {
    let figures = anna.table("Tabel 1").await?;
    anna.back_to_region().await?;
    anna.begin_another_count("Telling 2027", "2027-11-26")
        .await?;
    anna.look_for_figure(SEEN_ONLY, "0").await?;
    anna.tap_holding("button", "Toon Telling").await?;
    anna.see("Deze getallen veranderen niet meer.").await?;
    anna.see_fact(SEEN_ONLY, "4").await?;
    assert_eq!(anna.table("Tabel 1").await?, figures);
    anna.tap("button", "Terug naar de telling van nu").await?;
    anna.see_fact(SEEN_ONLY, "0").await
}

/// On the region's screen: goes to the tables, which are those of the result, with this beside them.
async fn published(coordinator: &Browser, later: &str) -> Result<()> {
    coordinator.tap("button", "Tabellen").await?;
    coordinator.look_until("Vastgesteld op ").await?;
    coordinator.see("Versie 1.").await?;
    coordinator.look_until(later).await?;
    coordinator.see_fact(SEEN_ONLY, "3").await
}
