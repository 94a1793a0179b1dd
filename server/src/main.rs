//! The server binary: reads the command line, starts, and says in one line why it could not.
//!
//! Deliberately not here: anything worth testing; that is in the library.

use std::io::Write as _;
use std::process::ExitCode;

use veldpost_server::arguments::{self, HELP, Request};
use veldpost_server::{StartError, serve, upkeep};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "veldpost-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), StartError> {
    match arguments::read(std::env::args_os().skip(1))? {
        Request::Help => print(HELP),
        Request::Version => print(concat!("veldpost-server ", env!("CARGO_PKG_VERSION"), "\n")),
        Request::Keep(data, what) => print(&upkeep::run(&data, &what)?),
        Request::Serve(arguments) => {
            let level = if arguments.verbose {
                tracing::Level::DEBUG
            } else {
                tracing::Level::INFO
            };
            tracing_subscriber::fmt()
                .with_max_level(level)
                .with_writer(std::io::stderr)
                .with_target(false)
                .init();
            let runtime = tokio::runtime::Runtime::new().map_err(StartError::Stopped)?;
            runtime.block_on(serve::serve(*arguments))?;
        }
    }
    Ok(())
}

fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
