//! What was typed in the lists becomes names: one a line, none too long, each with the id or the municipality that it had.
//!
//! Not here: the form (`lists`).

use crate::services::field::Browser;
use crate::text::{Text, join};
use veldpost_envelope::blob::MAX_NAME;
use veldpost_journal::Outside;
use veldpost_journal::rows::{Area, Organisation};

/// No name is longer in letters: nobody can read it in a list.
const LONGEST: usize = 60;
/// Enough for the largest municipality, and no more than a list can show.
const MOST: usize = 200;

/// The names, one a line.
pub fn one_a_line<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// What is wrong with a name that is typed in a field of its own.
pub fn wrong(name: &str, missing: Text) -> Option<Text> {
    if name.is_empty() {
        Some(missing)
    } else {
        let too_long = name.chars().count() > LONGEST || name.len() > MAX_NAME;
        too_long.then_some(join::NAME_TOO_LONG)
    }
}

/// A name without white space around it, no longer than anybody can read.
fn name(typed: &str) -> String {
    typed.trim().chars().take(LONGEST).collect()
}

/// One name a line; blank lines and doubles go.
pub fn lines(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in text.lines() {
        let name = name(line);
        if !name.is_empty() && !names.contains(&name) && names.len() < MOST {
            names.push(name);
        }
    }
    names
}

/// A name that was there keeps its id, and so does one that was typed over another on its line:
/// records know an organisation by its id.
pub fn named(names: Vec<String>, before: &[Organisation]) -> Vec<Organisation> {
    let id_of = |name: &String| {
        before
            .iter()
            .find(|known| &known.name == name)
            .map(|it| it.id)
    };
    let renamed = |line: usize| {
        let over = before.get(line)?;
        (names.len() == before.len() && !names.contains(&over.name)).then_some(over.id)
    };
    let ids: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(line, name)| id_of(name).or_else(|| renamed(line)))
        .collect();
    let new_id = || {
        let mut id = [0; 16];
        Browser.random(&mut id);
        id
    };
    ids.into_iter()
        .zip(names)
        .map(|(id, name)| Organisation {
            id: id.unwrap_or_else(new_id),
            name,
        })
        .collect()
}

/// An area of `before` stays in its municipality; a new one lies in the chosen one.
pub fn placed(places: Vec<String>, chosen: &str, before: &[Area]) -> Vec<Area> {
    places
        .into_iter()
        .map(|name| {
            let known = before.iter().find(|area| area.name == name);
            let municipality = known.map_or(chosen, |area| &area.municipality).to_owned();
            Area { name, municipality }
        })
        .collect()
}
