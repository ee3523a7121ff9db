//! The JSON of `GET_INFO`: what `swtpm_ioctl --info` shows and `swtpm_setup` reads.

use std::fmt::Write as _;

/// What a TPM says of itself.
#[derive(Debug, Clone)]
pub struct Info {
    /// `TPM_PT_LEVEL`
    pub level: u32,
    /// `TPM_PT_REVISION` times 100, as in 185.
    pub revision: u32,
    /// `TPM_PT_MANUFACTURER`
    pub manufacturer: u32,
    /// `TPM_PT_FIRMWARE_VERSION_1`
    pub version: u32,
    /// The vendor string. It is not escaped: letters, digits and spaces only.
    pub model: &'static str,
    /// RSA key sizes in bits.
    pub rsa_key_sizes: &'static [u32],
}

const SPECIFICATION: u64 = 1;
const ATTRIBUTES: u64 = 2;
const FEATURES: u64 = 4;

impl Info {
    /// The members that `flags` asks for, as one JSON object; flags without a meaning here add
    /// nothing.
    #[must_use]
    pub fn json(&self, flags: u64) -> String {
        let mut members = Vec::new();
        if flags & SPECIFICATION != 0 {
            members.push(format!(
                r#""TPMSpecification":{{"family":"2.0","level":{},"revision":{}}}"#,
                self.level, self.revision
            ));
        }
        if flags & ATTRIBUTES != 0 {
            members.push(format!(
                r#""TPMAttributes":{{"manufacturer":"id:{:08X}","version":"id:{:08X}","model":"{}"}}"#,
                self.manufacturer, self.version, self.model
            ));
        }
        if flags & FEATURES != 0 {
            let mut sizes = String::new();
            for size in self.rsa_key_sizes {
                let comma = if sizes.is_empty() { "" } else { "," };
                let _ = write!(sizes, "{comma}{size}");
            }
            members.push(format!(r#""TPMFeatures":{{"RSAKeySizes":[{sizes}]}}"#));
        }
        format!("{{{}}}", members.join(","))
    }
}
