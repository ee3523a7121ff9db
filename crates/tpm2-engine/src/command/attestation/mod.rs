//! Part 3, 18: attestation.
mod certify;
mod get_time;
mod nv_certify;
mod quote;
mod support;

actions! { Quote Certify GetTime NvCertify }
