//! The real server as a process of its own, with its own data folder, that can be stopped for real.
//!
//! Deliberately not here: the server's code. A journey that linked it could not stop it.

use std::fs::{OpenOptions, Permissions};
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::built::Built;
use crate::processes;
use crate::questionnaire::app_with_survey;

/// What differs from server to server.
#[derive(Clone, Debug, Default)]
pub struct ServerChoices {
    /// The app opens on a made-up region.
    pub demo: bool,
    /// That region is at the relay, with devices of its own: see [`crate::Players`].
    pub demo_region: bool,
    /// Another folder than the app under test, for a journey across an update.
    pub app: Option<PathBuf>,
    /// Anybody may found a region here.
    pub founding: bool,
    /// One more address that devices reach it at, such as that of a [`crate::Recorder`].
    pub origin: Option<String>,
    /// One line a request, in a file that [`Server::log`] reads.
    pub log: bool,
    /// So many days its clock is ahead of every browser's.
    pub days_ahead: u32,
}

/// What gives a process another date than the machine's; the loader puts in where this system keeps its libraries.
const FAKETIME: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1";

/// The process reads a clock that is so many days ahead; its pauses stay as long as they are. Not by the program
/// `faketime`, which stays in front of it and passes no signal on.
fn set_ahead(command: &mut Command, days: u32) -> Result<()> {
    // The loader goes on without a library that is not there.
    let mut installed = Command::new("faketime");
    let installed = installed.arg("--version").stdout(Stdio::null()).status();
    installed.context("there is no faketime: cargo xtask test --only journeys installs it")?;
    command
        .env("LD_PRELOAD", FAKETIME)
        .env("FAKETIME", format!("+{days}d"))
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Ok(())
}

/// A server: running, or stopped with its port and data kept.
#[derive(Debug)]
pub struct Server {
    built: Built,
    choices: ServerChoices,
    data: TempDir,
    /// What it says when it is told to log; beside the data, so that a search of those does not meet it.
    said: TempDir,
    address: SocketAddr,
    process: Option<Child>,
}

impl Server {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// With what the server said.
    pub fn start() -> Result<Self> {
        Self::start_with(ServerChoices::default())
    }

    /// Starts a server on a free port with these choices.
    ///
    /// # Errors
    /// With what the server said.
    pub fn start_with(choices: ServerChoices) -> Result<Self> {
        // The server says of a folder that others can look into that they can.
        let folder = |prefix| {
            let mut folder = tempfile::Builder::new();
            folder.permissions(Permissions::from_mode(0o700));
            folder.prefix(prefix).tempdir()
        };
        let data = folder("veldpost-server-")?;
        let said = folder("veldpost-log-")?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self {
            built: Built::find()?,
            choices,
            data,
            said,
            address,
            process: None,
        };
        server.start_again()?;
        Ok(server)
    }

    /// Starts a server that takes new regions.
    ///
    /// # Errors
    /// With what the server said.
    pub fn start_for_regions() -> Result<Self> {
        Self::start_with(ServerChoices {
            founding: true,
            ..ServerChoices::default()
        })
    }

    /// Starts a server whose questionnaire asks for a remark, which is off unless an operator wants it. The
    /// folder of that app goes with the value.
    ///
    /// # Errors
    /// With what the server said, or the mistake in the sheets.
    pub async fn start_with_remark() -> Result<(TempDir, Self)> {
        let mut server = Self::start()?;
        let (off, on) = (
            "hidden,block_note,,,,,,,,,,no",
            "hidden,block_note,,,,,,,,,,yes",
        );
        let app = app_with_survey(&server.built, |sheet| sheet.replace(off, on))?;
        server.serve_instead(app.path().to_path_buf()).await?;
        Ok((app, server))
    }

    /// Starts a stopped server on the port and data that it had.
    ///
    /// # Errors
    /// With what the server said.
    pub fn start_again(&mut self) -> Result<()> {
        if self.process.is_some() {
            bail!("the server runs already");
        }
        let app = self.choices.app.as_ref().unwrap_or(&self.built.app);
        let mut command = Command::new(&self.built.server);
        command
            .arg("--app")
            .arg(app)
            .arg("--data")
            .arg(self.data.path());
        command.arg("--listen").arg(self.address.to_string());
        if self.choices.demo {
            command.arg("--demo");
        }
        if self.choices.demo_region {
            command.arg("--demo-invitation").arg(self.invitation());
        }
        if self.choices.founding {
            command.args(["--founding", "open"]);
        }
        if let Some(origin) = &self.choices.origin {
            command.args(["--origin", origin]);
        }
        if self.choices.log {
            let mut file = OpenOptions::new();
            let file = file.append(true).create(true).open(self.log_file())?;
            command.arg("--verbose").stderr(file);
        }
        if self.choices.days_ahead > 0 {
            set_ahead(&mut command, self.choices.days_ahead)?;
        }
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .context("no server binary")?;
        let mut line = String::new();
        let out = process
            .stdout
            .as_mut()
            .context("the server has no output")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line
            .trim()
            .rsplit('/')
            .next()
            .and_then(|text| text.replace("localhost", "127.0.0.1").parse().ok());
        // Kept before anything can fail, so that it is ended with this value.
        self.process = Some(process);
        self.address = address.context("the server did not start: its reason is above")?;
        Ok(())
    }

    /// Serves another build from the same address, as an operator who updates does.
    ///
    /// # Errors
    /// When it does not stop or start.
    pub async fn serve_instead(&mut self, app: PathBuf) -> Result<()> {
        self.restart_with(ServerChoices {
            app: Some(app),
            ..self.choices.clone()
        })
        .await
    }

    /// Stops the server, if it runs, and starts it with other choices on the same port and data.
    ///
    /// # Errors
    /// When it does not stop or start.
    pub async fn restart_with(&mut self, choices: ServerChoices) -> Result<()> {
        if self.process.is_some() {
            self.stop().await?;
        }
        self.choices = choices;
        self.start_again()
    }

    /// Ends the process and proves that nobody answers at its address any more.
    ///
    /// # Errors
    /// When something still answers.
    pub async fn stop(&mut self) -> Result<()> {
        let mut process = self
            .process
            .take()
            .context("the server is stopped already")?;
        processes::terminate(process.id())?;
        processes::ended(&[process.id()]).await?;
        process.wait()?;
        if TcpStream::connect(self.address).is_ok() {
            bail!("something still answers at the stopped server's address");
        }
        Ok(())
    }

    /// Ends the process as a machine does that loses its power: SIGKILL, no goodbye.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> Result<()> {
        let mut process = self
            .process
            .take()
            .context("the server is stopped already")?;
        process.kill()?;
        process.wait()?;
        Ok(())
    }

    /// It takes connections and answers none, until [`Server::resume`].
    ///
    /// # Errors
    /// When it does not run.
    pub fn hold(&self) -> Result<()> {
        self.signal("-STOP")
    }

    /// It answers again, first what was asked meanwhile.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self) -> Result<()> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let process = self.process.as_ref().context("the server is stopped")?;
        processes::signal(process.id(), signal)
    }

    /// The relay's disk is gone: from the next start on its data folder is a new, empty one.
    ///
    /// # Errors
    /// When it runs, or no folder can be made.
    pub fn lose_disk(&mut self) -> Result<()> {
        if self.process.is_some() {
            bail!("the server uses its disk");
        }
        self.data = tempfile::Builder::new()
            .prefix("veldpost-server-")
            .tempdir()?;
        Ok(())
    }

    /// Runs one of the server's upkeep commands on its data, such as `backup FILE`; gives what it said.
    ///
    /// # Errors
    /// When it fails.
    pub fn upkeep(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.built.server);
        command.args(words).arg("--data").arg(self.data.path());
        let output = command.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{words:?} failed: {said}");
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Its own folder, with the relay's database.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it logged so far, when it was told to.
    ///
    /// # Errors
    /// When it was not.
    pub fn log(&self) -> Result<Vec<u8>> {
        std::fs::read(self.log_file()).context("the server keeps no log")
    }

    /// Where an invitation to the demonstration's region lies.
    #[must_use]
    pub fn invitation(&self) -> PathBuf {
        self.said.path().join("invitation")
    }

    fn log_file(&self) -> PathBuf {
        self.said.path().join("log")
    }

    /// The address of a page: `path` begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        // `localhost` is a secure context by its name in every engine.
        format!("http://localhost:{}{path}", self.address.port())
    }

    /// The app that is served when no other was chosen.
    #[must_use]
    pub fn built(&self) -> &Built {
        &self.built
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
