//! The operator's own certificate: read at the start, read again when asked, and looked at before it ends.
//!
//! Deliberately not here: getting one; and the certificate for phones on the same network (`lan`), which is made at each start when
//! its end is near.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use time::OffsetDateTime;

use crate::StartError;

/// Whether it ends soon is looked at this often.
const LOOK: Duration = Duration::from_secs(24 * 60 * 60);
/// Soon.
const SOON: time::Duration = time::Duration::days(14);

/// A certificate that is in use, and where it came from.
#[derive(Debug)]
pub(crate) struct OwnCertificate {
    chain: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
    ends: Option<OffsetDateTime>,
}

impl OwnCertificate {
    /// Reads it.
    pub(crate) async fn read(chain: &Path, key: &Path) -> Result<Self, StartError> {
        let config = RustlsConfig::from_pem_file(chain, key).await;
        let config = config.map_err(|error| StartError::Certificate(error.to_string()))?;
        let own = Self {
            chain: chain.to_path_buf(),
            key: key.to_path_buf(),
            config,
            ends: end_of(chain).await,
        };
        own.look();
        Ok(own)
    }

    /// What connections are made with; it follows what is read again.
    pub(crate) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Takes what is in the files now for the connections to come. What cannot be used changes nothing.
    async fn read_again(&mut self) {
        let read = self.config.reload_from_pem_file(&self.chain, &self.key);
        match read.await {
            Ok(()) => {
                self.ends = end_of(&self.chain).await;
                tracing::info!("the certificate was read again");
                self.look();
            }
            Err(error) => tracing::error!(
                %error,
                "the new certificate cannot be used, so the one before stays in use: check the files of --tls-cert and \
                 --tls-key, and send SIGHUP again"
            ),
        }
    }

    fn look(&self) {
        if let Some(ends) = self.ends
            && let Some(warning) = warning(ends, OffsetDateTime::now_utc())
        {
            tracing::warn!("{warning}");
        }
    }
}

/// Does what SIGHUP asks for as long as the process lives, and looks at the certificate every day.
pub(crate) async fn keep(mut own: Option<OwnCertificate>, mut hung_up: impl AsyncFnMut()) {
    let mut days = tokio::time::interval(LOOK);
    // The first one is at once, and that look was taken when it was read.
    days.tick().await;
    loop {
        tokio::select! {
            () = hung_up() => match &mut own {
                Some(own) => own.read_again().await,
                None => tracing::info!("SIGHUP: no certificate of --tls-cert is in use, so that nothing is read again"),
            },
            _ = days.tick() => if let Some(own) = &own {
                own.look();
            },
        }
    }
}

/// When the first certificate of a chain ends; none when that cannot be read from it.
async fn end_of(chain: &Path) -> Option<OffsetDateTime> {
    let chain = tokio::fs::read(chain).await.ok()?;
    let first = CertificateDer::from_pem_slice(&chain).ok()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&first).ok()?;
    let ends = certificate.validity().not_after.timestamp();
    OffsetDateTime::from_unix_timestamp(ends).ok()
}

/// What the operator must know of a certificate's end.
fn warning(ends: OffsetDateTime, now: OffsetDateTime) -> Option<String> {
    const REMEDY: &str = "put a new one in its place and send SIGHUP";
    let day = ends.date();
    if ends <= now {
        return Some(format!(
            "the certificate ended on {day}: devices do not connect, and keep what they have. {REMEDY}"
        ));
    }
    let days = (ends - now).whole_days();
    (ends - now < SOON).then(|| {
        format!(
            "the certificate ends on {day}, in {days} days; then devices do not connect: {REMEDY}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_within_two_weeks_is_told_with_its_day() {
        let now = OffsetDateTime::from_unix_timestamp(1_794_500_000).unwrap();
        let said = |days| warning(now + time::Duration::days(days), now);
        assert_eq!((said(90), said(14)), (None, None));
        assert!(said(13).is_some_and(|said| said.contains("ends on 2026-11-25, in 13 days")));
        assert!(said(0).is_some_and(|said| said.contains("ended on 2026-11-12")));
        assert!(said(-30).is_some_and(|said| said.contains("ended on 2026-10-13")));
    }
}
