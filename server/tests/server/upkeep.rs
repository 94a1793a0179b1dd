//! Copies, and putting one back, by an operator who names the wrong thing.
//!
//! Deliberately not here: what devices see of a restore (`process`), and what a check finds (`doctor`).

use std::path::{Path, PathBuf};

use veldpost_envelope::wire::Call;
use veldpost_server::database::FILE;

use super::full::SmallDisk;
use super::process::run;
use super::running::{Running, answered};
use super::starting::{refusal, upkeep};
use super::support::built_app;
use super::world::{Stream, World, bytes};

/// A relay's folder with a region and a stream in it, beside the folder that copies go to.
pub struct Place {
    pub app: tempfile::TempDir,
    pub data: tempfile::TempDir,
    pub elsewhere: tempfile::TempDir,
    pub stream: Stream,
}

impl Place {
    /// Two entries are there.
    pub fn new() -> (Self, Running) {
        let (app, data) = (built_app(), tempfile::tempdir().unwrap());
        let world = World::new(1);
        let server = Running::new(app.path(), data.path());
        let acts = world.acts(None);
        answered(server.call(&world.founder, Call::Acts, &acts)).unwrap();
        let place = Self {
            stream: Stream::new(&world, &world.worker, 5),
            app,
            data,
            elsewhere: tempfile::tempdir().unwrap(),
        };
        place.push(&server);
        (place, server)
    }

    /// The same, and the server stopped.
    pub fn at_rest() -> Self {
        let (place, server) = Self::new();
        server.stopped();
        place
    }

    pub fn push(&self, server: &Running) {
        answered(server.push(&bytes(&self.stream.entries))).unwrap();
    }

    pub fn copy(&self) -> PathBuf {
        self.elsewhere.path().join("copy.sqlite3")
    }

    pub fn run(&self, words: &[&str]) -> String {
        run(self.data.path(), words)
    }

    /// One line that says why it was not done.
    pub fn refused(&self, words: &[&str]) -> String {
        let told = refusal(upkeep(self.data.path(), words));
        assert_eq!(told.lines().count(), 1, "{told}");
        told
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The names in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let found = std::fs::read_dir(folder).unwrap();
    let found = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = found.collect();
    names.sort();
    names
}

/// The copy took the place of the open database: what was committed afterwards went with the process.
#[cfg(unix)]
#[test]
fn a_copy_never_lands_among_the_servers_own_files_by_whatever_name() {
    let (mut place, server) = Place::new();
    let (data, elsewhere) = (place.data.path(), place.elsewhere.path());
    let links = [elsewhere.join("folder"), elsewhere.join("file")];
    std::os::unix::fs::symlink(data, &links[0]).unwrap();
    std::os::unix::fs::symlink(data.join(FILE), &links[1]).unwrap();
    let hard = elsewhere.join("hard");
    std::fs::hard_link(data.join(FILE), &hard).unwrap();
    std::fs::create_dir(data.join("below")).unwrap();
    let before = names(data);
    for to in [
        data.join(FILE),
        data.join(format!("{FILE}-wal")),
        data.join("copy.sqlite3"),
        data.join("below").join("copy.sqlite3"),
        data.join("below").join("..").join(FILE),
        links[0].join(FILE),
        links[1].clone(),
        hard,
    ] {
        let told = place.refused(&["backup", text(&to)]);
        assert!(told.contains("lies in the data folder"), "{told}");
        assert!(told.contains("nothing was changed"), "{told}");
    }
    // Nor when the folder itself is named by a link.
    let to = data.join("copy.sqlite3");
    let told = refusal(upkeep(&links[0], &["backup", text(&to)]));
    assert!(told.contains("lies in the data folder"), "{told}");
    assert_eq!(names(data), before);
    // What comes afterwards is there when the server ended.
    place.stream.commit(3, 100);
    place.push(&server);
    server.stopped();
    let said = place.run(&["doctor"]);
    assert!(said.contains("5 entries"), "{said}");
    place.run(&["backup", text(&place.copy())]);
}

#[test]
fn a_folder_that_is_mounted_twice_is_one() {
    let (place, at) = (Place::at_rest(), tempfile::tempdir().unwrap());
    let Some(disk) = SmallDisk::new(at.path()) else {
        eprintln!("nothing may be mounted here: two names of one folder are not tried");
        return;
    };
    let other = place.elsewhere.path();
    let mut mount = disk.inside("mount");
    mount.arg("--bind").args([place.data.path(), other]);
    assert!(mount.status().unwrap().success());
    let mut backup = disk.inside(env!("CARGO_BIN_EXE_veldpost-server"));
    backup
        .args(["backup", text(&other.join("copy.sqlite3")), "--data"])
        .arg(place.data.path());
    let told = refusal(backup);
    assert!(told.contains("lies in the data folder"), "{told}");
}

/// SQLite played the log of a database that was gone into the copy: a damaged one, or the restore undone.
#[test]
fn a_log_without_its_database_does_not_get_into_the_one_that_is_restored() {
    let (mut place, server) = Place::new();
    place.run(&["backup", text(&place.copy())]);
    place.stream.commit(3, 100);
    place.push(&server);
    // The log stays as it does when the power goes.
    server.killed();
    let file = |ending: &str| place.data.path().join(format!("{FILE}{ending}"));
    assert!(std::fs::metadata(file("-wal")).unwrap().len() > 0);
    std::fs::remove_file(file("")).unwrap();
    std::fs::write(file("-journal"), "of another program").unwrap();
    let said = place.run(&["restore", text(&place.copy())]);
    for ending in ["-wal", "-shm", "-journal"] {
        assert!(!file(ending).exists(), "{ending}");
        let kept = said.lines().any(|line| {
            let path = line.strip_prefix("What was there before is kept: ");
            path.is_some_and(|path| path.ends_with(&format!("{ending}.")))
        });
        assert!(kept, "{said}");
    }
    let said = place.run(&["doctor"]);
    assert!(said.contains("2 entries"), "{said}");
}

#[cfg(unix)]
#[test]
fn what_was_there_before_a_restore_takes_no_room_and_is_whole() {
    use std::os::unix::fs::MetadataExt as _;
    let mut place = Place::at_rest();
    place.run(&["backup", text(&place.copy())]);
    let server = Running::new(place.app.path(), place.data.path());
    place.stream.commit(3, 100);
    place.push(&server);
    server.killed();
    let file = place.data.path().join(FILE);
    let number = std::fs::metadata(&file).unwrap().ino();
    place.run(&["restore", text(&place.copy())]);
    let held = names(place.data.path());
    let kept: Vec<_> = held
        .iter()
        .filter(|name| name.contains("before-"))
        .collect();
    assert_eq!(kept.len(), 1, "{held:?}");
    let kept = place.data.path().join(kept[0]);
    // The same file under another name, and what stood in its log only is in it.
    assert_eq!(std::fs::metadata(&kept).unwrap().ino(), number);
    place.run(&["restore", text(&kept)]);
    let said = place.run(&["doctor"]);
    assert!(said.contains("5 entries"), "{said}");
}

#[test]
fn what_is_no_copy_does_not_take_the_place_of_a_database() {
    let place = Place::at_rest();
    let held = std::fs::read(place.data.path().join(FILE)).unwrap();
    let file = place.elsewhere.path().join("file");
    let made = |sql: &str| {
        let _ = std::fs::remove_file(&file);
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch(sql).unwrap();
    };
    let refused = |what: &str| {
        for how in ["--verify", "--unverified"] {
            let told = place.refused(&["restore", text(&file), how]);
            assert!(told.contains(what) && told.contains("as it was"), "{told}");
        }
    };
    std::fs::write(&file, "").unwrap();
    refused("it is empty");
    made("CREATE TABLE mine (a)");
    refused("it is not a relay's database");
    // Another program's number is no relay's either.
    made("CREATE TABLE mine (a); PRAGMA user_version = 1");
    refused("it is not a relay's database");
    std::fs::write(&file, vec![b'x'; 8_192]).unwrap();
    refused("damaged");
    assert_eq!(std::fs::read(place.data.path().join(FILE)).unwrap(), held);
    assert_eq!(names(place.data.path()), ["relay.lock", FILE]);
}

#[test]
fn a_copy_of_which_a_part_is_damaged_is_put_back_by_who_says_so() {
    let place = Place::at_rest();
    let said = place.run(&["backup", text(&place.copy())]);
    let holding = "1 regions, 1 roster acts, 1 streams, 2 entries";
    assert!(said.contains(holding), "{said}");
    let copy = rusqlite::Connection::open(place.copy()).unwrap();
    let spoil = "UPDATE entry SET bytes = zeroblob(200) WHERE seq = 1";
    copy.execute(spoil, []).unwrap();
    drop(copy);
    let told = place.refused(&["restore", text(&place.copy())]);
    assert!(told.contains("say --unverified"), "{told}");
    let said = place.run(&["restore", text(&place.copy()), "--unverified"]);
    let all = format!("{holding}, unverified");
    assert!(said.contains(&all), "{said}");
    let told = place.refused(&["doctor"]);
    assert!(told.contains("stream 1 of region 1"), "{told}");
}

/// The second of two at once wrote into the first one's file.
#[test]
fn a_copy_that_another_process_is_writing_is_left_to_it() {
    let place = Place::at_rest();
    let beside = format!("{}.unfinished", text(&place.copy()));
    std::fs::write(&beside, "half of it").unwrap();
    let another = std::fs::File::open(&beside).unwrap();
    another.lock().unwrap();
    let told = place.refused(&["backup", text(&place.copy())]);
    assert!(told.contains("another backup writes there"), "{told}");
    assert_eq!(std::fs::read(&beside).unwrap(), b"half of it");
    // It was killed: what it left is nobody's.
    drop(another);
    place.run(&["backup", text(&place.copy())]);
    assert_eq!(names(place.elsewhere.path()), ["copy.sqlite3"]);
}

#[test]
fn a_folder_in_the_place_of_a_copy_is_refused_and_nothing_is_left_there() {
    let place = Place::at_rest();
    let told = place.refused(&["backup", text(place.elsewhere.path())]);
    assert!(told.contains("is a folder"), "{told}");
    assert!(names(place.elsewhere.path()).is_empty());
    let beside = format!("{}.unfinished", text(place.elsewhere.path()));
    assert!(!Path::new(&beside).exists());
    let missing = place.elsewhere.path().join("missing").join("copy");
    let told = place.refused(&["backup", text(&missing)]);
    assert!(told.contains("missing: No such file"), "{told}");
}

#[test]
fn a_folder_without_a_database_or_with_another_file_is_told_as_what_it_is() {
    let place = Place::at_rest();
    let file = place.data.path().join(FILE);
    std::fs::write(&file, vec![b'x'; 8_192]).unwrap();
    let told = place.refused(&["doctor"]);
    assert!(
        told.contains("restore a backup") && !told.contains("doctor`"),
        "{told}"
    );
    std::fs::write(&file, "").unwrap();
    for words in [&["doctor"][..], &["backup", text(&place.copy())]] {
        let told = place.refused(words);
        assert!(told.contains("the database is empty"), "{told}");
    }
    std::fs::remove_file(&file).unwrap();
    let copy = place.copy();
    for words in [&["doctor"][..], &["whole"], &["backup", text(&copy)]] {
        let told = place.refused(words);
        assert!(told.contains("there is no database in"), "{told}");
    }
    assert_eq!(names(place.data.path()), ["relay.lock"]);
    assert!(names(place.elsewhere.path()).is_empty());
}

/// A mistyped folder was made, and success reported of it.
#[test]
fn a_mistyped_folder_is_no_place_for_a_database_that_was_lost() {
    let folder = tempfile::tempdir().unwrap();
    let typo = folder.path().join("typo");
    let refused = |data: &Path| {
        let told = refusal(upkeep(data, &["lost"]));
        assert!(told.contains("neither a data folder nor"), "{told}");
    };
    refused(&typo);
    assert!(!typo.exists());
    std::fs::write(folder.path().join("mine"), "").unwrap();
    refused(folder.path());
    assert_eq!(names(folder.path()), ["mine"]);
    // A new disk, and one of which only the database is gone.
    for name in ["lost+found", "relay.lock", "lan-certificate.json"] {
        let new = tempfile::tempdir().unwrap();
        std::fs::write(new.path().join(name), "").unwrap();
        let said = run(new.path(), &["lost"]);
        assert!(said.contains("24 hours"), "{said}");
        assert!(new.path().join(FILE).exists());
    }
}

#[test]
fn what_is_for_serving_alone_is_not_passed_over_by_a_command() {
    let place = Place::at_rest();
    let told = place.refused(&["doctor", "--founding", "open"]);
    assert!(told.contains("--founding is for serving"), "{told}");
}

#[test]
fn a_database_without_a_table_is_no_copy_and_one_that_is_kept_here_is() {
    let place = Place::at_rest();
    let other = rusqlite::Connection::open(place.copy()).unwrap();
    let by_number =
        "CREATE TABLE region (a); PRAGMA user_version = 1; PRAGMA application_id = 1448096082";
    other.execute_batch(by_number).unwrap();
    drop(other);
    for how in ["--verify", "--unverified"] {
        let told = place.refused(&["restore", text(&place.copy()), how]);
        assert!(told.contains("is not put back"), "{told}");
    }
    // Itself, as another life: nothing is left that was not there.
    place.run(&["restore", text(&place.data.path().join(FILE))]);
    let held = names(place.data.path());
    let before = held.iter().filter(|name| name.contains(".before-")).count();
    assert_eq!((before, held.len()), (1, 3), "{held:?}");
    assert!(place.run(&["doctor"]).contains("2 entries"));
}
