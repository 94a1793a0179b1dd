//! Who there is: each person's row, column and children, so that the tables come out.
//!
//! Not here: everything else about them (see `people`).

use super::Size;
use super::dice::Dice;
use crate::baseline::{TABLE_1, TABLE_2};
use crate::{LivingSituation, Municipality};

/// What happens to a record after it was made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Plain,
    Amended,
    InConflict,
    Promoted,
    Withdrawn(&'static str),
    SeenOnly,
    SeenByMistake,
}

#[derive(Clone, Copy)]
pub(super) struct Sketch {
    pub(super) fate: Fate,
    pub(super) situation: LivingSituation,
    pub(super) origin: Municipality,
    pub(super) is_minor: bool,
    pub(super) minors_direct: u32,
    pub(super) minors_indirect: u32,
    /// Decides age, gender and name: two forms with the same one are about one person.
    pub(super) identity: u64,
    /// There is another form about the same person, and both have the parts to tell.
    pub(super) is_double: bool,
}

/// Beside the 487 adults: unaccompanied minors, withdrawn forms, observations (some of them promoted).
const UNACCOMPANIED: u32 = 3;
const WITHDRAWN: u32 = 9;
const SEEN: u32 = 43;
const PROMOTED: u32 = 14;
const ADULTS: u32 = 487;
const RECORDS: u32 = ADULTS + UNACCOMPANIED + WITHDRAWN + SEEN;

pub(super) fn sketches(size: Size, dice: &mut Dice) -> Vec<Sketch> {
    let records = match size {
        Size::Published => RECORDS,
        Size::Records(records) => records,
    };
    let share =
        |part: u32| -> u32 { (u64::from(records) * u64::from(part) / u64::from(RECORDS)) as u32 };
    let (withdrawn, seen, promoted) = (share(WITHDRAWN), share(SEEN), share(PROMOTED));
    let unaccompanied = share(UNACCOMPANIED);
    let adults = records - withdrawn - seen - unaccompanied;

    let scaled = |number: u32| (u64::from(number) * u64::from(adults) / u64::from(ADULTS)) as u32;
    let mut minors = minors_by_cell(dice).map(|row| row.map(scaled));
    let mut cells: Vec<(LivingSituation, Municipality)> = Vec::new();
    for situation in LivingSituation::ALL {
        for origin in Municipality::ALL {
            let people = TABLE_2.adults[situation as usize][origin as usize];
            cells.extend((0..people).map(|_| (situation, origin)));
        }
    }
    let mut sketches: Vec<Sketch> = (0..adults)
        .map(|at| {
            // Every so-manieth adult of the published ones; exactly all of them at that size.
            let at = u64::from(at) * u64::from(ADULTS) / u64::from(adults);
            let (situation, origin) = cells[at as usize];
            sketch(situation, origin, dice)
        })
        .collect();
    let alone = unaccompanied_minors(unaccompanied, &mut minors, dice);
    give_minors(
        &mut sketches,
        &minors,
        TABLE_2.minors_indirect.map(scaled),
        dice,
    );
    sketches.extend(alone);
    dice.shuffle(&mut sketches);
    let persons = sketches.len();
    add_fates(&mut sketches, promoted, dice);
    for at in 0..withdrawn {
        let of = sketches[dice.below(persons as u32) as usize];
        let reason = ["double", "mistake", "asked-by-person"][at as usize % 3];
        sketches.push(Sketch {
            fate: Fate::Withdrawn(reason),
            ..of
        });
    }
    for at in 0..seen - promoted {
        let situation = *dice.pick(&LivingSituation::ALL[..2]);
        let origin = *dice.pick(&Municipality::ALL[..8]);
        let fate = if at % 7 == 6 {
            Fate::SeenByMistake
        } else {
            Fate::SeenOnly
        };
        sketches.push(Sketch {
            fate,
            ..sketch(situation, origin, dice)
        });
    }
    dice.shuffle(&mut sketches);
    sketches
}

fn sketch(situation: LivingSituation, origin: Municipality, dice: &mut Dice) -> Sketch {
    Sketch {
        fate: Fate::Plain,
        situation,
        origin,
        is_minor: false,
        minors_direct: 0,
        minors_indirect: 0,
        identity: dice.seed(),
        is_double: false,
    }
}

/// Divides the minors of Table 1 (by situation) over those of Table 2 (by municipality), only where
/// there are adults.
fn minors_by_cell(dice: &mut Dice) -> [[u32; 10]; 8] {
    let mut left = TABLE_2.minors_direct;
    let mut cells = [[0; 10]; 8];
    // Sofa-sleepers last: they have adults in every municipality that has minors.
    let last = LivingSituation::FamilyFriends as usize;
    for situation in (0..8).filter(|other| *other != last).chain([last]) {
        for _ in 0..TABLE_1.minors_direct[situation] {
            let open: Vec<usize> = (0..10)
                .filter(|at| TABLE_2.adults[situation][*at] > 0)
                .flat_map(|at| std::iter::repeat_n(at, left[at] as usize))
                .collect();
            let at = *dice.pick(&open);
            left[at] -= 1;
            cells[situation][at] += 1;
        }
    }
    cells
}

/// Takes minors out of the cells: these have a record of their own.
fn unaccompanied_minors(number: u32, minors: &mut [[u32; 10]; 8], dice: &mut Dice) -> Vec<Sketch> {
    let mut open = Vec::new();
    for situation in LivingSituation::ALL {
        for origin in Municipality::ALL {
            let cell = minors[situation as usize][origin as usize];
            open.extend((0..cell).map(|_| (situation, origin)));
        }
    }
    dice.shuffle(&mut open);
    (0..number as usize)
        .map(|at| {
            // A few records may have no minors to take.
            let somewhere = (LivingSituation::FamilyFriends, Municipality::Enschede);
            let (situation, origin) = open.get(at).copied().unwrap_or(somewhere);
            if at < open.len() {
                minors[situation as usize][origin as usize] -= 1;
            }
            Sketch {
                is_minor: true,
                ..sketch(situation, origin, dice)
            }
        })
        .collect()
}

/// Gives the minors to adults of their cell or municipality, one to three at a time.
fn give_minors(
    sketches: &mut [Sketch],
    direct: &[[u32; 10]; 8],
    indirect: [u32; 10],
    dice: &mut Dice,
) {
    for situation in LivingSituation::ALL {
        for origin in Municipality::ALL {
            let number = direct[situation as usize][origin as usize];
            let parents = |one: &Sketch| one.situation == situation && one.origin == origin;
            give(
                sketches,
                number,
                parents,
                |parent| &mut parent.minors_direct,
                dice,
            );
        }
    }
    for origin in Municipality::ALL {
        let number = indirect[origin as usize];
        let parents = |one: &Sketch| one.origin == origin;
        give(
            sketches,
            number,
            parents,
            |parent| &mut parent.minors_indirect,
            dice,
        );
    }
}

fn give(
    sketches: &mut [Sketch],
    mut number: u32,
    is_parent: impl Fn(&Sketch) -> bool,
    children: impl Fn(&mut Sketch) -> &mut u32,
    dice: &mut Dice,
) {
    let parents: Vec<usize> = sketches
        .iter()
        .enumerate()
        .filter(|(_, one)| is_parent(one))
        .map(|(at, _)| at)
        .collect();
    while number > 0 && !parents.is_empty() {
        let here = (1 + dice.below(3)).min(number);
        *children(&mut sketches[*dice.pick(&parents)]) += here;
        number -= here;
    }
}

/// Some records are promoted from a tap, some amended, one in conflict, some about the same person.
fn add_fates(sketches: &mut [Sketch], promoted: u32, dice: &mut Dice) {
    let persons = sketches.len();
    for (at, sketch) in sketches.iter_mut().enumerate() {
        sketch.fate = match at {
            _ if at < promoted as usize => Fate::Promoted,
            _ if at % 29 == 28 => Fate::Amended,
            _ if at % 311 == 310 => Fate::InConflict,
            _ => Fate::Plain,
        };
    }
    for _ in 0..persons / 120 {
        let one = dice.below(persons as u32) as usize;
        let two = (one + 1 + dice.below(persons as u32 - 1) as usize) % persons;
        if !sketches[one].is_minor && !sketches[two].is_minor {
            sketches[two].identity = sketches[one].identity;
            sketches[one].is_double = true;
            sketches[two].is_double = true;
        }
    }
}
