//! The TLS setup for the session and the REST calls.

use flux_platform::open_regular;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The reason TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// `store.ca_file` cannot be used.
    #[error("store.ca_file {path}: {problem}; the file must hold one or more certificates in PEM")]
    CaFile {
        /// The path.
        path: PathBuf,
        /// The problem.
        problem: String,
    },
    /// The machine's own certificates cannot be used.
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// Builds the TLS configuration for the session and the REST calls: ring, the machine's trusted roots, and the private CA if there is one.
pub fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let extra = ca_file.map(read_certificates).transpose()?.unwrap_or_default();
    let verifier = Verifier::new_with_extra_roots(extra, provider.clone())?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |problem: String| TlsError::CaFile { path: path.to_owned(), problem };
    let file = open_regular(path).map_err(|error| failed(error.to_string()))?;
    let file = file.ok_or_else(|| failed("it is not a regular file".into()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_reader_iter(file).collect();
    let certificates = certificates.map_err(|error| failed(error.to_string()))?;
    if certificates.is_empty() { Err(failed("it holds no certificate".into())) } else { Ok(certificates) }
}
