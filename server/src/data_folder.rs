//! The server's own folder: what lies in it, by whatever name.
//!
//! Deliberately not here: what is in its files (`database`, `lan`).

use std::io;
use std::path::Path;

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
