//! Starting, announcing and ending the server.
//!
//! Deliberately not here: restarting by itself; a service manager does that better.

use std::io::IsTerminal as _;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use time::OffsetDateTime;
use veldpost_relay::{Founding, Settings};

use crate::StartError;
use crate::app_files::AppFiles;
use crate::arguments::{Arguments, Transport};
use crate::certificate::{self, OwnCertificate};
use crate::connections::{self, Patience, Peer, Serving};
use crate::data_folder;
use crate::database::upkeep::Sole;
use crate::database::{self, Database};
use crate::guests::Guests;
use crate::lan;
use crate::letterbox::{self, Letterbox, authorities};
use crate::routes::{self, Site};

/// How long requests under way may take to end after a stop was asked.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until a stop is asked (SIGTERM or Ctrl-C).
///
/// # Errors
/// [`StartError`] in one line with its remedy.
pub async fn serve(arguments: Arguments) -> Result<(), StartError> {
    make_data_folder(&arguments.data)?;
    let mut app = AppFiles::load(&arguments.app)?;
    if arguments.demo {
        app.mark_as_demo()?;
    }
    let mut secured = secured(&arguments).await?;
    let listener = listen(arguments.listen, "--listen")?;
    let address = listener.local_addr().map_err(StartError::Stopped)?;
    // Nobody else writes into this folder while the process lives.
    let _sole = Sole::take(&arguments.data)?;
    data_folder::warn_of_readers(&arguments.data);
    let code = made_code(&arguments)?;
    let letterbox = letterbox(&arguments, code.as_deref(), address, secured.as_ref())?;
    let router = routes::router(Site {
        app,
        data: arguments.data.clone(),
        relay_origin: arguments.relay_origin.clone(),
        strict_transport: matches!(arguments.transport, Transport::Certificate { .. }),
        lan_root: secured.as_ref().and_then(|secured| secured.root.clone()),
        letterbox: letterbox.clone(),
        guests: arguments.demo_invitation.clone().map(Guests::new),
    })?;
    if let Some(address) = arguments.metrics {
        show_metrics(address, letterbox.clone())?;
    }
    let asked = asked_to_stop().map_err(StartError::Stopped)?;
    let own = secured.as_mut().and_then(|secured| secured.own.take());
    keep_certificate(own).map_err(StartError::Stopped)?;
    announce(address, secured.as_ref(), code.as_deref());
    let handle = Handle::new();
    tokio::spawn(stop_when(asked, handle.clone(), letterbox));
    let serving = Serving {
        router,
        certificate: secured.map(|secured| secured.config),
        proxies: arguments.proxies,
        patience: Patience::default(),
        handle,
    };
    connections::serve(listener, serving)
        .await
        .map_err(StartError::Stopped)
}

/// Whoever is on the network reaches a server for phones, so that beginning a region there takes a code. It is printed
/// for the person who started it, and kept nowhere.
fn made_code(arguments: &Arguments) -> Result<Option<String>, StartError> {
    match (&arguments.founding, &arguments.transport) {
        (None, Transport::Lan) => lan::founding_code().map(Some),
        _ => Ok(None),
    }
}

fn letterbox(
    arguments: &Arguments,
    code: Option<&str>,
    address: SocketAddr,
    secured: Option<&Secured>,
) -> Result<Arc<Letterbox>, StartError> {
    let scheme = if secured.is_some() { "https" } else { "http" };
    let lan_address = secured.and_then(|secured| secured.lan_address);
    let authorities = authorities::known(&arguments.origins, scheme, address, lan_address);
    if arguments.origins.is_empty() && address.ip().is_unspecified() && lan_address.is_none() {
        tracing::warn!("without --origin devices reach the relay on this machine only");
    }
    let database = Database::open(&arguments.data, database::Options::default())?;
    let unsaid = || code.map_or(Founding::Closed, |code| Founding::Code(code.to_owned()));
    let settings = Settings {
        founding: arguments.founding.clone().unwrap_or_else(unsaid),
        region_bytes: arguments.region_bytes,
    };
    let opened = Letterbox::open(database, settings, authorities, &arguments.proxies);
    opened.map_err(|problem| StartError::Relay(problem.to_string()))
}

/// On an address of its own, since the numbers are nobody else's business.
fn show_metrics(address: SocketAddr, letterbox: Arc<Letterbox>) -> Result<(), StartError> {
    let listener = tokio::net::TcpListener::from_std(listen(address, "--metrics")?);
    let listener = listener.map_err(StartError::Stopped)?;
    let address = listener.local_addr().map_err(StartError::Stopped)?;
    tracing::info!(port = address.port(), "numbers are shown");
    tokio::spawn(async move {
        let served = axum::serve(listener, letterbox::metrics_router(letterbox)).await;
        if served.is_err() {
            tracing::error!("the numbers are not shown any more");
        }
    });
    Ok(())
}

struct Secured {
    config: RustlsConfig,
    /// The operator's certificate, where it is that.
    own: Option<OwnCertificate>,
    root: Option<String>,
    lan_address: Option<std::net::IpAddr>,
}

async fn secured(arguments: &Arguments) -> Result<Option<Secured>, StartError> {
    if arguments.transport == Transport::Plain {
        return Ok(None);
    }
    // A second start in one process (tests) finds the provider already there: that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let wrong = |error: std::io::Error| StartError::Certificate(error.to_string());
    match &arguments.transport {
        Transport::Plain => Ok(None),
        Transport::Certificate { certificate, key } => {
            let own = OwnCertificate::read(certificate, key).await?;
            Ok(Some(Secured {
                config: own.config(),
                own: Some(own),
                root: None,
                lan_address: None,
            }))
        }
        Transport::Lan => {
            let address = lan::own_address()?;
            let made = lan::certificate(&arguments.data, address, OffsetDateTime::now_utc())?;
            let config = RustlsConfig::from_pem(made.chain.into(), made.key.into());
            let config = config.await.map_err(wrong)?;
            Ok(Some(Secured {
                config,
                own: None,
                root: Some(made.root),
                lan_address: Some(address),
            }))
        }
    }
}

fn make_data_folder(folder: &Path) -> Result<(), StartError> {
    let unusable = |source| StartError::DataFolder {
        folder: folder.to_path_buf(),
        source,
    };
    data_folder::make(folder).map_err(unusable)?;
    let probe = folder.join(data_folder::WRITABLE);
    std::fs::write(&probe, b"")
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(unusable)
}

fn listen(address: SocketAddr, option: &'static str) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(address).map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => StartError::AddressInUse { address, option },
        _ => StartError::Listen {
            address,
            option,
            source,
        },
    })?;
    listener
        .set_nonblocking(true)
        .map_err(StartError::Stopped)?;
    Ok(listener)
}

/// One line on standard output that people and programs wait for; after it the phone's steps, and a code that was made.
fn announce(address: SocketAddr, secured: Option<&Secured>, code: Option<&str>) {
    let scheme = if secured.is_some() { "https" } else { "http" };
    let lan_address = secured.and_then(|secured| secured.lan_address);
    let shown = shown(address, secured);
    let mut out = std::io::stdout().lock();
    // A closed pipe is no reason not to serve.
    let _ = writeln!(out, "Veldpost is at {scheme}://{shown}");
    if lan_address.is_some() {
        let _ = writeln!(out, "\n{}", lan::steps(&format!("{scheme}://{shown}")));
    }
    if let Some(code) = code {
        let _ = writeln!(
            out,
            "To begin a region here, until the server stops: {code}"
        );
    }
    let _ = out.flush();
}

/// Where a person opens the app. Without a certificate that is by this machine's name: a link to a number by http is no invitation
/// (`docs/format.md`), so that nobody could be invited from there.
fn shown(address: SocketAddr, secured: Option<&Secured>) -> String {
    if secured.is_none() && address.ip() == std::net::Ipv4Addr::LOCALHOST {
        return format!("localhost:{}", address.port());
    }
    let lan_address = secured.and_then(|secured| secured.lan_address);
    SocketAddr::new(lan_address.unwrap_or(address.ip()), address.port()).to_string()
}

/// What ends the server. Both signals are caught from here on, so that whoever read the announced address can stop it
/// properly at once.
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            let _ = tokio::signal::ctrl_c().await;
        })
    }
}

/// SIGHUP is caught from here on, so that it ends no server but one in a terminal that was closed: that one would go on with
/// nobody to stop it.
fn keep_certificate(own: Option<OwnCertificate>) -> std::io::Result<()> {
    if std::io::stderr().is_terminal() && own.is_none() {
        return Ok(());
    }
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(certificate::keep(own, async move || {
            hangup.recv().await;
        }));
    }
    #[cfg(not(unix))]
    tokio::spawn(certificate::keep(own, core::future::pending));
    Ok(())
}

async fn stop_when(
    asked: impl Future<Output = ()> + Send + 'static,
    handle: Handle<Peer>,
    letterbox: Arc<Letterbox>,
) {
    asked.await;
    tracing::info!("stopping");
    letterbox.end();
    handle.graceful_shutdown(Some(GRACE));
}
