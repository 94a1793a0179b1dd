//! The commands beside serving: copy the database, put a copy back, check it.
//!
//! Deliberately not here: how it is done (`database::upkeep`); this says it to a person.

use core::fmt::Write as _;
use std::path::Path;

use veldpost_relay::store::{Life, RelayStore as _};

use crate::StartError;
use crate::arguments::Upkeep;
use crate::data_folder;
use crate::database::{Database, DatabaseError, FILE, Holding, Options, upkeep};
use crate::letterbox::{fresh_incarnation, now};

/// Does one of them, and says what was done.
///
/// # Errors
/// [`StartError`] in one line with its remedy.
pub fn run(data: &Path, what: &Upkeep) -> Result<String, StartError> {
    is_by_owner(data, what)?;
    match what {
        Upkeep::Backup(file) => {
            let holding = upkeep::backup(data, file)?;
            let file = file.display();
            Ok(format!(
                "{file} is a copy of the database: {}.\n",
                said(&holding)
            ))
        }
        Upkeep::Restore { file, verify } => restore(data, file, *verify),
        Upkeep::Doctor => doctor(data),
        Upkeep::Lost => lost(data),
        Upkeep::Whole => whole(data),
    }
}

/// What root leaves in the folder of the user who serves, that user cannot use. To look at a database and to copy it leaves
/// nothing.
fn is_by_owner(data: &Path, what: &Upkeep) -> Result<(), StartError> {
    if data_folder::is_root() && matches!(what, Upkeep::Backup(_) | Upkeep::Doctor) {
        return Ok(());
    }
    let Some(owner) = data_folder::other_owner(data, &data.join(FILE)) else {
        return Ok(());
    };
    Err(StartError::OtherUser {
        folder: data.to_path_buf(),
        user: data_folder::user(owner),
        command: words(what),
    })
}

/// A command as it is typed.
fn words(what: &Upkeep) -> String {
    match what {
        Upkeep::Backup(file) => format!("backup {}", file.display()),
        Upkeep::Restore { file, verify: true } => format!("restore {}", file.display()),
        Upkeep::Restore { file, .. } => format!("restore {} --unverified", file.display()),
        Upkeep::Doctor => String::from("doctor"),
        Upkeep::Lost => String::from("lost"),
        Upkeep::Whole => String::from("whole"),
    }
}

fn restore(data: &Path, file: &Path, verify: bool) -> Result<String, StartError> {
    let fresh = fresh_incarnation().map_err(|problem| StartError::Relay(problem.to_string()))?;
    let life = Life {
        incarnation: fresh,
        restored_at: Some(now()),
    };
    data_folder::make(data).map_err(|source| StartError::DataFolder {
        folder: data.to_path_buf(),
        source,
    })?;
    let restored = upkeep::restore(data, file, verify, &life)?;
    let verified = match verify {
        true => "all of it verifies",
        false => "unverified",
    };
    let holding = said(&restored.holding);
    let mut said = format!(
        "{} is the database now: {holding}, {verified}.\n",
        file.display()
    );
    for kept in restored.before {
        let _ = writeln!(said, "What was there before is kept: {}.", kept.display());
    }
    said.push_str(
        "Start the server: devices and coordinators offer what the copy lacks. For 24 hours it takes roster acts of\n\
         before only; `veldpost-server whole` ends that when everybody called.\n",
    );
    Ok(said)
}

/// What is there, by number.
fn said(holding: &Holding) -> String {
    format!(
        "{} regions, {} roster acts, {} streams, {} entries",
        holding.regions, holding.acts, holding.streams, holding.entries
    )
}

/// A database that begins empty cannot tell a region that was at the one before from a new one: the operator can. The life
/// stays, for what came back meanwhile is of before as well.
fn lost(data: &Path) -> Result<String, StartError> {
    upkeep::has_place(data)?;
    let database = Database::open(data, Options::default())?;
    let incarnation = match database.life().map_err(DatabaseError::from)? {
        Some(life) => life.incarnation,
        None => fresh_incarnation().map_err(|problem| StartError::Relay(problem.to_string()))?,
    };
    let life = Life {
        incarnation,
        restored_at: Some(now()),
    };
    database.begin_life(&life).map_err(DatabaseError::from)?;
    Ok(String::from(
        "Regions of before come back from whoever calls. For 24 hours they take roster acts of before only;\n\
         `veldpost-server whole` ends that when every coordinator called.\n",
    ))
}

fn doctor(data: &Path) -> Result<String, StartError> {
    let health = upkeep::check(data)?;
    let life = match health.life {
        None => "none yet",
        Some(Life {
            restored_at: Some(_),
            ..
        }) => "restored from a copy, or in the place of one that was lost",
        Some(_) => "began empty, or is whole again",
    };
    let holding = said(&health.holding);
    Ok(format!(
        "SQLite {}\ndatabase {} bytes with its log, sound\nlife: {life}\n{holding}: all chains verify\n",
        health.sqlite, health.bytes
    ))
}

/// The server asks for its life at each call, so that it need not be told.
fn whole(data: &Path) -> Result<String, StartError> {
    upkeep::is_there(data)?;
    let database = Database::open(data, Options::default())?;
    let Some(life) = database.life().map_err(DatabaseError::from)? else {
        return Ok(String::from(
            "The database is empty: nothing was restored or lost.\n",
        ));
    };
    let life = Life {
        restored_at: None,
        ..life
    };
    database.begin_life(&life).map_err(DatabaseError::from)?;
    Ok(String::from("The relay takes new roster acts again.\n"))
}
