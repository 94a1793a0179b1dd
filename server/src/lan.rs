//! A certificate for trying the app on phones of the same network.
//!
//! Deliberately not here: keeping the root's key. It signs one certificate and is dropped, so that what a
//! phone was told to trust can never vouch for anything else.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::StartError;
use crate::data_folder::{self, LAN_CERTIFICATE};

/// Phones refuse a certificate that lives longer than 398 days.
const LIFE: Duration = Duration::days(90);
/// A certificate with less than this to live is made anew at the start.
const REST: Duration = Duration::days(7);

/// The certificate of this machine for its network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LanCertificate {
    /// The address on the network that the certificate is for.
    pub address: IpAddr,
    /// Seconds since 1970 when it ends.
    ends: i64,
    /// What the phone must trust, PEM.
    pub root: String,
    /// The server's chain, PEM.
    pub chain: String,
    /// The server's key, PEM.
    pub key: String,
}

/// This machine's address on its network.
///
/// No packet is sent: connecting a datagram socket only makes the system choose a route.
///
/// # Errors
/// [`StartError::NoNetwork`] without a route.
pub fn own_address() -> Result<IpAddr, StartError> {
    // 192.0.2.1 is reserved for documentation (RFC 5737): nobody is there.
    let chosen = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| {
            socket
                .connect((Ipv4Addr::new(192, 0, 2, 1), 9))
                .map(|()| socket)
        })
        .and_then(|socket| socket.local_addr())
        .map_err(|_| StartError::NoNetwork)?;
    Ok(chosen.ip())
}

/// The certificate kept in `data`, or a new one when the address changed or its end is near.
///
/// # Errors
/// [`StartError::DataFolder`] when it cannot be kept, [`StartError::Certificate`] when it cannot be made.
pub fn certificate(
    data: &Path,
    address: IpAddr,
    now: OffsetDateTime,
) -> Result<LanCertificate, StartError> {
    let file = data.join(LAN_CERTIFICATE);
    let kept = std::fs::read(&file)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<LanCertificate>(&bytes).ok())
        .filter(|kept| kept.address == address && kept.ends > (now + REST).unix_timestamp());
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let made = make(address, now).map_err(|error| StartError::Certificate(error.to_string()))?;
    write_private(&file, &serde_json::to_vec(&made).unwrap_or_default()).map_err(|source| {
        StartError::DataFolder {
            folder: data.to_path_buf(),
            source,
        }
    })?;
    Ok(made)
}

fn make(address: IpAddr, now: OffsetDateTime) -> Result<LanCertificate, rcgen::Error> {
    let root_key = KeyPair::generate()?;
    let mut root = parameters("Veldpost on this network", now);
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    root.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    let root_certificate = root.self_signed(&root_key)?;
    let issuer = Issuer::new(root, root_key);

    let key = KeyPair::generate()?;
    let mut leaf = parameters("Veldpost", now);
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    leaf.subject_alt_names = vec![
        SanType::IpAddress(address),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::DnsName("localhost".try_into()?),
    ];
    let certificate = leaf.signed_by(&key, &issuer)?;
    Ok(LanCertificate {
        address,
        ends: (now + LIFE).unix_timestamp(),
        root: root_certificate.pem(),
        chain: certificate.pem(),
        key: key.serialize_pem(),
    })
}

fn parameters(common_name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    parameters.distinguished_name = name;
    parameters.not_before = now - Duration::DAY;
    parameters.not_after = now + LIFE;
    parameters
}

fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = data_folder::private();
    options.create(true).truncate(true);
    options.open(file)?.write_all(bytes)
}

/// Crockford's 32 letters: none is mistaken for another, and a byte gives each as often.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A code of 80 bits for founding a region, in four groups.
///
/// # Errors
/// [`StartError::Relay`] when the system gives no random bytes.
pub fn founding_code() -> Result<String, StartError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| StartError::Relay(error.to_string()))?;
    let letters = bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
    let letters: Vec<char> = letters.map(|letter| char::from(*letter)).collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    Ok(groups.join("-"))
}

/// What to do on a phone, in words for the person who started the server.
#[must_use]
pub fn steps(address: &str) -> String {
    format!(
        "\
On a phone on the same network (wifi):

  Android (Chrome)
    1. Open {address}/veldpost-lan.crt and go past the warning: the file is downloaded.
    2. Settings → Security → More security → Install a certificate → CA certificate → choose the file.
    3. Open {address} again: no warning now. Menu ⋮ → Add to home screen.

  iPhone or iPad (Safari)
    1. Open {address}/veldpost-lan.crt, go past the warning, allow the profile.
    2. Settings → Profile downloaded → Install.
    3. Settings → General → About → Certificate trust settings → switch on \"Veldpost on this network\".
    4. Open {address} again. Share → Add to home screen, and open the app from there.

  Afterwards remove the certificate in the same place. Its signing key was never stored.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::days(20_000 + day)
    }

    #[test]
    fn a_certificate_is_kept_until_the_address_changes_or_its_end_is_near() {
        let data = tempfile::tempdir().unwrap();
        let home = IpAddr::from([192, 168, 1, 20]);
        let office = IpAddr::from([10, 0, 0, 7]);
        let first = certificate(data.path(), home, at(0)).unwrap();
        let kept = certificate(data.path(), home, at(60)).unwrap();
        assert_eq!(first.chain, kept.chain);
        let aged = certificate(data.path(), home, at(84)).unwrap();
        assert_ne!(first.chain, aged.chain);
        let moved = certificate(data.path(), office, at(84)).unwrap();
        assert_ne!(aged.chain, moved.chain);
    }

    #[test]
    fn a_founding_code_is_long_and_another_each_time() {
        let code = founding_code().unwrap();
        assert_eq!(code.len(), 19, "{code}");
        assert_eq!(code.split('-').count(), 4, "{code}");
        assert_ne!(code, founding_code().unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let data = tempfile::tempdir().unwrap();
        certificate(data.path(), IpAddr::from([192, 168, 1, 20]), at(0)).unwrap();
        let mode = std::fs::metadata(data.path().join("lan-certificate.json")).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    }
}
