//! The server binary: reads the command line, starts, and says in one line why it could not.
//!
//! Deliberately not here: anything worth testing; that is in the library.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
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
            log(arguments.verbose);
            let runtime = tokio::runtime::Runtime::new().map_err(StartError::Stopped)?;
            runtime.block_on(serve::serve(*arguments))?;
        }
    }
    Ok(())
}

/// Other crates' debugging may quote what was asked, so that theirs is not shown.
fn log(verbose: bool) {
    let level = if verbose { Level::DEBUG } else { Level::INFO };
    let shown = Targets::new()
        .with_default(Level::WARN)
        .with_target("veldpost", level);
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !no_colour)
        .with_target(false)
        // Whoever read the lines may be gone: that would otherwise end the task that says it.
        .log_internal_errors(false);
    tracing_subscriber::registry()
        .with(shown)
        .with(lines)
        .init();
}

fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
