//! Why the server did not start, each in one line that ends with the remedy.
//!
//! Deliberately not here: what goes wrong while it runs; a request is answered by `problem`.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::database::DatabaseError;

/// A reason not to start. The message is one line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The command line is wrong.
    #[error("{0}. See veldpost-server --help.")]
    Arguments(String),
    /// The folder holds no built app.
    #[error(
        "no built app in {0}: build it with `cargo xtask build`, or name its folder with --app DIR."
    )]
    NoApp(PathBuf),
    /// The folder holds part of an app, or files of two builds.
    #[error("the app in {folder} is not whole ({path}): build it again with `cargo xtask build`.")]
    HalfApp {
        /// The app's folder.
        folder: PathBuf,
        /// The file that is missing or differs from the list.
        path: String,
    },
    /// The data folder cannot be made or written.
    #[error("the data folder {folder} cannot be used ({source}): choose another with --data DIR.")]
    DataFolder {
        /// The folder asked for.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A command by another user than the one whose the data folder is.
    #[error(
        "the data folder {folder} belongs to {user}, and the server could not use what another user makes there: \
         nothing was changed; say `sudo -u {user} veldpost-server {command} --data {folder}`."
    )]
    OtherUser {
        /// The folder asked for.
        folder: PathBuf,
        /// Whose it is.
        user: String,
        /// What was asked for.
        command: String,
    },
    /// The relay's database cannot be used.
    #[error("the relay's database: {0}.")]
    Database(#[from] DatabaseError),
    /// The relay does not begin.
    #[error("the relay does not start ({0}): run `veldpost-server doctor`.")]
    Relay(String),
    /// The address is taken.
    #[error(
        "something else already listens on {address}: stop it, or choose another port with {option} {next}.",
        next = next_port(*.address)
    )]
    AddressInUse {
        /// The address asked for.
        address: SocketAddr,
        /// The option that names it.
        option: &'static str,
    },
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on {address} ({source}): choose another address with {option}.")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The option that names it.
        option: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate or key cannot be used.
    #[error("the certificate cannot be used ({0}): check --tls-cert and --tls-key (PEM files).")]
    Certificate(String),
    /// The network's own address could not be found out.
    #[error("this machine has no address on a network: connect it, or leave --lan out.")]
    NoNetwork,
    /// Serving ended by an error.
    #[error("the server stopped ({0}): start it again.")]
    Stopped(std::io::Error),
}

fn next_port(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(8480))
}
