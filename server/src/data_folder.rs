//! The server's own folder: whose it is, and what lies in it, by whatever name.
//!
//! Deliberately not here: what is in its files (`database`, `lan`), and changing the rights of what is there. Those are
//! the operator's.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// Says by its lock that a process works in the folder.
pub const LOCK: &str = "relay.lock";
/// The certificate for phones on the same network, and its key.
pub const LAN_CERTIFICATE: &str = "lan-certificate.json";
/// By which a start tries whether it may write.
pub const WRITABLE: &str = ".writable";
/// What a disk has of itself.
const OF_A_DISK: &str = "lost+found";

/// Makes the folder where there is none, for its owner alone: what is in the database is sealed, but who called when is
/// not.
///
/// # Errors
/// When it cannot be made.
pub fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(parent(folder))?;
    let mut maker = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    match maker.create(folder) {
        // Somebody made it meanwhile.
        Err(problem) if folder.is_dir() => drop(problem),
        made => made?,
    }
    Ok(())
}

/// Says so of one that others can look into. It stays as it is.
#[cfg(unix)]
pub fn warn_of_readers(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(folder).map_or(0, |found| found.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(
            "others than its owner can look into the data folder: `chmod 700 {}`",
            folder.display()
        );
    }
}

/// Nothing is known of rights here.
#[cfg(not(unix))]
pub fn warn_of_readers(_folder: &Path) {}

/// How a file in the folder is made: for its owner alone.
#[must_use]
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The user whose the database is, when that is not who runs this process: the server could not use what is made here then.
/// Where there is no database yet the folder's owner is asked, of root alone: anybody else makes what is theirs, or may not.
#[cfg(unix)]
#[must_use]
pub fn other_owner(folder: &Path, database: &Path) -> Option<u32> {
    let me = rustix::process::geteuid();
    let of_folder = || owner(folder).filter(|_| me.is_root());
    let owner = owner(database).or_else(of_folder);
    owner.filter(|owner| *owner != me.as_raw())
}

/// Whose a file or folder is.
#[cfg(unix)]
fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    Some(std::fs::metadata(path).ok()?.uid())
}

/// Gives a file that root made to whom another one belongs, who could not read it else.
///
/// # Errors
/// When it cannot be given away.
#[cfg(unix)]
pub fn give_as(file: &Path, other: &Path) -> io::Result<()> {
    match owner(other) {
        Some(owner) if is_root() => std::os::unix::fs::chown(file, Some(owner), None),
        _ => Ok(()),
    }
}

/// Nothing is known of users here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn give_as(_file: &Path, _other: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether this process may do everything: what it makes beside a database SQLite gives to the database's owner.
#[cfg(unix)]
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Nothing is known of users here.
#[cfg(not(unix))]
#[must_use]
pub fn is_root() -> bool {
    false
}

/// Nothing is known of users here.
#[cfg(not(unix))]
#[must_use]
pub fn other_owner(_folder: &Path, _database: &Path) -> Option<u32> {
    None
}

/// A user as `sudo -u` takes it: by name, or by number where this machine's own list has none.
#[must_use]
pub fn user(number: u32) -> String {
    let list = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number.to_string()).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("'#{number}'"))
}

/// Whether a folder is there, and nothing in it but what a data folder may have beside its database, or is left of one that
/// was moved away.
#[must_use]
pub fn is_new(folder: &Path) -> bool {
    let known = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy();
        [LOCK, LAN_CERTIFICATE, OF_A_DISK, WRITABLE].contains(&name.as_ref())
            || name.starts_with(crate::database::FILE)
    };
    std::fs::read_dir(folder).is_ok_and(|mut found| {
        found.all(|entry| entry.is_ok_and(|entry| known(&entry.file_name())))
    })
}

/// Whether a file lies in the folder, or would when it is made.
///
/// # Errors
/// When the file's own folder is not there.
pub fn holds(folder: &Path, file: &Path) -> io::Result<bool> {
    let parent = parent(file).canonicalize()?;
    // A folder that is mounted twice has two names.
    Ok(parent.ancestors().any(|above| is_same(above, folder)))
}

/// The folder that a file lies in.
#[must_use]
pub fn parent(file: &Path) -> &Path {
    let parent = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Whether both names lead to one file or folder that is there.
#[must_use]
pub fn is_same(one: &Path, other: &Path) -> bool {
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// Whether an open file is the one that has this name.
#[cfg(unix)]
#[must_use]
pub fn is_file(open: &std::fs::File, path: &Path) -> bool {
    let open = open.metadata().ok().map(|found| number(&found));
    open.is_some() && open == identity(path)
}

/// What a name leads to is not compared here.
#[cfg(not(unix))]
#[must_use]
pub fn is_file(_open: &std::fs::File, path: &Path) -> bool {
    path.is_file()
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|found| number(&found))
}

#[cfg(unix)]
fn number(found: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (found.dev(), found.ino())
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<std::path::PathBuf> {
    path.canonicalize().ok()
}
