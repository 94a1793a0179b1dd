//! What lies in a blob, by its kind; the settings have a file of their own.
//!
//! Not here: the seal and the compression around it.

use super::settings::SettingsBlob;
use super::{BlobKind, OpenedBlob};
use crate::EnvelopeError;
use crate::canonical::{Reader, Writer};
use veldpost_domain::CampaignId;

/// No name is longer, in bytes.
pub const MAX_NAME: usize = 120;
/// No list is longer, unless it has a limit of its own.
pub const MAX_LIST: usize = 2000;

/// The content of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobContent {
    /// Kind 1.
    Settings(SettingsBlob),
    /// Kind 2.
    Form(FormBlob),
    /// Kind 3.
    Cards(Vec<Card>),
    /// Kind 4.
    Snapshot(SnapshotBlob),
}

/// A questionnaire, as the sheets of an XLSForm in CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormBlob {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The sheet of questions.
    pub survey: String,
    /// The sheet of choices.
    pub choices: String,
    /// The sheet of settings.
    pub settings: String,
}

/// A card with what to do or whom to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it says.
    pub text: String,
    /// The date on which somebody checked it.
    pub checked_on: String,
    /// Where it comes from.
    pub source: String,
}

/// A published result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotBlob {
    /// The campaign.
    pub campaign: CampaignId,
    /// Which publication of it, from 1.
    pub version: u64,
    /// When it was made: milliseconds since 1970.
    pub at: i64,
    /// Its tables.
    pub tables: Vec<SnapshotTable>,
}

/// One table of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotTable {
    /// Its name.
    pub name: String,
    /// Its rows, as CSV.
    pub csv: String,
}

impl BlobContent {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> BlobKind {
        match self {
            Self::Settings(_) => BlobKind::Settings,
            Self::Form(_) => BlobKind::Form,
            Self::Cards(_) => BlobKind::Cards,
            Self::Snapshot(_) => BlobKind::Snapshot,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(4096);
        match self {
            Self::Settings(settings) => settings.write(&mut out),
            Self::Form(form) => {
                out.array(5).text(&form.id).text(&form.version);
                out.text(&form.survey)
                    .text(&form.choices)
                    .text(&form.settings);
            }
            Self::Cards(cards) => {
                out.array(1).array(cards.len());
                for card in cards {
                    out.array(5).text(&card.id).text(&card.title);
                    out.text(&card.text)
                        .text(&card.checked_on)
                        .text(&card.source);
                }
            }
            Self::Snapshot(snapshot) => {
                out.array(4)
                    .bytes(&snapshot.campaign.0)
                    .uint(snapshot.version)
                    .int(snapshot.at);
                out.array(snapshot.tables.len());
                for table in &snapshot.tables {
                    out.array(2).text(&table.name).text(&table.csv);
                }
            }
        }
        out.finish()
    }
}

/// Reads the content of a blob of this kind.
pub(super) fn read_content(kind: BlobKind, plain: &[u8]) -> Result<OpenedBlob, EnvelopeError> {
    let mut fields = Fields {
        input: Reader::new(plain),
        newer: false,
    };
    let content = match kind {
        BlobKind::Settings => SettingsBlob::read(&mut fields).map(BlobContent::Settings),
        BlobKind::Form => fields.record(5, read_form).map(BlobContent::Form),
        BlobKind::Cards => fields
            .record(1, |fields| fields.list(MAX_LIST, read_card))
            .map(BlobContent::Cards),
        BlobKind::Snapshot => fields.record(4, read_snapshot).map(BlobContent::Snapshot),
        BlobKind::Unknown(_) => Err(EnvelopeError::Newer("blob")),
    }?;
    fields.input.end()?;
    Ok(OpenedBlob {
        content,
        has_newer_fields: fields.newer,
    })
}

fn read_form(fields: &mut Fields<'_>) -> Result<FormBlob, EnvelopeError> {
    Ok(FormBlob {
        id: fields.text()?,
        version: fields.text()?,
        survey: fields.text()?,
        choices: fields.text()?,
        settings: fields.text()?,
    })
}

fn read_card(fields: &mut Fields<'_>) -> Result<Card, EnvelopeError> {
    fields.record(5, |fields| {
        Ok(Card {
            id: fields.text()?,
            title: fields.text()?,
            text: fields.text()?,
            checked_on: fields.text()?,
            source: fields.text()?,
        })
    })
}

fn read_snapshot(fields: &mut Fields<'_>) -> Result<SnapshotBlob, EnvelopeError> {
    Ok(SnapshotBlob {
        campaign: CampaignId(fields.input.byte_array()?),
        version: fields.input.uint()?,
        at: fields.input.int()?,
        tables: fields.list(MAX_LIST, |fields| {
            fields.record(2, |fields| {
                Ok(SnapshotTable {
                    name: fields.name()?,
                    csv: fields.text()?,
                })
            })
        })?,
    })
}

/// Reads records in one another, and remembers whether any had more fields than are known.
pub(super) struct Fields<'a> {
    pub input: Reader<'a>,
    pub newer: bool,
}

impl Fields<'_> {
    pub fn record<T>(
        &mut self,
        known: usize,
        read: impl FnOnce(&mut Self) -> Result<T, EnvelopeError>,
    ) -> Result<T, EnvelopeError> {
        let newer = self.input.record(known)?;
        self.newer |= newer > 0;
        let value = read(self)?;
        self.input.skip_many(newer)?;
        Ok(value)
    }

    pub fn list<T>(
        &mut self,
        most: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, EnvelopeError>,
    ) -> Result<Vec<T>, EnvelopeError> {
        let count = self.input.array()?;
        if count > most {
            return Err(EnvelopeError::TooLarge("list"));
        }
        (0..count).map(|_| read(self)).collect()
    }

    pub fn text(&mut self) -> Result<String, EnvelopeError> {
        self.input.text().map(str::to_owned)
    }

    pub fn name(&mut self) -> Result<String, EnvelopeError> {
        read_name(&mut self.input)
    }
}

/// A text of at most [`MAX_NAME`] bytes.
pub(crate) fn read_name(input: &mut Reader<'_>) -> Result<String, EnvelopeError> {
    match input.text()? {
        name if name.len() <= MAX_NAME => Ok(name.to_owned()),
        _ => Err(EnvelopeError::TooLarge("name")),
    }
}
