//! The result of a count: its tables are sealed as they stand, and from then on they are what is shown.
//!
//! Not here: what a table is made of and how it is written (`veldpost_domain`).

use super::{OfficeProblem, Stands};
use crate::browser::clock;
use crate::services::field::Book;
use crate::services::post::{Post, labels};
use veldpost_domain::{CampaignId, Date, Scope, Tables, published};
use veldpost_envelope::act::{Act, Snapshot, Stage};
use veldpost_envelope::blob::{BlobContent, SnapshotBlob, SnapshotTable};
use veldpost_envelope::{BlobId, Purpose};

/// A result that was published.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// Its tables.
    pub tables: Tables,
    /// When: milliseconds since 1970.
    pub at: i64,
    /// Which publication of that count, from 1.
    pub version: u64,
}

/// Another count than the one that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// Which count.
    pub campaign: CampaignId,
    /// What it is called.
    pub name: String,
    /// Its tables: the result, or what counts now.
    pub tables: Tables,
    /// When its result was published, and which publication it is; none before.
    pub published: Option<(i64, u64)>,
}

impl Post {
    /// Other counts that began, the newest night first: results, and once everything was judged those that have none yet.
    /// Nothing for who may not read tables now.
    pub async fn other_counts(self) -> Vec<Other> {
        let (Ok(book), Some(settings)) = (self.book(), self.settings_now().await) else {
            return Vec::new();
        };
        if book.vault().is_none() || !book.membership().coordinates(Purpose::Count) {
            return Vec::new();
        }
        let began = |campaign: &CampaignId| {
            let stage = self
                .with(|device| device.roster().stage(campaign))
                .flatten();
            stage.is_some_and(|stage| stage != Stage::Practice)
        };
        let mut others = settings.campaigns;
        others.retain(|campaign| campaign.id != book.campaign() && began(&campaign.id));
        others.sort_by(|one, other| other.count_date.cmp(&one.count_date));
        let mut found = Vec::new();
        for campaign in others {
            let result = self.published(campaign.id).await;
            let published = result.as_ref().map(|result| (result.at, result.version));
            let tables = match result {
                Some(result) => Some(result.tables),
                None => self.tables_of(&book, campaign.id).await,
            };
            if let Some(tables) = tables {
                found.push(Other {
                    campaign: campaign.id,
                    name: campaign.name,
                    tables,
                    published,
                });
            }
        }
        found
    }

    /// Publishes the tables of a locked campaign as they stand. Of one that was published before, and where something else counts
    /// since: as the next version of its result.
    pub async fn publish_result(self, campaign: CampaignId) -> Result<(), OfficeProblem> {
        let stage = self.with(|device| device.roster().stage(&campaign));
        let again = stage.flatten() == Some(Stage::Published);
        match self.publish_tables(campaign).await {
            // Only the first of the two acts was done before.
            Err(OfficeProblem::SameResult) if !again => {}
            published => published?,
        }
        if again {
            self.renew_behind();
            return Ok(());
        }
        self.last_stage(campaign).await
    }

    async fn publish_tables(self, campaign: CampaignId) -> Result<(), OfficeProblem> {
        let book = self.book()?;
        let tables = self.tables_of(&book, campaign).await;
        let tables = tables.ok_or(OfficeProblem::Locked)?;
        let snapshot = self.with(|device| device.roster().snapshot(&campaign));
        let newest = snapshot.ok_or(OfficeProblem::NoRelay)?;
        let same = self.published(campaign).await;
        if same.is_some_and(|result| result.tables == tables) {
            return Err(OfficeProblem::SameResult);
        }
        let version = newest.map_or(0, |newest| newest.version) + 1;
        let named = published::write(&tables).map(|(name, csv)| SnapshotTable {
            name: name.to_owned(),
            csv,
        });
        let content = BlobContent::Snapshot(SnapshotBlob {
            campaign,
            version,
            at: clock::now(),
            tables: named.into(),
        });
        let checkpoint = self.pinned_checkpoint()?;
        let (number, blob) = self.put(&book, content).await?;
        self.act(Act::Snapshot(Snapshot {
            campaign,
            version,
            checkpoint,
            number,
            blob: blob.0,
        }))
        .await
    }

    /// Behind the result that stands already.
    async fn last_stage(self, campaign: CampaignId) -> Result<(), OfficeProblem> {
        let done = self.stage(campaign, Stage::Published).await;
        done.map_err(Stands::Result.but())?;
        self.renew_behind();
        Ok(())
    }

    /// The newest result of a campaign; none before there is one, and where it does not open.
    pub async fn published(self, campaign: CampaignId) -> Option<Published> {
        let book = self.book().ok()?;
        let roster = self.with(|device| device.roster().clone())?;
        let snapshot = roster.snapshot(&campaign)?;
        let content = labels::open_blob(&book, &roster, BlobId(snapshot.blob)).await?;
        let BlobContent::Snapshot(blob) = content else {
            return None;
        };
        let named = blob.tables.iter();
        let named = named.map(|table| (table.name.as_str(), table.csv.as_str()));
        let tables = published::read(named)?;
        (blob.campaign == campaign && blob.version == snapshot.version).then_some(Published {
            tables,
            at: blob.at,
            version: blob.version,
        })
    }

    /// Entries of this campaign that came after it was locked and that nobody admitted.
    pub fn late(self, campaign: CampaignId) -> usize {
        self.judged(|evaluation| evaluation.late.get(&campaign).copied())
            .flatten()
            .unwrap_or_default()
    }

    /// What everything received comes to; none before it was judged.
    async fn tables_of(self, book: &Book, campaign: CampaignId) -> Option<Tables> {
        self.judged(|_| ())?;
        let settings = self.settings_now().await?;
        let known = settings
            .campaigns
            .iter()
            .find(|known| known.id == campaign)?;
        let scope = Scope {
            campaign: Some(campaign),
            count_date: Date::parse(&known.count_date)?,
        };
        Some(Tables::compute(book.records().iter(), &scope))
    }
}
