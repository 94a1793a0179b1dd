//! A region begins: who founds it waits for a second coordinator; invitations that work, and those that do not.

use anyhow::Result;
use veldpost_journeys::Region;

/// One coordinator cannot begin a count, however they try; two can.
#[tokio::test(flavor = "multi_thread")]
async fn no_count_begins_before_a_second_coordinator_is_in() -> Result<()> {
    let region = Region::found().await?;
    region.anna.see("Iedereen oefent nog.").await?;
    region.anna.next_stage("Begin de telling").await?;
    region
        .anna
        .see("Nodig een tweede coördinator uit. Tot die meedoet, begint er geen telling.")
        .await?;
    region.anna.see("Iedereen oefent nog.").await?;
    let (region, bram) = region.open().await?;
    region.anna.see_no_more("Nog niet klaar").await?;
    bram.quit().await?;
    region.anna.quit().await
}
