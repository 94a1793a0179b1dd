//! Whose the data folder is: who may read it, and what another user does there.
//!
//! Deliberately not here: what a user may do who is root of another system's disk.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use veldpost_server::database::FILE;

use super::running::Running;
use super::starting::{command, refusal, started, upkeep};
use super::support::built_app;
use super::upkeep::{Place, names, text};

/// `nobody`, who owns nothing.
const OTHER: u32 = 65_534;

fn is_root(folder: &Path) -> bool {
    std::fs::metadata(folder).unwrap().uid() == 0
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Gives a folder and all in it to somebody.
fn give(folder: &Path, to: u32) {
    chown(folder, Some(to), None).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => give(&path, to),
            false => chown(&path, Some(to), None).unwrap(),
        }
    }
}

/// Whether somebody else can reach the binary at all.
fn reaches_the_binary() -> bool {
    let mut version = Command::new(env!("CARGO_BIN_EXE_veldpost-server"));
    let ran = version.arg("--version").uid(OTHER).output();
    ran.is_ok_and(|output| output.status.success())
}

/// Root left a database and a lock that the server could not use; it started, and refused every push.
#[test]
fn a_command_by_another_user_than_the_owner_changes_nothing_and_says_how() {
    let place = Place::at_rest();
    let data = place.data.path();
    if !is_root(data) {
        eprintln!("only root can give a folder away: another user's commands are not tried");
        return;
    }
    place.run(&["backup", text(&place.copy())]);
    give(data, OTHER);
    let owners = || {
        let owner = |name: &String| std::fs::metadata(data.join(name)).unwrap().uid();
        let names = names(data);
        let owners: Vec<_> = names.iter().map(owner).collect();
        (names, owners)
    };
    let before = owners();
    let (copy, new) = (place.copy(), place.elsewhere.path().join("new"));
    for words in [
        &["restore", text(&copy)][..],
        &["restore", text(&copy), "--unverified"],
        &["lost"],
        &["whole"],
    ] {
        let told = place.refused(words);
        let typed = format!("veldpost-server {} --data {}`", words.join(" "), text(data));
        assert!(
            told.contains("`sudo -u nobody ") && told.contains(&typed),
            "{told}"
        );
    }
    assert_eq!(owners(), before);
    // Root may look, and copy: what is made is for who serves.
    place.run(&["doctor"]);
    place.run(&["backup", text(&new)]);
    assert_eq!(std::fs::metadata(&new).unwrap().uid(), OTHER);
    assert_eq!(owners(), before);
    // The database decides: a container's root serves in a folder that is its host's.
    chown(data.join(FILE), Some(0), None).unwrap();
    place.run(&["lost"]);
    chown(data, Some(0), None).unwrap();
    chown(data.join(FILE), Some(OTHER), None).unwrap();
    assert!(place.refused(&["lost"]).contains("sudo -u nobody"));
    give(data, OTHER);
    if reaches_the_binary() {
        let mut whole = upkeep(data, &["whole"]);
        assert!(whole.uid(OTHER).status().unwrap().success());
    }
}

#[test]
fn a_server_does_not_start_on_a_database_that_it_cannot_write() {
    let place = Place::at_rest();
    let (app, data) = (place.app.path(), place.data.path());
    let file = data.join(FILE);
    let mut start = command(app, data);
    start.args(["--listen", "127.0.0.1:0"]);
    if is_root(data) {
        if !reaches_the_binary() {
            eprintln!("nobody else reaches the binary: a database of another is not tried");
            return;
        }
        give(app, OTHER);
        give(data, OTHER);
        chown(&file, Some(0), None).unwrap();
        start.uid(OTHER);
    }
    for rights in [0o444, 0o000] {
        set_mode(&file, rights);
        let told = not_started(&mut start);
        assert!(
            told.contains("cannot be written") && told.contains("chown"),
            "{told}"
        );
    }
}

/// Where there is no database yet, root makes none in another's folder, and who may write there makes theirs.
#[test]
fn a_new_database_is_made_by_who_can_use_it() {
    let above = tempfile::tempdir().unwrap();
    let data = above.path().join("data");
    std::fs::create_dir(&data).unwrap();
    if !is_root(&data) || !reaches_the_binary() {
        eprintln!("only root can give a folder away: another user's commands are not tried");
        return;
    }
    set_mode(above.path(), 0o755);
    give(&data, OTHER);
    assert!(refusal(upkeep(&data, &["lost"])).contains("sudo -u nobody"));
    assert!(names(&data).is_empty());
    // The group's folder, as volumes come.
    chown(&data, Some(0), Some(OTHER)).unwrap();
    set_mode(&data, 0o770);
    let mut lost = upkeep(&data, &["lost"]);
    lost.uid(OTHER).gid(OTHER);
    assert!(lost.status().unwrap().success());
    assert_eq!(std::fs::metadata(data.join(FILE)).unwrap().uid(), OTHER);
}

/// What a server says that does not start.
fn not_started(start: &mut Command) -> String {
    let mut child = start.spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    if !line.is_empty() {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("{line}");
    }
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_the_server_makes_is_its_owners_alone() {
    let (app, above) = (built_app(), tempfile::tempdir().unwrap());
    let data = above.path().join("new").join("data");
    let mut open = Command::new("sh");
    open.args(["-c", "umask 022; exec \"$@\"", "sh"]);
    let start = command(app.path(), &data);
    open.arg(start.get_program()).args(start.get_args());
    open.args(["--listen", "127.0.0.1:0"]);
    open.stdout(std::process::Stdio::piped());
    open.stderr(std::process::Stdio::piped());
    let (child, address, _) = started(open);
    let server = Running { child, address };
    assert_eq!(mode(&data), 0o700);
    assert_eq!(
        names(&data),
        [
            "relay.lock",
            FILE,
            &format!("{FILE}-shm"),
            &format!("{FILE}-wal")
        ]
    );
    for name in names(&data) {
        assert_eq!(mode(&data.join(&name)), 0o600, "{name}");
    }
    let log = server.stopped();
    assert!(!log.contains("chmod"), "{log}");
    // What was there before is left as it is, and told.
    set_mode(&data, 0o755);
    let log = Running::new(app.path(), &data).stopped();
    assert!(log.contains(&format!("chmod 700 {}", text(&data))), "{log}");
    assert_eq!(mode(&data), 0o755);
}

#[test]
fn a_lock_of_another_is_told_by_its_name() {
    let place = Place::at_rest();
    let lock = place.data.path().join("relay.lock");
    if is_root(place.data.path()) {
        // Root may write what nobody may.
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
    } else {
        set_mode(&lock, 0o000);
    }
    let mut start = command(place.app.path(), place.data.path());
    start.args(["--listen", "127.0.0.1:0"]);
    let told = refusal(start);
    assert!(told.contains("relay.lock: "), "{told}");
}
