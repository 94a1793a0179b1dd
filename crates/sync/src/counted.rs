//! What a judging came to, small enough to be kept: what each record adds to the tables, and what has to be read again when
//! something comes. With it an unlock makes the tables of today by opening only what came since.
//!
//! Not here: sealing and keeping it (`veldpost-journal`), and whether it still holds (`growth`).

use crate::authority::Evaluation;
use crate::growth::{Extent, Grounds};
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::tables::{PersonShare, Share};
use veldpost_domain::{
    CountFacts, LivingSituation, Municipality, OrganisationId, Place, RecordId, Scope, StreamId,
    Tables, dedup::Parts,
};
use veldpost_envelope::EnvelopeError;
use veldpost_envelope::canonical::{Reader, Writer};

/// More than any region has.
const MOST: usize = 1 << 20;
/// Of one record.
const MOST_PLACES: usize = 1 << 16;
const BROKEN: EnvelopeError = EnvelopeError::Malformed("counted");

/// What a judging came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub(crate) grounds: Grounds,
    pub(crate) statements: Vec<Place>,
    /// By id.
    records: Vec<OfRecord>,
}

/// One record of which an operation opened.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OfRecord {
    record: RecordId,
    places: Vec<Place>,
    /// None where it is in no table.
    share: Option<Share>,
}

impl Counted {
    /// What there is to keep of a judging.
    pub(crate) fn new(grounds: Grounds, judged: &Evaluation, scope: &Scope) -> Self {
        let mut operations = judged.operations.clone();
        operations.sort_unstable();
        let records = operations.chunk_by(|one, two| one.0 == two.0);
        let records = records.filter_map(|operations| {
            let (record, _) = *operations.first()?;
            let counts = judged.records.get(record);
            Some(OfRecord {
                record,
                places: operations.iter().map(|(_, place)| *place).collect(),
                share: counts.and_then(|counts| Share::of(counts, scope)),
            })
        });
        Self {
            grounds,
            statements: judged.statements.clone(),
            records: records.collect(),
        }
    }

    /// The tables that it came to.
    #[must_use]
    pub fn tables(&self, scope: &Scope) -> Tables {
        Tables::of_shares(self.shares(|_| true), scope)
    }

    /// The tables with what a later judging says of the records that it read.
    pub(crate) fn tables_with(&self, later: &Evaluation, scope: &Scope) -> Tables {
        let operations = later.operations.iter();
        let again: BTreeSet<RecordId> = operations.map(|(record, _)| *record).collect();
        let read = later.records.iter();
        let read = read.filter_map(|record| Some((record.id(), Share::of(record, scope)?)));
        let others = self.shares(|record| !again.contains(record));
        Tables::of_shares(others.chain(read), scope)
    }

    fn shares(
        &self,
        wanted: impl Fn(&RecordId) -> bool,
    ) -> impl Iterator<Item = (RecordId, Share)> {
        let records = self.records.iter();
        let records = records.filter(move |known| wanted(&known.record));
        records.filter_map(|known| Some((known.record, known.share?)))
    }

    /// Where operations on a record stood.
    pub(crate) fn operations(&self, record: RecordId) -> &[Place] {
        let found = self
            .records
            .binary_search_by_key(&record, |known| known.record);
        let found = found.ok().and_then(|at| self.records.get(at));
        found.map_or(&[], |known| &known.places)
    }

    /// The bytes to be sealed: `docs/format.md`, section 20.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(64 * self.records.len() + 4096);
        out.array(5).bytes(&self.grounds.ground);
        let mut streams = BTreeMap::new();
        out.array(self.grounds.streams.len());
        for (number, (stream, extent)) in self.grounds.streams.iter().enumerate() {
            streams.insert(*stream, number as u64);
            out.array(3)
                .bytes(&stream.0)
                .uint(extent.next)
                .bytes(&extent.hash);
        }
        let shares = self.shares(|_| true);
        let organisations = shares.filter_map(|(_, share)| match share {
            Share::Person(person) => person.organisation,
            Share::Seen { .. } => None,
        });
        let organisations: BTreeSet<OrganisationId> = organisations.collect();
        let organisations: Vec<OrganisationId> = organisations.into_iter().collect();
        out.array(organisations.len());
        organisations.iter().for_each(|id| _ = out.bytes(&id.0));
        let names = Names {
            streams,
            organisations,
        };
        names.places(&mut out, &self.statements);
        out.array(self.records.len());
        for known in &self.records {
            out.array(3).bytes(&known.record.0);
            names.places(&mut out, &known.places);
            names.share(&mut out, known.share.as_ref());
        }
        out.finish()
    }

    /// Reads what [`Counted::to_bytes`] made.
    ///
    /// # Errors
    /// `Malformed`, `TooLarge`: what was kept says nothing, and everything is to be read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let mut input = Reader::new(bytes);
        exactly(&mut input, 5)?;
        let ground = input.byte_array()?;
        let streams = input.list(MOST, "counted", |input| {
            exactly(input, 3)?;
            let id = StreamId(input.byte_array()?);
            let (next, hash) = (input.uint()?, input.byte_array()?);
            Ok((id, Extent { next, hash }))
        })?;
        let organisations = input.list(MOST, "counted", |input| {
            Ok(OrganisationId(input.byte_array()?))
        })?;
        let ids: Vec<StreamId> = streams.iter().map(|(id, _)| *id).collect();
        let statements = places(&mut input, &ids, MOST)?;
        let records = input.list(MOST, "counted", |input| {
            exactly(input, 3)?;
            Ok(OfRecord {
                record: RecordId(input.byte_array()?),
                places: places(input, &ids, MOST_PLACES)?,
                share: share(input, &organisations)?,
            })
        })?;
        input.end()?;
        if !records.is_sorted_by(|one, next| one.record < next.record) {
            return Err(BROKEN);
        }
        let streams = streams.into_iter().collect();
        Ok(Self {
            grounds: Grounds { ground, streams },
            statements,
            records,
        })
    }
}

/// Streams and organisations by number: each is named thousands of times.
struct Names {
    streams: BTreeMap<StreamId, u64>,
    organisations: Vec<OrganisationId>,
}

impl Names {
    fn places(&self, out: &mut Writer, places: &[Place]) {
        let known = places.iter().filter_map(|place| {
            let stream = self.streams.get(&place.stream)?;
            Some((*stream, place.seq))
        });
        let known: Vec<(u64, u64)> = known.collect();
        out.array(known.len());
        for (stream, seq) in known {
            out.array(2).uint(stream).uint(seq);
        }
    }

    fn share(&self, out: &mut Writer, share: Option<&Share>) {
        let person = match share {
            Some(Share::Person(person)) => person,
            Some(Share::Seen { counted_already }) => {
                out.bool(*counted_already);
                return;
            }
            None => {
                out.null();
                return;
            }
        };
        let facts = &person.facts;
        let organisation = person.organisation;
        let organisation = organisation.and_then(|id| self.organisations.binary_search(&id).ok());
        out.array(15)
            .uint(facts.situation as u64)
            .uint(facts.stay as u64)
            .uint(facts.origin as u64)
            .bool(facts.is_minor)
            .uint(facts.minors_direct.into())
            .uint(facts.minors_indirect.into())
            .uint_or_null(organisation.map(|number| number as u64))
            .bytes_or_null(person.promoted_from.as_ref().map(|id| id.0.as_slice()));
        for number in person.parts.to_numbers() {
            out.uint(number.into());
        }
    }
}

fn exactly(input: &mut Reader<'_>, fields: usize) -> Result<(), EnvelopeError> {
    match input.record(fields)? {
        0 => Ok(()),
        _ => Err(BROKEN),
    }
}

fn places(
    input: &mut Reader<'_>,
    streams: &[StreamId],
    most: usize,
) -> Result<Vec<Place>, EnvelopeError> {
    input.list(most, "counted", |input| {
        exactly(input, 2)?;
        let stream = *named(input.uint()?, streams)?;
        let seq = input.uint()?;
        Ok(Place { stream, seq })
    })
}

fn named<T>(number: u64, all: &[T]) -> Result<&T, EnvelopeError> {
    let number = usize::try_from(number).map_err(|_| BROKEN)?;
    all.get(number).ok_or(BROKEN)
}

fn share(
    input: &mut Reader<'_>,
    organisations: &[OrganisationId],
) -> Result<Option<Share>, EnvelopeError> {
    if input.null() {
        return Ok(None);
    }
    if !input.is_array() {
        let counted_already = input.bool()?;
        return Ok(Some(Share::Seen { counted_already }));
    }
    exactly(input, 15)?;
    let facts = CountFacts {
        situation: *named(input.uint()?, &LivingSituation::ALL)?,
        stay: *named(input.uint()?, &Municipality::ALL)?,
        origin: *named(input.uint()?, &Municipality::ALL)?,
        is_minor: input.bool()?,
        minors_direct: small(input)?,
        minors_indirect: small(input)?,
    };
    let organisation = input.optional(|input| named(input.uint()?, organisations).copied())?;
    let promoted_from = input.optional(|input| Ok(RecordId(input.byte_array()?)))?;
    let mut numbers = [0; 7];
    for number in &mut numbers {
        *number = small(input)?;
    }
    Ok(Some(Share::Person(PersonShare {
        facts,
        parts: Parts::from_numbers(numbers).ok_or(BROKEN)?,
        organisation,
        promoted_from,
    })))
}

fn small(input: &mut Reader<'_>) -> Result<u32, EnvelopeError> {
    u32::try_from(input.uint()?).map_err(|_| BROKEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;
    use veldpost_domain::Date;

    fn place(seq: u64) -> Place {
        let stream = StreamId([2; 16]);
        Place { stream, seq }
    }

    fn of_record(id: u8, seq: u64, share: Option<Share>) -> OfRecord {
        OfRecord {
            record: RecordId([id; 16]),
            places: vec![place(seq)],
            share,
        }
    }

    fn person() -> PersonShare {
        let count_date = Date::new(2028, 11, 1).unwrap();
        PersonShare {
            facts: CountFacts {
                situation: LivingSituation::FamilyFriends,
                stay: Municipality::Enschede,
                origin: Municipality::Unknown,
                is_minor: false,
                minors_direct: 2,
                minors_indirect: 30,
            },
            parts: Parts::new("An", "de Vries", "1980-02-03", "vrouw", count_date),
            organisation: Some(OrganisationId([3; 16])),
            promoted_from: None,
        }
    }

    /// `docs/format.md`, section 20.
    #[test]
    fn what_is_kept_is_as_it_was_written_down() {
        let extent = Extent {
            next: 300,
            hash: [4; 32],
        };
        let counted = Counted {
            grounds: Grounds {
                ground: [1; 32],
                streams: BTreeMap::from([(StreamId([2; 16]), extent)]),
            },
            statements: vec![place(9)],
            records: vec![
                of_record(5, 1, None),
                of_record(6, 2, Some(Share::Person(person()))),
                of_record(
                    7,
                    3,
                    Some(Share::Seen {
                        counted_already: true,
                    }),
                ),
            ],
        };
        let bytes = counted.to_bytes();
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let [ground, stream, hash] = ["01".repeat(32), "02".repeat(16), "04".repeat(32)];
        let [organisation, none, somebody, seen] =
            ["03", "05", "06", "07"].map(|byte| byte.repeat(16));
        let expected = [
            "85",
            &format!("5820{ground}"),
            &format!("818350{stream}19012c5820{hash}"),
            &format!("8150{organisation}"),
            "81820009",
            "83",
            &format!("8350{none}81820001f6"),
            &format!("8350{somebody}81820002"),
            "8f050209f402181e00f61861186e187618721a012e208b1907bc1876",
            &format!("8350{seen}81820003f5"),
        ];
        assert_eq!(hex, expected.concat());
        assert_eq!(Counted::from_bytes(&bytes), Ok(counted));
    }
}
