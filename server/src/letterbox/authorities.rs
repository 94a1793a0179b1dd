//! By which names devices may call this relay: a signature names the one that it was made for.
//!
//! Deliberately not here: believing what a request says of its own host.

use std::net::{IpAddr, SocketAddr};

use veldpost_envelope::request::authority;

/// What the operator said, or else what is listened on. With origins no other name counts: a call that was signed for
/// another one must not be good here.
#[must_use]
pub fn known(
    origins: &[String],
    scheme: &str,
    listen: SocketAddr,
    lan_address: Option<IpAddr>,
) -> Vec<String> {
    let port = listen.port();
    let derived = || {
        let mut hosts: Vec<String> = lan_address.iter().map(|address| host(*address)).collect();
        if !listen.ip().is_unspecified() {
            hosts.push(host(listen.ip()));
        }
        if listen.ip().is_unspecified() || listen.ip().is_loopback() {
            hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        hosts
            .into_iter()
            .map(|host| format!("{scheme}://{host}:{port}"))
            .collect()
    };
    let origins = match origins {
        [] => derived(),
        said => said.to_vec(),
    };
    let mut known: Vec<String> = origins
        .iter()
        .filter_map(|origin| authority(origin))
        .collect();
    known.sort();
    known.dedup();
    known
}

fn host(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origins: &[&str], scheme: &str, listen: &str, lan: Option<&str>) -> Vec<String> {
        let origins: Vec<String> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let lan = lan.map(|address| address.parse().unwrap());
        known(&origins, scheme, listen.parse().unwrap(), lan)
    }

    #[test]
    fn what_the_operator_says_is_all_that_counts() {
        let found = check(
            &["https://Relay.Example", "http://localhost:80"],
            "http",
            "127.0.0.1:8480",
            None,
        );
        assert_eq!(found, ["localhost", "relay.example"]);
    }

    #[test]
    fn without_a_word_the_address_that_is_listened_on_counts() {
        let here = ["127.0.0.1:8480", "[::1]:8480", "localhost:8480"];
        assert_eq!(check(&[], "http", "127.0.0.1:8480", None), here);
        assert_eq!(check(&[], "http", "0.0.0.0:8480", None), here);
        let found = check(&[], "https", "0.0.0.0:443", Some("192.168.1.5"));
        assert_eq!(found, ["127.0.0.1", "192.168.1.5", "[::1]", "localhost"]);
        assert_eq!(check(&[], "http", "192.0.2.1:80", None), ["192.0.2.1"]);
    }
}
