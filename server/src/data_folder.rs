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

/// The user whose the database is, or the folder where there is none yet, when that is not who runs this process: the
/// server could not use what is made here then. Root could make anything anywhere, so that for it both count.
#[cfg(unix)]
#[must_use]
pub fn other_owner(folder: &Path, database: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let me = rustix::process::geteuid();
    let owner = |path: &&Path| std::fs::metadata(path).ok().map(|found| found.uid());
    let among = if me.is_root() { 2 } else { 1 };
    let owners = [database, folder];
    let owners = owners.iter().filter_map(owner).take(among);
    owners.into_iter().find(|owner| *owner != me.as_raw())
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

/// Whether a folder is there, and nothing in it but what any data folder may have before its database.
#[must_use]
pub fn is_new(folder: &Path) -> bool {
    let known = |name: &std::ffi::OsStr| {
        [LOCK, LAN_CERTIFICATE, OF_A_DISK]
            .iter()
            .any(|known| name == *known)
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

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<std::path::PathBuf> {
    path.canonicalize().ok()
}
