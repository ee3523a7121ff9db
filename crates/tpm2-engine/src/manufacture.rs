//! What a new TPM is made with.
use crate::Profile;
use crate::state::Seeds;
use tpm2_crypto::Derivation;
use tpm2_wire::Secret;

/// Choices made when a TPM is manufactured.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Commands, algorithms and limits.
    pub profile: Profile,
    /// The primary seeds of a TPM whose place this one takes; without, it draws its own.
    pub secrets: Option<Secrets>,
}

/// The secrets of the hierarchies. With another TPM's seeds, the same templates make the same primary keys; with its
/// proofs as well, its tickets and saved contexts are not thereby valid, as each implementation has its own.
#[derive(Clone)]
pub struct Secrets {
    /// The endorsement primary seed, and ehProof.
    pub endorsement: HierarchySecrets,
    /// The storage primary seed, and shProof.
    pub storage: HierarchySecrets,
    /// The platform primary seed, and phProof.
    pub platform: HierarchySecrets,
}

/// The seed and the proof of a hierarchy.
#[derive(Clone)]
pub struct HierarchySecrets {
    seed: Secret<64>,
    proof: Option<Secret<64>>,
    derivation: Derivation,
}

impl HierarchySecrets {
    /// A seed of 32 to 64 bytes, a proof of as many or one that is drawn, and how RSA primes derive from the seed:
    /// `Original` for libtpms' seedCompatLevel 0, `PrimeAdjust` for level 1, `Tcg183` for the TCG's reference code since
    /// version 1.83. `None` when a secret is of another size.
    ///
    /// ehProof and shProof enter the obfuscation values of primary objects of the endorsement hierarchy: its symmetric
    /// objects are the same only with both, its RSA and ECC keys without.
    #[must_use]
    pub fn new(seed: &[u8], proof: Option<&[u8]>, derivation: Derivation) -> Option<Self> {
        let fits = |secret: &[u8]| (32..=64).contains(&secret.len());
        (fits(seed) && proof.is_none_or(fits)).then(|| HierarchySecrets {
            seed: Secret::from(seed),
            proof: proof.map(Secret::from),
            derivation,
        })
    }
    /// The byte that is stored with a seed.
    fn level(&self) -> u8 {
        match self.derivation {
            Derivation::Original => 0,
            Derivation::PrimeAdjust => 1,
            Derivation::Tcg183 => 2,
        }
    }
}
impl Secrets {
    /// These, and of what they lack the fresh ones.
    pub(crate) fn over(&self, fresh: &Seeds) -> Seeds {
        let proof =
            |given: &HierarchySecrets, fresh: &Secret<64>| given.proof.clone().unwrap_or(fresh.clone());
        Seeds {
            endorsement: self.endorsement.seed.clone(),
            storage: self.storage.seed.clone(),
            platform: self.platform.seed.clone(),
            platform_proof: proof(&self.platform, &fresh.platform_proof),
            storage_proof: proof(&self.storage, &fresh.storage_proof),
            endorsement_proof: proof(&self.endorsement, &fresh.endorsement_proof),
            derivation: [&self.endorsement, &self.storage, &self.platform, &self.storage]
                .map(HierarchySecrets::level)
                .to_vec(),
        }
    }
}
/// Shows nothing of them.
impl core::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secrets")
    }
}
