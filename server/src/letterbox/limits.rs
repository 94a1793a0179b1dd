//! How much of whom, as the core counts it, behind locks; and by which address a refusal is counted.
//!
//! Deliberately not here: writing any of it down. An address is in memory until its bucket is full again.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use veldpost_envelope::DevicePublic;
use veldpost_envelope::request::Signed;
use veldpost_envelope::wire::Code;
use veldpost_relay::limits::{Buckets, CALLS, EventStreams, Nonces, REFUSALS, Volumes};

use super::answer::Refusal;

/// More bodies at the same time are not read from one address: an evening's phones behind one router are fewer, and
/// whoever keeps bodies open does not keep everybody else out.
const MOST_BODIES: u32 = 96;
/// More pulls of one device are not under way: it makes one at a time, and whose connection broke off asks again before
/// that is noticed here.
const MOST_PULLS: u32 = 4;
/// How long to wait when there are too many pulls, in seconds.
const TOO_MANY: u32 = 30;

#[derive(Debug)]
pub(super) struct Limits {
    nonces: Mutex<Nonces>,
    calls: Mutex<Buckets<DevicePublic>>,
    refusals: Mutex<Buckets<IpAddr>>,
    streams: Mutex<EventStreams>,
    bodies: UnderWay<IpAddr>,
    pulls: UnderWay<DevicePublic>,
    /// Entries and bytes of a device.
    pub(super) volumes: Mutex<Volumes>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nonces: Mutex::default(),
            calls: Mutex::new(Buckets::new(CALLS)),
            refusals: Mutex::new(Buckets::new(REFUSALS)),
            streams: Mutex::default(),
            bodies: UnderWay::default(),
            pulls: UnderWay::default(),
            volumes: Mutex::default(),
        }
    }
}

impl Limits {
    /// A signed call that was not seen before, of a device that has one left.
    pub(super) fn admit(&self, signed: &Signed, now: i64) -> Result<(), Refusal> {
        // Held to the end: of two calls with one nonce, one is let in.
        let mut nonces = locked(&self.nonces);
        nonces.sweep(now);
        if nonces.has(signed) {
            return Err(Refusal::new(Code::Nonce));
        }
        let mut calls = locked(&self.calls);
        calls.take(signed.key, 1, now).map_err(Refusal::slow_down)?;
        // Who waits adds nothing: a device that calls on and on does not fill the list.
        nonces.note(signed, now);
        Ok(())
    }

    /// Whether an address may be answered, before anything of its call is read.
    pub(super) fn listen_to(&self, address: Option<IpAddr>, now: i64) -> Result<(), Refusal> {
        let Some(address) = address else {
            return Ok(());
        };
        match locked(&self.refusals).wait(&address, 1, now) {
            0 => Ok(()),
            seconds => Err(Refusal::slow_down(seconds)),
        }
    }

    /// Counts a refusal that an honest client does not get again and again.
    pub(super) fn refused(&self, address: Option<IpAddr>, code: Code, now: i64) {
        if let (Some(address), 400 | 401 | 403 | 405 | 413 | 422) = (address, code.status()) {
            // An empty bucket cannot get emptier.
            let _ = locked(&self.refusals).take(address, 1, now);
        }
    }

    /// Room for one more body from an address; it is given back when what is returned is dropped.
    pub(super) fn body_of(
        &self,
        address: Option<IpAddr>,
    ) -> Result<Option<Counted<IpAddr>>, Refusal> {
        let Some(address) = address else {
            return Ok(None);
        };
        let counted = counted(&self.bodies, address, MOST_BODIES);
        counted.map(Some).ok_or_else(Refusal::busy)
    }

    /// Room for one more pull of a device, in the same way.
    pub(super) fn pull_of(&self, device: DevicePublic) -> Result<Counted<DevicePublic>, Refusal> {
        let counted = counted(&self.pulls, device, MOST_PULLS);
        counted.ok_or_else(|| Refusal::slow_down(TOO_MANY))
    }

    pub(super) fn open_stream(&self, device: DevicePublic) -> bool {
        locked(&self.streams).open(device)
    }

    pub(super) fn close_stream(&self, device: &DevicePublic) {
        locked(&self.streams).close(device);
    }
}

/// How many are under way, of each.
type UnderWay<K> = Arc<Mutex<BTreeMap<K, u32>>>;

/// One that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Counted<K: Ord> {
    among: UnderWay<K>,
    of: K,
}

/// One more, when there are fewer than `most`.
fn counted<K: Ord + Copy>(among: &UnderWay<K>, of: K, most: u32) -> Option<Counted<K>> {
    let mut all = locked(among);
    let number = all.entry(of).or_default();
    if *number >= most {
        return None;
    }
    *number += 1;
    let among = among.clone();
    Some(Counted { among, of })
}

impl<K: Ord> Drop for Counted<K> {
    fn drop(&mut self) {
        let mut all = locked(&self.among);
        if let Some(number) = all.get_mut(&self.of) {
            *number -= 1;
            if *number == 0 {
                all.remove(&self.of);
            }
        }
    }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each is changed in one step, so that a panic elsewhere leaves none half changed.
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who a refusal is counted for: the other end, or whom a proxy names that is on this machine or that the operator named.
/// A proxy that names nobody is not limited, since all would share one bucket. Of IPv6 the network counts, which is what
/// one gets.
pub(super) fn counted_address(
    proxies: &[IpAddr],
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let address = match peer.ip().to_canonical() {
        proxy if proxy.is_loopback() || proxies.contains(&proxy) => {
            let forwarded = headers.get_all("x-forwarded-for").iter().next_back()?;
            // The last one is the proxy's own word; those before it are the client's.
            let last = forwarded.to_str().ok()?.rsplit(',').next()?;
            forwarded_address(last.trim())?
        }
        address => address,
    };
    Some(network_of(address))
}

/// What a proxy says; some name the port too, which says nothing of who it is.
fn forwarded_address(said: &str) -> Option<IpAddr> {
    let with_port = || said.parse().map(|named: SocketAddr| named.ip());
    let bracketed = said
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let bare = bracketed.unwrap_or(said);
    bare.parse().or_else(|_| with_port()).ok()
}

/// An address as it is counted: of IPv6 the network.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use veldpost_relay::limits::MOST_NONCES;

    const NOW: i64 = 1_794_500_000_000;

    fn call(key: [u8; 32], nonce: usize) -> Signed {
        Signed {
            key: DevicePublic(key),
            nonce: (nonce as u128).to_be_bytes(),
            created: 0,
        }
    }

    #[test]
    fn made_up_keys_that_fill_the_list_of_nonces_keep_nobody_out() {
        let limits = Limits::default();
        for nonce in 0..MOST_NONCES {
            let number = u32::try_from(nonce / 200).unwrap().to_be_bytes();
            let mut made_up = [1; 32];
            made_up[..4].copy_from_slice(&number);
            assert_eq!(limits.admit(&call(made_up, nonce), NOW), Ok(()));
        }
        let other = call([2; 32], 0);
        assert_eq!(limits.admit(&other, NOW), Ok(()));
        let again = Err(Refusal::new(Code::Nonce));
        assert_eq!(limits.admit(&other, NOW), again);
        assert_eq!(locked(&limits.nonces).len(), MOST_NONCES);
    }

    #[test]
    fn a_call_that_has_to_wait_leaves_no_nonce() {
        let limits = Limits::default();
        for nonce in 0..200 {
            assert_eq!(limits.admit(&call([1; 32], nonce), NOW), Ok(()));
        }
        let early = call([1; 32], 200);
        assert_eq!(limits.admit(&early, NOW), Err(Refusal::slow_down(1)));
        assert_eq!(locked(&limits.nonces).len(), 200);
        assert_eq!(limits.admit(&early, NOW + 500), Ok(()));
        let again = Err(Refusal::new(Code::Nonce));
        assert_eq!(limits.admit(&early, NOW + 500), again);
    }

    fn counted(peer: &str, forwarded: Option<&str>) -> Option<String> {
        let mut extensions = Extensions::new();
        let peer: SocketAddr = peer.parse().unwrap();
        extensions.insert(ConnectInfo(peer));
        let mut headers = HeaderMap::new();
        if let Some(forwarded) = forwarded {
            let value = HeaderValue::from_str(forwarded).unwrap();
            headers.insert("x-forwarded-for", value);
        }
        let proxies = ["203.0.113.1".parse().unwrap()];
        counted_address(&proxies, &extensions, &headers).map(|address| address.to_string())
    }

    #[test]
    fn only_a_proxy_that_is_here_or_was_named_is_believed_and_only_its_own_word() {
        for (peer, forwarded, expected) in [
            ("192.0.2.1:5", None, Some("192.0.2.1")),
            ("192.0.2.1:5", Some("198.51.100.9"), Some("192.0.2.1")),
            (
                "203.0.113.1:5",
                Some("198.51.100.9, 192.0.2.8"),
                Some("192.0.2.8"),
            ),
            (
                "[::ffff:203.0.113.1]:5",
                Some("192.0.2.8"),
                Some("192.0.2.8"),
            ),
            ("203.0.113.1:5", None, None),
            ("203.0.113.2:5", Some("192.0.2.8"), Some("203.0.113.2")),
            ("127.0.0.1:5", None, None),
            (
                "127.0.0.1:5",
                Some("10.0.0.1, 192.0.2.7"),
                Some("192.0.2.7"),
            ),
            (
                "[::1]:5",
                Some("2001:db8:1:2:3:4:5:6"),
                Some("2001:db8:1:2::"),
            ),
            ("[::ffff:192.0.2.1]:5", None, Some("192.0.2.1")),
            ("127.0.0.1:5", Some("unknown"), None),
            ("127.0.0.1:5", Some("192.0.2.7:1234"), Some("192.0.2.7")),
            (
                "127.0.0.1:5",
                Some("10.0.0.1:80, [2001:db8:1:2::9]:1234"),
                Some("2001:db8:1:2::"),
            ),
            (
                "127.0.0.1:5",
                Some("[2001:db8:1:2::9]"),
                Some("2001:db8:1:2::"),
            ),
            ("127.0.0.1:5", Some("192.0.2.7:"), None),
        ] {
            assert_eq!(
                counted(peer, forwarded).as_deref(),
                expected,
                "{peer} {forwarded:?}"
            );
        }
    }
}
