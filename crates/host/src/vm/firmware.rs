//! UEFI firmware for guests: Debian's OVMF.
use crate::Error;
use std::path::{Path, PathBuf};

/// Where Debian's package `ovmf` puts it; `DONJON_FIRMWARE` names another directory.
pub const DIRECTORY: &str = "/usr/share/OVMF";

/// A firmware image and what new variable stores are copied from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firmware {
    /// Its code, mapped read-only.
    pub code: PathBuf,
    /// Empty variables, or with Microsoft's keys enrolled.
    pub template: PathBuf,
    /// Whether it was built to keep its variables behind SMM.
    pub smm: bool,
}

impl Firmware {
    /// The firmware for Secure Boot on or off, from `DONJON_FIRMWARE` or [`DIRECTORY`]. Both files must be there.
    pub fn find(secure_boot: bool) -> Result<Firmware, Error> {
        let dir = std::env::var_os("DONJON_FIRMWARE").map_or_else(|| DIRECTORY.into(), PathBuf::from);
        Firmware::in_directory(&dir, secure_boot)
    }

    fn in_directory(dir: &Path, secure_boot: bool) -> Result<Firmware, Error> {
        let (code, template) = if secure_boot {
            ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd")
        } else {
            ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd")
        };
        let firmware = Firmware { code: dir.join(code), template: dir.join(template), smm: secure_boot };
        for path in [&firmware.code, &firmware.template] {
            if !path.is_file() {
                return Err(Error::Missing {
                    what: "UEFI firmware for guests".into(),
                    path: path.clone(),
                    cure: "`apt install ovmf` installs it".into(),
                });
            }
        }
        Ok(firmware)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_firmware_names_the_file_and_the_package() {
        let dir = tempfile::tempdir().expect("a directory");
        let said = Firmware::in_directory(dir.path(), true).expect_err("none there").to_string();
        assert!(said.contains("OVMF_CODE_4M.secboot.fd; `apt install ovmf`"), "{said}");
        std::fs::write(dir.path().join("OVMF_CODE_4M.fd"), b"x").expect("written");
        let said = Firmware::in_directory(dir.path(), false).expect_err("one missing").to_string();
        assert!(said.contains("OVMF_VARS_4M.fd"), "{said}");
    }
}
