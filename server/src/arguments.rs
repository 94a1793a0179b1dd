//! The command line of the server binary.
//!
//! Deliberately not here: a configuration file. These options fit on one line of a service unit.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use veldpost_relay::Founding;

use crate::StartError;

/// The port when none is named.
pub const DEFAULT_PORT: u16 = 8480;

/// What `--help` prints.
pub const HELP: &str = "\
veldpost-server: hands out the Veldpost app, and is the relay of its devices

  veldpost-server [options]               serve
  veldpost-server backup FILE             copy the relay's database to elsewhere, also while it serves
  veldpost-server restore FILE            put a copy in its place; the server must not run. All that is in the copy is
                                          verified first; with --unverified only that the file is sound and a
                                          relay's: for a copy of which a part is damaged, when there is no other
  veldpost-server doctor                  check the database and say what is in it
  veldpost-server lost                    the disk was lost and this data folder begins empty: take roster acts of
                                          before alone, for a day
  veldpost-server whole                   after restore or lost: all is back, take new roster acts again

  --app DIR             the built app (default: target/app/dist)
  --data DIR            the server's own folder, made when missing (default: data)
  --listen ADDRESS      address and port (default: 127.0.0.1:8480; with --lan 0.0.0.0:8480)
  --lan                 https with a certificate made here, for phones on the same network
  --tls-cert FILE       https with this certificate chain (PEM), with --tls-key
  --tls-key FILE        the certificate's private key (PEM)
  --origin ORIGIN       where devices reach this relay, such as https://relay.example; may be repeated
                        (default: as --listen says)
  --proxy ADDRESS       a proxy on another machine, whose X-Forwarded-For is believed; may be repeated
  --founding WHO        who may found a region here: open, closed, or a code of 12 characters or more
                        (default: closed; with --lan a code that is made and printed at each start)
  --region-mib NUMBER   the most that a region may keep here (default: as much as there is room)
  --metrics ADDRESS     Prometheus text at http://ADDRESS/metrics; let no stranger reach it
  --relay-origin ORIGIN one more origin the app may speak to, such as https://relay.example
  --demo                the app opens on a made-up region
  --demo-invitation FILE with --demo: the app joins the region of the invitation in this file, one browser each
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
    /// Where devices reach this relay; none for what `listen` says.
    pub origins: Vec<String>,
    /// Proxies on other machines, which are believed about whom they call for.
    pub proxies: Vec<IpAddr>,
    /// Who may found a region; none when nobody said.
    pub founding: Option<Founding>,
    /// The most bytes that a region may keep; none for as many as there is room.
    pub region_bytes: Option<u64>,
    /// Where the numbers are shown.
    pub metrics: Option<SocketAddr>,
    /// One more origin that the app may speak to.
    pub relay_origin: Option<String>,
    /// Whether the app opens on a made-up region.
    pub demo: bool,
    /// Where an invitation to the demonstration's region lies, written anew whenever somebody came by it.
    pub demo_invitation: Option<PathBuf>,
    /// Whether each request is logged.
    pub verbose: bool,
}

/// What is done with a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// Copy it into a file.
    Backup(PathBuf),
    /// Put a file in its place.
    Restore {
        /// The copy.
        file: PathBuf,
        /// Whether every chain in it is verified first.
        verify: bool,
    },
    /// Check it.
    Doctor,
    /// It takes the place of one that was lost.
    Lost,
    /// What a restored or a lost one lacked is back.
    Whole,
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Start the server.
    Serve(Box<Arguments>),
    /// Something to be done with the database in this data folder.
    Keep(PathBuf, Upkeep),
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
    let mut given = Given::default();
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Arg::Long("app") => given.app = Some(parser.value().map_err(wrong)?.into()),
            Arg::Long("data") => given.data = Some(parser.value().map_err(wrong)?.into()),
            Arg::Long("listen") => given.listen = Some(parsed(&mut parser)?),
            Arg::Long("tls-cert") => {
                given.certificate = Some(parser.value().map_err(wrong)?.into())
            }
            Arg::Long("tls-key") => given.key = Some(parser.value().map_err(wrong)?.into()),
            Arg::Long("relay-origin") => {
                given.relay_origin = Some(origin("--relay-origin", text(&mut parser)?)?);
            }
            Arg::Long("origin") => {
                given.origins.push(origin("--origin", text(&mut parser)?)?);
            }
            Arg::Long("proxy") => given.proxies.push(parsed(&mut parser)?),
            Arg::Long("founding") => given.founding = Some(founding(text(&mut parser)?)?),
            Arg::Long("region-mib") => given.region_mib = Some(parsed(&mut parser)?),
            Arg::Long("metrics") => given.metrics = Some(parsed(&mut parser)?),
            Arg::Long("lan") => given.lan = true,
            Arg::Long("demo") => given.demo = true,
            Arg::Long("demo-invitation") => {
                given.demo_invitation = Some(parser.value().map_err(wrong)?.into());
            }
            Arg::Long("verbose") => given.verbose = true,
            // It was to be said once; now it is done unless somebody says otherwise.
            Arg::Long("verify") => given.verify = Some(true),
            Arg::Long("unverified") => given.verify = Some(false),
            Arg::Long("help") | Arg::Short('h') => return Ok(Request::Help),
            Arg::Long("version") => return Ok(Request::Version),
            Arg::Value(word) => given.words.push(word),
            other => return Err(wrong(other.unexpected())),
        }
    }
    given.request()
}

/// What stood on the line.
#[derive(Default)]
struct Given {
    words: Vec<OsString>,
    app: Option<PathBuf>,
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    lan: bool,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    origins: Vec<String>,
    proxies: Vec<IpAddr>,
    founding: Option<Founding>,
    region_mib: Option<u64>,
    metrics: Option<SocketAddr>,
    relay_origin: Option<String>,
    demo: bool,
    demo_invitation: Option<PathBuf>,
    verbose: bool,
    verify: Option<bool>,
}

impl Given {
    fn request(self) -> Result<Request, StartError> {
        let data = self.data.clone().unwrap_or_else(|| PathBuf::from("data"));
        if self.verify.is_some() && self.words.first().is_none_or(|word| word != "restore") {
            return Err(arguments("--verify and --unverified are for restore"));
        }
        if self.words.is_empty() {
            let found = self.serve(data)?;
            return Ok(Request::Serve(Box::new(found)));
        }
        if let Some(option) = self.only_to_serve() {
            return Err(StartError::Arguments(format!(
                "{option} is for serving: a command takes --data alone"
            )));
        }
        Ok(Request::Keep(data, self.upkeep()?))
    }

    fn upkeep(&self) -> Result<Upkeep, StartError> {
        let mut words = self.words.iter();
        let command = words.next().and_then(|word| word.to_str());
        let file = words.next().map(PathBuf::from);
        if words.next().is_some() {
            return Err(arguments("one FILE is enough"));
        }
        match (command, file) {
            (Some("backup"), Some(file)) => Ok(Upkeep::Backup(file)),
            (Some("restore"), Some(file)) => Ok(Upkeep::Restore {
                file,
                verify: self.verify.unwrap_or(true),
            }),
            (Some("doctor"), None) => Ok(Upkeep::Doctor),
            (Some("lost"), None) => Ok(Upkeep::Lost),
            (Some("whole"), None) => Ok(Upkeep::Whole),
            (Some("backup" | "restore"), None) => Err(arguments("backup and restore need a FILE")),
            _ => Err(arguments("that is no command, or it has a word too many")),
        }
    }

    /// The first option that was given and that means nothing to a command: whoever gave it meant something else.
    fn only_to_serve(&self) -> Option<&'static str> {
        let given = [
            ("--app", self.app.is_some()),
            ("--listen", self.listen.is_some()),
            ("--lan", self.lan),
            ("--tls-cert", self.certificate.is_some()),
            ("--tls-key", self.key.is_some()),
            ("--origin", !self.origins.is_empty()),
            ("--proxy", !self.proxies.is_empty()),
            ("--founding", self.founding.is_some()),
            ("--region-mib", self.region_mib.is_some()),
            ("--metrics", self.metrics.is_some()),
            ("--relay-origin", self.relay_origin.is_some()),
            ("--demo", self.demo),
            ("--demo-invitation", self.demo_invitation.is_some()),
            ("--verbose", self.verbose),
        ];
        let found = given.into_iter().find(|(_, given)| *given);
        found.map(|(option, _)| option)
    }

    fn serve(self, data: PathBuf) -> Result<Arguments, StartError> {
        let transport = transport(self.lan, self.certificate, self.key)?;
        let address = if self.lan {
            Ipv4Addr::UNSPECIFIED
        } else {
            Ipv4Addr::LOCALHOST
        };
        let usual = SocketAddr::from((address, DEFAULT_PORT));
        Ok(Arguments {
            app: self.app.unwrap_or_else(|| PathBuf::from("target/app/dist")),
            data,
            listen: self.listen.unwrap_or(usual),
            transport,
            origins: self.origins,
            proxies: self.proxies,
            founding: self.founding,
            region_bytes: self.region_mib.map(|mib| mib.saturating_mul(1024 * 1024)),
            metrics: self.metrics,
            relay_origin: self.relay_origin,
            demo: self.demo,
            demo_invitation: self.demo_invitation.filter(|_| self.demo),
            verbose: self.verbose,
        })
    }
}

fn wrong(error: lexopt::Error) -> StartError {
    StartError::Arguments(error.to_string())
}

fn text(parser: &mut Parser) -> Result<String, StartError> {
    parser.value().and_then(ValueExt::string).map_err(wrong)
}

fn parsed<T>(parser: &mut Parser) -> Result<T, StartError>
where
    T: core::str::FromStr,
    T::Err: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let value = parser.value().and_then(|value| value.parse());
    value.map_err(wrong)
}

/// A code that can be guessed is none.
fn founding(who: String) -> Result<Founding, StartError> {
    match who.as_str() {
        "open" => Ok(Founding::Open),
        "closed" => Ok(Founding::Closed),
        code if code.chars().count() >= 12 => Ok(Founding::Code(who)),
        _ => Err(arguments(
            "--founding is open, closed, or a code of 12 characters or more",
        )),
    }
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
fn origin(option: &str, origin: String) -> Result<String, StartError> {
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    match host {
        Some(host) if !host.is_empty() && host.bytes().all(fits) => Ok(origin),
        _ => Err(StartError::Arguments(format!(
            "{option} must look like https://relay.example or https://host:8443"
        ))),
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
            Ok(Request::Serve(arguments)) => *arguments,
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
    fn a_code_that_can_be_guessed_founds_nothing() {
        assert_eq!(served("").founding, None);
        assert_eq!(served("--founding open").founding, Some(Founding::Open));
        assert_eq!(served("--founding closed").founding, Some(Founding::Closed));
        assert!(check("--founding short").is_err_and(|error| error.contains("12 characters")));
        let code = Founding::Code(String::from("long-enough-1"));
        assert_eq!(served("--founding long-enough-1").founding, Some(code));
    }

    #[test]
    fn proxies_are_addresses_without_a_port() {
        assert!(served("").proxies.is_empty());
        let named = served("--proxy 192.0.2.1 --proxy 2001:db8::1").proxies;
        let said: Vec<String> = named.iter().map(IpAddr::to_string).collect();
        assert_eq!(said, ["192.0.2.1", "2001:db8::1"]);
        assert!(check("--proxy 192.0.2.1:80").is_err());
    }

    #[test]
    fn what_means_nothing_to_a_command_is_refused() {
        for option in [
            "--app a",
            "--listen 127.0.0.1:1",
            "--lan",
            "--tls-cert a",
            "--tls-key a",
            "--origin https://a",
            "--proxy 192.0.2.1",
            "--founding open",
            "--region-mib 1",
            "--metrics 127.0.0.1:1",
            "--relay-origin https://a",
            "--demo",
            "--demo-invitation a",
            "--verbose",
        ] {
            for command in ["backup a", "restore a", "doctor", "lost", "whole"] {
                let told = check(&format!("{command} {option}")).unwrap_err();
                let name = option.split(' ').next().unwrap();
                assert!(told.starts_with(name), "{command} {option}: {told}");
            }
        }
        for line in ["backup a --verify", "doctor --unverified", "--verify"] {
            assert!(check(line).is_err(), "{line}");
        }
        assert!(check("restore a --verify --data b").is_ok());
    }

    #[test]
    fn an_unknown_option_is_named() {
        assert!(check("--prot 1").is_err_and(|error| error.contains("--prot")));
    }
}
