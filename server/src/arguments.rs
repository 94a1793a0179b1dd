//! The command line of the server binary.
//!
//! Deliberately not here: a configuration file. Ten options fit on one line of a service unit.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::StartError;

/// The port when none is named.
pub const DEFAULT_PORT: u16 = 8480;

/// What `--help` prints.
pub const HELP: &str = "\
veldpost-server: hands out the Veldpost app

  --app DIR             the built app (default: target/app/dist)
  --data DIR            the server's own folder, made when missing (default: data)
  --listen ADDRESS      address and port (default: 127.0.0.1:8480; with --lan 0.0.0.0:8480)
  --lan                 https with a certificate made here, for phones on the same network
  --tls-cert FILE       https with this certificate chain (PEM), with --tls-key
  --tls-key FILE        the certificate's private key (PEM)
  --relay-origin ORIGIN one more origin the app may speak to, such as https://relay.example
  --demo                the app opens on a made-up region
  --verbose             one line a request, without addresses
  --version, --help
";

/// How the server speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Plain http: for this machine alone, or behind a proxy that speaks TLS.
    Plain,
    /// TLS with a certificate made here, which a phone must be told to trust.
    Lan,
    /// TLS with the operator's own certificate.
    Certificate {
        /// The chain, PEM.
        certificate: PathBuf,
        /// The private key, PEM.
        key: PathBuf,
    },
}

/// The command line, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The built app's folder.
    pub app: PathBuf,
    /// The server's own folder.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Plain or TLS.
    pub transport: Transport,
    /// One more origin that the app may speak to.
    pub relay_origin: Option<String>,
    /// Whether the app opens on a made-up region.
    pub demo: bool,
    /// Whether each request is logged.
    pub verbose: bool,
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Start the server.
    Serve(Arguments),
    /// Print the options.
    Help,
    /// Print the version.
    Version,
}

/// Reads the command line, without the program's own name.
///
/// # Errors
/// [`StartError::Arguments`] names the option that is wrong.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, StartError> {
    let mut parser = Parser::from_args(arguments);
    let wrong = |error: lexopt::Error| StartError::Arguments(error.to_string());
    let (mut app, mut data) = (PathBuf::from("target/app/dist"), PathBuf::from("data"));
    let (mut listen, mut lan, mut demo, mut verbose) = (None, false, false, false);
    let (mut certificate, mut key, mut relay_origin) = (None, None, None);
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Arg::Long("app") => app = parser.value().map_err(wrong)?.into(),
            Arg::Long("data") => data = parser.value().map_err(wrong)?.into(),
            Arg::Long("listen") => {
                listen = Some(
                    parser
                        .value()
                        .and_then(|value| value.parse())
                        .map_err(wrong)?,
                );
            }
            Arg::Long("tls-cert") => certificate = Some(parser.value().map_err(wrong)?.into()),
            Arg::Long("tls-key") => key = Some(parser.value().map_err(wrong)?.into()),
            Arg::Long("relay-origin") => {
                let origin = parser.value().and_then(ValueExt::string).map_err(wrong)?;
                relay_origin = Some(checked_origin(origin)?);
            }
            Arg::Long("lan") => lan = true,
            Arg::Long("demo") => demo = true,
            Arg::Long("verbose") => verbose = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Request::Help),
            Arg::Long("version") => return Ok(Request::Version),
            other => return Err(wrong(other.unexpected())),
        }
    }
    let transport = transport(lan, certificate, key)?;
    let address = if lan {
        Ipv4Addr::UNSPECIFIED
    } else {
        Ipv4Addr::LOCALHOST
    };
    let listen = listen.unwrap_or_else(|| SocketAddr::from((address, DEFAULT_PORT)));
    Ok(Request::Serve(Arguments {
        app,
        data,
        listen,
        transport,
        relay_origin,
        demo,
        verbose,
    }))
}

fn transport(
    lan: bool,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Transport, StartError> {
    match (lan, certificate, key) {
        (false, None, None) => Ok(Transport::Plain),
        (true, None, None) => Ok(Transport::Lan),
        (false, Some(certificate), Some(key)) => Ok(Transport::Certificate { certificate, key }),
        (true, ..) => Err(arguments(
            "--lan makes its own certificate: leave --tls-cert out",
        )),
        _ => Err(arguments("--tls-cert and --tls-key belong together")),
    }
}

/// An origin is a scheme, a host and perhaps a port; anything more would change the policy header.
fn checked_origin(origin: String) -> Result<String, StartError> {
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    match host {
        Some(host) if !host.is_empty() && host.bytes().all(fits) => Ok(origin),
        _ => Err(arguments(
            "--relay-origin must look like https://relay.example or https://host:8443",
        )),
    }
}

fn arguments(text: &str) -> StartError {
    StartError::Arguments(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Request, String> {
        read(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    fn served(line: &str) -> Arguments {
        match check(line) {
            Ok(Request::Serve(arguments)) => arguments,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn without_options_only_this_machine_is_served() {
        assert_eq!(served("").listen, SocketAddr::from(([127, 0, 0, 1], 8480)));
        assert_eq!(served("").transport, Transport::Plain);
    }

    #[test]
    fn lan_listens_to_the_whole_network_by_tls() {
        assert_eq!(
            served("--lan").listen,
            SocketAddr::from(([0, 0, 0, 0], 8480))
        );
        assert_eq!(served("--lan").transport, Transport::Lan);
    }

    #[test]
    fn an_origin_that_would_widen_the_policy_is_refused() {
        for origin in [
            "relay.example",
            "https://a;script-src",
            "https://a/path",
            "https://",
            "ftp://a",
        ] {
            assert!(
                check(&format!("--relay-origin {origin}")).is_err(),
                "{origin}"
            );
        }
        assert!(check("--relay-origin https://relay.example:8443").is_ok());
    }

    #[test]
    fn half_a_certificate_is_refused() {
        assert!(check("--tls-cert a.pem").is_err_and(|error| error.contains("--tls-key")));
        assert!(check("--lan --tls-cert a --tls-key b").is_err());
    }

    #[test]
    fn an_unknown_option_is_named() {
        assert!(check("--prot 1").is_err_and(|error| error.contains("--prot")));
    }
}
