//! Files that take another's name: an unfinished one once it is whole, and what had the name before.
//!
//! Deliberately not here: what is in them.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::data_folder;

/// What SQLite may keep beside a database, by the endings of the names.
pub(super) const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file that is being written beside the one whose name it takes. Dropped before, nothing stays of it.
#[derive(Debug)]
pub(super) struct Unfinished {
    path: PathBuf,
    to: PathBuf,
    /// Says that somebody writes it; goes with the process, however that ends.
    lock: File,
}

impl Unfinished {
    /// Empty, and its owner's alone: what is in it is sealed, but who came when is not. What a process that was killed left
    /// there goes; what another one writes stays.
    pub(super) fn new(to: &Path) -> io::Result<Self> {
        let path = with_ending(to, ".unfinished");
        let is_left = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        // As long as this has its lock it is nobody's.
        let _left = is_left.then(|| left(&path)).transpose()?;
        remove(&path);
        let made = data_folder::private().create_new(true).open(&path);
        let made = made.map_err(|problem| match problem.kind() {
            ErrorKind::AlreadyExists => another_writes(),
            _ => problem,
        })?;
        Ok(Self {
            lock: locked(made, &path)?,
            to: to.to_path_buf(),
            path,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, when all of it is on the disk.
    pub(super) fn put_in_place(self) -> io::Result<()> {
        if !data_folder::is_file(&self.lock, &self.path) {
            return Err(another_writes());
        }
        self.lock.sync_all()?;
        fs::rename(&self.path, &self.to)?;
        sync_folder(&self.to)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Once it has its name another may be writing the next one here.
        if data_folder::is_file(&self.lock, &self.path) {
            remove(&self.path);
        }
    }
}

/// What is there already, unless another process writes it.
fn left(path: &Path) -> io::Result<File> {
    let opened = File::open(path).map_err(|problem| {
        let words = format!("{}: {problem}", path.display());
        io::Error::new(problem.kind(), words)
    });
    locked(opened?, path)
}

/// A file of that name, for this process alone.
fn locked(file: File, path: &Path) -> io::Result<File> {
    match file.try_lock() {
        // Whoever had the lock before may have taken the name away from it.
        Ok(()) if data_folder::is_file(&file, path) => Ok(file),
        Ok(()) | Err(TryLockError::WouldBlock) => Err(another_writes()),
        // A share that knows no locks takes a copy all the same.
        Err(TryLockError::Error(_)) => Ok(file),
    }
}

fn another_writes() -> io::Error {
    let words = "another backup writes there at this moment; wait for it, or give another name";
    io::Error::new(ErrorKind::WouldBlock, words)
}

/// With what SQLite left beside it.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    for ending in BESIDE {
        let _ = fs::remove_file(with_ending(path, ending));
    }
}

/// Keeps a database and what lies beside it under another name, and says which files that are. The database itself has
/// both names, until another takes its first one: there is no moment without it.
///
/// What lies beside it goes also when the database itself is missing: SQLite would play it into the next of that name.
pub(super) fn set_aside(path: &Path, aside: &Path) -> io::Result<Vec<PathBuf>> {
    let mut kept = Vec::new();
    if fs::symlink_metadata(path).is_ok() {
        second_name(path, aside)?;
        kept.push(aside.to_path_buf());
    }
    for ending in BESIDE {
        let aside = with_ending(aside, ending);
        match fs::rename(with_ending(path, ending), &aside) {
            Ok(()) => kept.push(aside),
            Err(problem) if problem.kind() == ErrorKind::NotFound => {}
            Err(problem) => return Err(problem),
        }
    }
    sync_folder(path)?;
    Ok(kept)
}

/// A link needs no room; a disk that knows none gets a copy.
fn second_name(path: &Path, other: &Path) -> io::Result<()> {
    match fs::hard_link(path, other) {
        Err(problem) if problem.kind() != ErrorKind::AlreadyExists => {
            let copied = fs::copy(path, other).and_then(|_| File::open(other)?.sync_all());
            copied.inspect_err(|_| drop(fs::remove_file(other)))
        }
        linked => linked,
    }
}

/// A name, too, must be on the disk.
fn sync_folder(of: &Path) -> io::Result<()> {
    File::open(data_folder::parent(of))?.sync_all()
}

pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<PathBuf> {
        let found = fs::read_dir(folder).unwrap();
        found.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn nothing_stays_of_what_was_not_put_in_place_nor_of_one_before_it_that_was_killed() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("copy");
        let left = |unfinished: &Path| {
            for ending in BESIDE {
                fs::write(with_ending(unfinished, ending), "left").unwrap();
            }
        };
        fs::write(to.with_file_name("copy.unfinished"), "left").unwrap();
        left(&to.with_file_name("copy.unfinished"));
        let unfinished = Unfinished::new(&to).unwrap();
        assert_eq!(names(folder.path()), [unfinished.path()]);
        assert_eq!(fs::read(unfinished.path()).unwrap(), b"");
        left(unfinished.path());
        drop(unfinished);
        assert!(names(folder.path()).is_empty());
        // Nor where the name cannot be taken.
        fs::create_dir(&to).unwrap();
        Unfinished::new(&to).unwrap().put_in_place().unwrap_err();
        assert_eq!(names(folder.path()), [to]);
    }

    #[test]
    fn one_that_another_writes_is_left_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("copy");
        let first = Unfinished::new(&to).unwrap();
        fs::write(first.path(), "half of it").unwrap();
        let refused = Unfinished::new(&to).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::WouldBlock);
        assert_eq!(fs::read(first.path()).unwrap(), b"half of it");
        first.put_in_place().unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"half of it");
        // The name is free again, and the next one may have it.
        let next = Unfinished::new(&to).unwrap();
        fs::write(next.path(), "all of it").unwrap();
        next.put_in_place().unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"all of it");
        assert_eq!(names(folder.path()), [to]);
    }

    /// Somebody else may own the folder: what a link leads to is not theirs to have emptied.
    #[cfg(unix)]
    #[test]
    fn a_link_in_its_place_goes_and_what_it_leads_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (to, other) = (folder.path().join("copy"), folder.path().join("other"));
        fs::write(&other, "kept").unwrap();
        std::os::unix::fs::symlink(&other, to.with_file_name("copy.unfinished")).unwrap();
        let unfinished = Unfinished::new(&to).unwrap();
        fs::write(unfinished.path(), "new").unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"kept");
    }
}
