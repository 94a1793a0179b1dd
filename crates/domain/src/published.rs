//! A result as it was published: tables as text, and back. What is read again is exactly what was written, or nothing.
//!
//! Not here: sealing and signing it (`veldpost-envelope`), and the file for Excel (see [`crate::export`]).

use crate::export::{table_1_plain, table_2_plain};
use crate::tables::{MunicipalityTable, PossibleDoubles, SituationTable, Tables};
use crate::{Date, LivingSituation};

/// Names of the tables of a result, in their order.
pub const NAMES: [&str; 4] = ["table1", "table2-origin", "table2-stay", "beside"];

/// More people than there are in any region: such a number was never counted, and sums of it stay sums.
const LARGEST: u32 = 10_000_000;

/// The first line of what stands beside the tables.
const BESIDE: &str = "what,number";

/// A result as named tables of comma-separated text.
#[must_use]
pub fn write(tables: &Tables) -> [(&'static str, String); 4] {
    let [table_1, origin, stay, beside] = NAMES;
    [
        (table_1, table_1_plain(&tables.by_situation)),
        (origin, table_2_plain(&tables.by_origin)),
        (stay, table_2_plain(&tables.by_stay)),
        (beside, write_beside(tables)),
    ]
}

/// Reads a result. `None` when a table is missing, is not as [`write`] makes it, or does not close.
#[must_use]
pub fn read<'a>(named: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Option<Tables> {
    let text = |wanted: &str| {
        let mut named = named.clone();
        named.find(|(name, _)| *name == wanted).map(|(_, csv)| csv)
    };
    let [table_1, origin, stay, beside] = NAMES;
    let tables = Tables {
        by_situation: read_table_1(text(table_1)?)?,
        by_origin: read_table_2(text(origin)?)?,
        by_stay: read_table_2(text(stay)?)?,
        ..read_beside(text(beside)?)?
    };
    let fits =
        tables.seen_counted_already <= tables.seen_only && tables.doubles.people <= tables.people();
    let same = write(&tables)
        .iter()
        .all(|(name, csv)| text(name) == Some(csv.as_str()));
    (fits && same).then_some(tables)
}

fn write_beside(tables: &Tables) -> String {
    let lines = numbers(tables).map(|(name, number)| format!("{name},{number}\n"));
    let date = tables.count_date;
    [&format!("{BESIDE}\ncount_date,{date}\n"), &lines.concat()]
        .map(String::as_str)
        .concat()
}

fn numbers(tables: &Tables) -> [(&'static str, u32); 7] {
    [
        ("forms", tables.forms),
        ("organisations", tables.organisations),
        ("seen_only", tables.seen_only),
        ("seen_counted_already", tables.seen_counted_already),
        ("doubles_forms", tables.doubles.forms),
        ("doubles_people", tables.doubles.people),
        ("not_comparable", tables.doubles.not_comparable),
    ]
}

fn read_beside(csv: &str) -> Option<Tables> {
    let mut lines = csv.lines().skip(1);
    let count_date = Date::parse(lines.next()?.strip_prefix("count_date,")?)?;
    let mut next = || number(lines.next()?.split_once(',')?.1);
    Some(Tables {
        count_date,
        by_situation: SituationTable::default(),
        by_origin: MunicipalityTable::default(),
        by_stay: MunicipalityTable::default(),
        forms: next()?,
        organisations: next()?,
        seen_only: next()?,
        seen_counted_already: next()?,
        doubles: PossibleDoubles {
            forms: next()?,
            people: next()?,
            not_comparable: next()?,
        },
    })
}

fn read_table_1(csv: &str) -> Option<SituationTable> {
    let mut table = SituationTable::default();
    let mut lines = csv.lines().skip(1);
    for situation in LivingSituation::ALL {
        let [adults, minors, _] = row(lines.next()?)?;
        *table.adults.get_mut(situation as usize)? = adults;
        *table.minors_direct.get_mut(situation as usize)? = minors;
    }
    Some(table)
}

fn read_table_2(csv: &str) -> Option<MunicipalityTable> {
    let mut table = MunicipalityTable::default();
    let mut rows = Vec::new();
    for line in csv.lines().skip(1) {
        let cells: [u32; 11] = row(line)?;
        rows.push(*cells.first_chunk::<10>()?);
    }
    // The subtotal and the total are added up again.
    let [a, b, c, _, d, e, f, g, h, _, direct, indirect] = <[_; 12]>::try_from(rows).ok()?;
    for (situation, cells) in LivingSituation::ALL
        .into_iter()
        .zip([a, b, c, d, e, f, g, h])
    {
        *table.adults.get_mut(situation as usize)? = cells;
    }
    (table.minors_direct, table.minors_indirect) = (direct, indirect);
    Some(table)
}

/// The numbers at the end of a line; a label in front may hold commas.
fn row<const N: usize>(line: &str) -> Option<[u32; N]> {
    let mut cells = [0; N];
    let mut found = line.rsplit(',');
    for cell in cells.iter_mut().rev() {
        *cell = number(found.next()?)?;
    }
    Some(cells)
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number <= LARGEST)
}
