//! How connections are taken: so many from one address, and none for long whose other end says nothing or takes nothing.
//!
//! An event stream stays open on purpose: it says something every 25 seconds, and its reader takes it.
//!
//! Deliberately not here: what is asked over them, and for how long a body may take (`letterbox`).

mod watched;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum_server::accept::{Accept, DefaultAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{AddrListener, Address, Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpStream};

use crate::episode::Episode;
use crate::letterbox::network_of;
use watched::Watched;

/// More connections are not taken from one address: an evening's phones behind one router are fewer.
const MOST: u32 = 256;

/// How long the other end of a connection is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the first words of a connection.
    pub asking: Duration,
    /// For the rest of a request's head, and for the next request. A proxy keeps a connection for later: closed sooner than the
    /// proxy does it, a call that is on its way fails.
    pub resting: Duration,
    /// For a reader who took nothing more.
    pub taking: Duration,
    /// For a sign of life where nothing is under way, before it is asked for; and for the answer to that.
    pub living: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            asking: Duration::from_secs(30),
            resting: Duration::from_secs(150),
            taking: Duration::from_secs(120),
            living: Duration::from_secs(120),
        }
    }
}

/// What is served, and how.
#[derive(Debug)]
pub struct Serving {
    /// What answers.
    pub router: Router,
    /// Its certificate, where this process speaks TLS itself.
    pub certificate: Option<RustlsConfig>,
    /// Whose connections are not counted, beside this machine's: many call through them.
    pub proxies: Vec<IpAddr>,
    /// How long the other end is waited for.
    pub patience: Patience,
    /// What ends it.
    pub handle: Handle<Peer>,
}

/// Takes connections until the handle ends it.
///
/// # Errors
/// When the listener is no good.
pub async fn serve(listener: std::net::TcpListener, serving: Serving) -> io::Result<()> {
    let Serving {
        router,
        certificate,
        proxies,
        patience,
        handle,
    } = serving;
    let door = Door::new(TcpListener::from_std(listener)?, proxies, patience);
    let mut server = Server::<Peer>::from_listener(door).handle(handle);
    let builder = server.http_builder();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.resting);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(patience.living)
        .keep_alive_timeout(patience.living);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match certificate {
        None => {
            let watching = Watching::new(DefaultAcceptor::new(), patience);
            server.acceptor(watching).serve(service).await
        }
        Some(config) => {
            let watching = Watching::new(RustlsAcceptor::new(config), patience);
            server.acceptor(watching).serve(service).await
        }
    }
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(SocketAddr);

impl Address for Peer {
    type Stream = Taken;
    type Listener = Door;
}

impl Connected<Peer> for SocketAddr {
    fn connect_info(peer: Peer) -> Self {
        peer.0
    }
}

/// A connection that was taken, and is counted while it is open.
#[derive(Debug)]
pub struct Taken {
    stream: TcpStream,
    counted: Option<Counted>,
}

/// Where connections come in.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    proxies: Vec<IpAddr>,
    patience: Patience,
    open: Open,
    none_taken: Episode,
    too_many: Episode,
}

/// How many are open, by address.
type Open = Arc<Mutex<BTreeMap<IpAddr, u32>>>;

impl Door {
    fn new(listener: TcpListener, proxies: Vec<IpAddr>, patience: Patience) -> Self {
        Self {
            listener,
            proxies: proxies.iter().map(IpAddr::to_canonical).collect(),
            patience,
            open: Open::default(),
            none_taken: Episode::default(),
            too_many: Episode::default(),
        }
    }

    /// The connection, unless its address has as many as it may: then it is closed.
    fn let_in(&self, stream: TcpStream, address: IpAddr) -> Option<Taken> {
        let address = address.to_canonical();
        let counted = if address.is_loopback() || self.proxies.contains(&address) {
            None
        } else if let Some(counted) = Counted::one_more(&self.open, network_of(address)) {
            Some(counted)
        } else {
            if self.too_many.begins(Instant::now()) {
                tracing::warn!(
                    "an address has {MOST} connections open: more of it are closed at once, others are served. Is it a \
                     proxy? Then name it with --proxy"
                );
            }
            return None;
        };
        if self.too_many.ends(Instant::now()) {
            tracing::warn!("no address has too many connections any more");
        }
        // Without it, one whose other end vanished without a word would stay open for ever.
        let _ = ask_for_life(&stream, self.patience.living);
        Some(Taken { stream, counted })
    }

    fn failed(&self, error: &io::Error) {
        // That end went before it was taken: nothing is wrong here.
        if error.kind() != io::ErrorKind::ConnectionAborted
            && self.none_taken.begins(Instant::now())
        {
            tracing::warn!(
                %error,
                "a connection could not be taken: those that are open go on. When files are meant, raise the limit of \
                 open files (LimitNOFILE=)"
            );
        }
    }

    fn went_well(&self) {
        if self.none_taken.ends(Instant::now()) {
            tracing::warn!("connections are taken again");
        }
    }
}

impl AddrListener<Taken, Peer> for Door {
    async fn bind_to(peer: Peer) -> io::Result<Self> {
        let listener = TcpListener::bind(peer.0).await?;
        Ok(Self::new(listener, Vec::new(), Patience::default()))
    }

    async fn accept_stream(&self) -> io::Result<(Taken, Peer)> {
        loop {
            let taken = self.listener.accept().await;
            let (stream, address) = taken.inspect_err(|error| self.failed(error))?;
            self.went_well();
            if let Some(taken) = self.let_in(stream, address.ip()) {
                return Ok((taken, Peer(address)));
            }
        }
    }

    fn get_local_addr(&self) -> io::Result<Peer> {
        self.listener.local_addr().map(Peer)
    }
}

/// The system asks an end of which nothing is heard whether it is there: it has three times to say so.
fn ask_for_life(stream: &TcpStream, after: Duration) -> rustix::io::Result<()> {
    use rustix::net::sockopt;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, after)?;
    sockopt::set_tcp_keepintvl(stream, after / 3)?;
    sockopt::set_tcp_keepcnt(stream, 3)
}

/// One of an address' connections, until it is dropped.
#[derive(Debug)]
struct Counted {
    open: Open,
    address: IpAddr,
}

impl Counted {
    fn one_more(open: &Open, address: IpAddr) -> Option<Self> {
        let mut all = open.lock().unwrap_or_else(PoisonError::into_inner);
        let number = all.entry(address).or_default();
        if *number >= MOST {
            return None;
        }
        *number += 1;
        let open = open.clone();
        Some(Self { open, address })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = all.get_mut(&self.address) {
            *number -= 1;
            if *number == 0 {
                all.remove(&self.address);
            }
        }
    }
}

/// Puts the watch around what a request is read from: within TLS, where there is any.
#[derive(Clone, Debug)]
struct Watching<A> {
    inner: A,
    patience: Patience,
}

impl<A> Watching<A> {
    fn new(inner: A, patience: Patience) -> Self {
        Self { inner, patience }
    }
}

impl<A, S> Accept<Taken, S> for Watching<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
    A::Stream: Unpin,
{
    type Stream = Watched<A::Stream, Option<Counted>>;
    type Service = A::Service;
    type Future =
        Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send + 'static>>;

    fn accept(&self, taken: Taken, service: S) -> Self::Future {
        let accepting = self.inner.accept(taken.stream, service);
        let (patience, counted) = (self.patience, taken.counted);
        Box::pin(async move {
            let (stream, service) = accepting.await?;
            let watched = Watched::new(stream, counted, patience.asking, patience.taking);
            Ok((watched, service))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::sockopt;

    #[tokio::test]
    async fn whoever_vanishes_without_a_word_is_asked_for_a_sign_of_life() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = Door::new(listener, Vec::new(), Patience::default());
        let Peer(address) = door.get_local_addr().unwrap();
        let _other_end = TcpStream::connect(address).await.unwrap();
        let (taken, _) = door.accept_stream().await.unwrap();
        assert!(sockopt::socket_keepalive(&taken.stream).unwrap());
        let idle = sockopt::tcp_keepidle(&taken.stream).unwrap();
        assert_eq!(idle, Duration::from_secs(120));
    }
}
