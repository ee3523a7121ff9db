//! Firmware-limited and SVN-limited hierarchies (Part 1, 41): what belongs to them is lost to another version of the
//! engine, or to one with a lower security version number.
//!
//! Their seeds and proofs derive from those of the hierarchy they stand beside and from a secret of the version,
//! which derives from a root that is made with the TPM. In hardware a boot loader keeps the root from the firmware; a
//! software TPM's state is the root's only place, so that the limit is one that this program keeps, not one that
//! binds whoever can read the state. What reads the state can be limited by how it is sealed.
use super::{PROOF_SIZE, State};
use crate::crypt::CONTEXT_HASH;
use tpm2_crypto::CryptoProvider;
use tpm2_wire::{At, Rc, Secret, TpmRh, TpmiRhHierarchy};
use zeroize::Zeroizing;

/// The engine's security version number (`TPM_PT_FIRMWARE_SVN`): goes up with a release that mends what could have
/// given secrets away.
pub(crate) const SECURITY_VERSION: u16 = 1;

/// What a hierarchy is limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Nothing.
    None,
    /// This version.
    Firmware,
    /// This security version number and later ones.
    Svn(u16),
}

/// The hierarchy that a handle is derived from, itself for most, and what it is limited to.
pub(crate) const fn split(handle: u32) -> (u32, Limit) {
    let svn = Limit::Svn(handle as u16);
    match handle {
        TpmRh::FW_OWNER => (TpmRh::OWNER, Limit::Firmware),
        TpmRh::FW_ENDORSEMENT => (TpmRh::ENDORSEMENT, Limit::Firmware),
        TpmRh::FW_PLATFORM => (TpmRh::PLATFORM, Limit::Firmware),
        TpmRh::FW_NULL => (TpmRh::NULL, Limit::Firmware),
        0x4001_0000..=0x4001_FFFF => (TpmRh::OWNER, svn),
        0x4002_0000..=0x4002_FFFF => (TpmRh::ENDORSEMENT, svn),
        0x4003_0000..=0x4003_FFFF => (TpmRh::PLATFORM, svn),
        0x4004_0000..=0x4004_FFFF => (TpmRh::NULL, svn),
        _ => (handle, Limit::None),
    }
}
/// The hierarchy whose enable, authorization and end a handle shares.
pub(crate) const fn base(handle: u32) -> u32 {
    split(handle).0
}

/// A seed or a proof of a limited hierarchy (Part 1, 41.6, with the reference's labels).
fn mix(
    crypto: &CryptoProvider,
    root: &[u8],
    version: u64,
    label: &[u8],
    base: &[u8],
    limit: Limit,
) -> Zeroizing<alloc::vec::Vec<u8>> {
    let size = CONTEXT_HASH.digest_size() * 8;
    let (secret, secret_label): (_, &[u8]) = match limit {
        Limit::None => return Zeroizing::new(base.to_vec()),
        Limit::Firmware => {
            (crypto.kdfa(CONTEXT_HASH, root, b"FW_SECRET", &version.to_be_bytes(), &[], size), b"H_FW_SECRET")
        }
        Limit::Svn(svn) => {
            (crypto.kdfa(CONTEXT_HASH, root, b"SVN_SECRET", &svn.to_be_bytes(), &[], size), b"H_SVN_SECRET")
        }
    };
    crypto.kdfa(CONTEXT_HASH, base, label, &secret, secret_label, base.len() * 8)
}

impl State {
    /// May a hierarchy be used: is it one, is it within the limit, is it enabled? The code lacks its position.
    pub(crate) fn check_hierarchy(&self, hierarchy: u32) -> Result<(), Rc> {
        self.check_limit(hierarchy)?;
        let enabled = match base(hierarchy) {
            TpmRh::OWNER => self.clear.owner_enable,
            TpmRh::ENDORSEMENT => self.clear.endorsement_enable,
            TpmRh::PLATFORM => self.volatile.platform_enable,
            TpmRh::NULL => true,
            _ => return Err(Rc::VALUE),
        };
        if enabled { Ok(()) } else { Err(Rc::HIERARCHY) }
    }
    /// The same of a hierarchy that is a parameter. The interface type of a TPM of before version 1.84 knows none that
    /// is limited; that one is beyond the limit is not told from its being disabled.
    pub(crate) fn check_hierarchy_parameter(&self, hierarchy: u32) -> Result<(), Rc> {
        self.check_hierarchy(hierarchy).map_err(|rc| if rc == Rc::VALUE { rc } else { Rc::HIERARCHY })
    }
    /// Is a hierarchy within what this version may use, and one that the profile has?
    pub(crate) fn check_limit(&self, hierarchy: u32) -> Result<(), Rc> {
        let profile = self.persistent.identity.content.as_ref();
        match split(hierarchy).1 {
            Limit::None => Ok(()),
            _ if !profile.is_some_and(|profile| profile.limited_hierarchies) => Err(Rc::VALUE),
            Limit::Svn(svn) if svn > SECURITY_VERSION => Err(Rc::SVN_LIMITED),
            _ => Ok(()),
        }
    }
    /// Can a ticket be made under a hierarchy that is a parameter? One that the profile does not have is no value of its
    /// interface type, which says where it stands; the reference code does not say where one beyond the limit does.
    pub(crate) fn check_ticket_hierarchy(&self, hierarchy: TpmiRhHierarchy, at: At) -> Result<(), Rc> {
        self.check_limit(hierarchy.0).map_err(|rc| if rc == Rc::VALUE { rc.at(at) } else { rc })
    }
    /// The secret proof of a hierarchy. Of one beyond the limit it is one that lasts until the next reset.
    pub(crate) fn proof(&self, crypto: &CryptoProvider, hierarchy: u32) -> Secret<PROOF_SIZE> {
        let seeds = &self.persistent.seeds;
        let (base, limit) = split(hierarchy);
        let proof = match base {
            TpmRh::PLATFORM => &seeds.platform_proof,
            TpmRh::ENDORSEMENT => &seeds.endorsement_proof,
            TpmRh::OWNER => &seeds.storage_proof,
            _ => &self.reset.null_proof,
        };
        let proof = if self.check_limit(hierarchy).is_ok() { proof } else { &self.reset.null_proof };
        Secret::from(&self.mixed(crypto, b"H_PROOF_SECRET", proof, limit)[..])
    }
    /// The primary seed of a hierarchy.
    pub(crate) fn primary_seed(
        &self,
        crypto: &CryptoProvider,
        hierarchy: u32,
    ) -> Zeroizing<alloc::vec::Vec<u8>> {
        let seeds = &self.persistent.seeds;
        let (base, limit) = split(hierarchy);
        let seed = match base {
            TpmRh::PLATFORM => &seeds.platform,
            TpmRh::ENDORSEMENT => &seeds.endorsement,
            TpmRh::OWNER => &seeds.storage,
            _ => &self.reset.null_seed,
        };
        self.mixed(crypto, b"H_SEED_SECRET", seed, limit)
    }
    fn mixed(
        &self,
        crypto: &CryptoProvider,
        label: &[u8],
        base: &[u8],
        limit: Limit,
    ) -> Zeroizing<alloc::vec::Vec<u8>> {
        let version = crate::command::FIRMWARE_VERSION;
        mix(crypto, &self.persistent.identity.firmware_root, version, label, base, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tpm2_crypto::RUST;

    #[test]
    fn handles_and_what_they_are_limited_to() {
        assert_eq!(split(TpmRh::OWNER), (TpmRh::OWNER, Limit::None));
        assert_eq!(split(TpmRh::FW_NULL), (TpmRh::NULL, Limit::Firmware));
        assert_eq!(split(0x4003_0102), (TpmRh::PLATFORM, Limit::Svn(0x0102)));
        assert_eq!(split(0x4005_0000), (0x4005_0000, Limit::None));
    }

    #[test]
    fn another_version_has_another_firmware_secret_and_the_same_svn_secrets() {
        let seed = |version, limit| mix(&RUST, &[1; 64], version, b"H_SEED_SECRET", &[2; 64], limit);
        assert_eq!(*seed(1, Limit::None), [2; 64]);
        assert_eq!(seed(1, Limit::Firmware).len(), 64);
        assert_ne!(seed(1, Limit::Firmware), seed(2, Limit::Firmware));
        assert_eq!(seed(1, Limit::Svn(3)), seed(2, Limit::Svn(3)));
        assert_ne!(seed(1, Limit::Svn(3)), seed(1, Limit::Svn(2)));
        let proof = mix(&RUST, &[1; 64], 1, b"H_PROOF_SECRET", &[2; 64], Limit::Firmware);
        assert_ne!(seed(1, Limit::Firmware), proof);
        assert_ne!(proof, mix(&RUST, &[3; 64], 1, b"H_PROOF_SECRET", &[2; 64], Limit::Firmware));
    }
}
