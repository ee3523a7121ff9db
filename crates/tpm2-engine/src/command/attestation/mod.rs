//! Part 3, 18: attestation.
mod audit_digests;
mod certify;
mod certify_creation;
mod certify_x509;
mod get_time;
mod nv_certify;
mod quote;
mod support;
mod x509;

actions! {
    Quote Certify CertifyCreation CertifyX509 GetSessionAuditDigest GetCommandAuditDigest GetTime NvCertify
}
