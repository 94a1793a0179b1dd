//! A browser's profile: the folder in which everything it stores outlives it.
//!
//! Deliberately not here: knowing what is in the files; they are searched as bytes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

/// A folder of its own, removed when dropped.
#[derive(Debug)]
pub struct Profile(TempDir);

impl Profile {
    /// An empty profile, as a phone that never saw the app.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("veldpost-profile-")
            .tempdir();
        Ok(Self(folder.context(
            "no folder can be made for a browser's profile",
        )?))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// What a kill in the middle of a write leaves at the end of the log under Chromium's databases: the head of a record
    /// (checksum, length, kind) without its body. No browser may run on the profile.
    ///
    /// # Errors
    /// When there is no such log.
    pub fn tear_log(&self) -> Result<()> {
        let log = self.log()?;
        let mut log = std::fs::OpenOptions::new().append(true).open(log)?;
        Ok(std::io::Write::write_all(
            &mut log,
            &[1, 2, 3, 4, 88, 2, 1],
        )?)
    }

    /// The newest log under Chromium's databases: another file once it was begun anew.
    ///
    /// # Errors
    /// When there is none.
    pub fn log(&self) -> Result<PathBuf> {
        let of_databases = |path: &&PathBuf| {
            let folder = path.parent().and_then(Path::extension);
            folder.is_some_and(|it| it == "leveldb")
                && path.extension().is_some_and(|it| it == "log")
        };
        let files = files(&self.path().join("Default/IndexedDB"))?;
        let log = files.iter().filter(of_databases).max();
        Ok(log.context("no log of Chromium's databases")?.clone())
    }

    /// The files that hold `text`, as UTF-8 or as UTF-16LE, which Chromium's session files use.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn files_with(&self, text: &str) -> Result<Vec<PathBuf>> {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut found = Vec::new();
        for file in files(self.path())? {
            // A browser that runs removes files while they are listed.
            let Ok(bytes) = std::fs::read(&file) else {
                continue;
            };
            if holds(&bytes, text.as_bytes()) || holds(&bytes, &wide) {
                found.push(file);
            }
        }
        Ok(found)
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

/// Whether `needle` is in `hay`.
pub(crate) fn holds(hay: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else {
        return true;
    };
    let mut from = 0;
    while let Some(at) = hay
        .get(from..)
        .and_then(|hay| hay.iter().position(|byte| byte == first))
    {
        let after = from + at + 1;
        if hay.get(after..after + rest.len()) == Some(rest) {
            return true;
        }
        from = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_both_encodings_and_in_nested_folders() {
        let profile = Profile::new().unwrap();
        let deep = profile.path().join("Default/Sessions");
        std::fs::create_dir_all(&deep).unwrap();
        let wide: Vec<u8> = "xxkanarie"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        std::fs::write(deep.join("wide"), wide).unwrap();
        std::fs::write(deep.join("plain"), "kkanarie").unwrap();
        std::fs::write(deep.join("other"), "kanari").unwrap();
        let mut found = profile.files_with("kanarie").unwrap();
        found.sort();
        assert_eq!(found, [deep.join("plain"), deep.join("wide")]);
    }
}
