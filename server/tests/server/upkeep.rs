//! Copies, and putting one back, by an operator who names the wrong thing.
//!
//! Deliberately not here: what devices see of a restore (`process`), and what a check finds (`doctor`).

use std::path::{Path, PathBuf};

use veldpost_envelope::wire::Call;
use veldpost_server::database::FILE;

use super::process::run;
use super::running::{Running, answered};
use super::starting::{command, refusal};
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
        run(self.app.path(), self.data.path(), words)
    }

    /// One line that says why it was not done.
    pub fn refused(&self, words: &[&str]) -> String {
        let mut command = command(self.app.path(), self.data.path());
        command.args(words);
        let told = refusal(command);
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
    assert_eq!(names(data), before);
    // What comes afterwards is there when the server ended.
    place.stream.commit(3, 100);
    place.push(&server);
    server.stopped();
    let said = place.run(&["doctor"]);
    assert!(said.contains("5 entries"), "{said}");
    place.run(&["backup", text(&place.copy())]);
}
