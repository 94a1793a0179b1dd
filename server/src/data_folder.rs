//! The server's own folder: what lies in it, by whatever name.
//!
//! Deliberately not here: what is in its files (`database`, `lan`).

use std::io;
use std::path::Path;

/// Says by its lock that a process works in the folder.
pub const LOCK: &str = "relay.lock";
/// The certificate for phones on the same network, and its key.
pub const LAN_CERTIFICATE: &str = "lan-certificate.json";
/// What a disk has of itself.
const OF_A_DISK: &str = "lost+found";

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
