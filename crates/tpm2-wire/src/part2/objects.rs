//! Part 2, clauses 11.2.5, 12 and 15: public and sensitive areas, templates, creation data.
#![allow(missing_docs)]
use crate::{
    Buffer, MAX_ECC_KEY_BYTES, MAX_RSA_KEY_BYTES, Nullable, Rc, Reader, Secret, Sized2b, SizedOpt, Tpm2bAuth,
    Tpm2bData, Tpm2bDigest, Tpm2bEccParameter, Tpm2bName, Tpm2bPublicKeyRsa, Tpm2bSensitiveData, TpmAlg,
    TpmaLocality, TpmaObject, TpmiAlgHash, TpmiEccCurve, TpmiYesNo, TpmlPcrSelection, TpmtEccScheme,
    TpmtKdfScheme, TpmtKeyedhashScheme, TpmtRsaScheme, TpmtSymDefObject, Wire,
};
use alloc::vec::Vec;

/// `TPMI_RSA_KEY_BITS` (11.2.4.6): a size of the profile, else `TPM_RC_VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TpmiRsaKeyBits(pub u16);
impl Wire for TpmiRsaKeyBits {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let bits = u16::read(r)?;
        if r.accept().rsa_bits(bits) { Ok(TpmiRsaKeyBits(bits)) } else { Err(Rc::VALUE) }
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.0.write(w);
    }
}

/// `TPM_MLKEM_PARAMETER_SET` and `TPM_MLDSA_PARAMETER_SET`: 1, 2 or 3, else `TPM_RC_PARMS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterSet(pub u16);
impl Wire for ParameterSet {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        match u16::read(r)? {
            set @ 1..=3 => Ok(ParameterSet(set)),
            _ => Err(Rc::PARMS),
        }
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.0.write(w);
    }
}

structures! {
    /// `TPMS_ECC_POINT` (11.2.5.2).
    TpmsEccPoint: Debug PartialEq Eq Default { x: Tpm2bEccParameter, y: Tpm2bEccParameter, }
    /// `TPMS_RSA_PARMS` (12.2.3.5).
    TpmsRsaParms: Debug PartialEq Eq {
        symmetric: Option<TpmtSymDefObject>, scheme: Option<TpmtRsaScheme>, key_bits: TpmiRsaKeyBits,
        /// Zero stands for 65537.
        exponent: u32,
    }
    /// `TPMS_ECC_PARMS` (12.2.3.6).
    TpmsEccParms: Debug PartialEq Eq {
        symmetric: Option<TpmtSymDefObject>, scheme: Option<TpmtEccScheme>, curve_id: TpmiEccCurve,
        kdf: Option<TpmtKdfScheme>,
    }
    /// `TPMS_MLDSA_PARMS`.
    TpmsMldsaParms: Debug PartialEq Eq { parameter_set: ParameterSet, allow_external_mu: TpmiYesNo, }
    /// `TPMS_HASH_MLDSA_PARMS`.
    TpmsHashMldsaParms: Debug PartialEq Eq { parameter_set: ParameterSet, hash_alg: TpmiAlgHash, }
    /// `TPMS_MLKEM_PARMS`.
    TpmsMlkemParms: Debug PartialEq Eq { symmetric: Option<TpmtSymDefObject>, parameter_set: ParameterSet, }
    /// `TPMS_SENSITIVE_CREATE` (11.1.15).
    TpmsSensitiveCreate { user_auth: Tpm2bAuth, data: Tpm2bSensitiveData, }
    /// `TPMS_DERIVE` (11.1.11): what tells the objects that are derived from one parent apart.
    TpmsDerive: Default { label: Buffer<LABEL_MAX>, context: Buffer<LABEL_MAX>, }
    /// `TPMS_CREATION_DATA` (15.1).
    TpmsCreationData: Debug PartialEq Eq {
        pcr_select: TpmlPcrSelection, pcr_digest: Tpm2bDigest, locality: TpmaLocality, parent_name_alg: u16,
        parent_name: Tpm2bName, parent_qualified_name: Tpm2bName, outside_info: Tpm2bData,
    }
}

unions! {
    /// `TPMT_PUBLIC_PARMS` (12.2.3.8): type and parameters.
    TpmtPublicParms: Debug PartialEq Eq [u16, else TYPE, algorithm] {
        Keyedhash(Option<TpmtKeyedhashScheme>) = TpmAlg::KEYEDHASH,
        Symcipher(TpmtSymDefObject) = TpmAlg::SYMCIPHER,
        Rsa(TpmsRsaParms) = TpmAlg::RSA,
        Ecc(TpmsEccParms) = TpmAlg::ECC,
        Mldsa(TpmsMldsaParms) = TpmAlg::MLDSA,
        HashMldsa(TpmsHashMldsaParms) = TpmAlg::HASH_MLDSA,
        Mlkem(TpmsMlkemParms) = TpmAlg::MLKEM,
    }
    /// `TPMU_PUBLIC_ID` (12.2.3.2), whose selector is the type of the public area.
    TpmuPublicId: Debug PartialEq Eq [u16, else TYPE, algorithm] {
        Keyedhash(Tpm2bDigest) = TpmAlg::KEYEDHASH,
        Symcipher(Tpm2bDigest) = TpmAlg::SYMCIPHER,
        Rsa(Tpm2bPublicKeyRsa) = TpmAlg::RSA,
        Ecc(TpmsEccPoint) = TpmAlg::ECC,
        Mldsa(Buffer<2592>) = TpmAlg::MLDSA,
        HashMldsa(Buffer<2592>) = TpmAlg::HASH_MLDSA,
        Mlkem(Buffer<1568>) = TpmAlg::MLKEM,
    }
    /// `TPMU_SENSITIVE_COMPOSITE` (12.3.2.3), whose selector is the sensitive type.
    TpmuSensitiveComposite [u16, else TYPE, algorithm] {
        /// The key or the sealed data.
        Bits(Secret<MAX_SYM_DATA_OR_KEY>) = TpmAlg::KEYEDHASH,
        Sym(Secret<32>) = TpmAlg::SYMCIPHER,
        /// One prime factor.
        Rsa(Secret<{ MAX_RSA_KEY_BYTES / 2 * 5 }>) = TpmAlg::RSA,
        Ecc(Secret<MAX_ECC_KEY_BYTES>) = TpmAlg::ECC,
        Mldsa(Secret<32>) = TpmAlg::MLDSA,
        HashMldsa(Secret<32>) = TpmAlg::HASH_MLDSA,
        Mlkem(Secret<64>) = TpmAlg::MLKEM,
    }
}
/// `LABEL_MAX_BUFFER`, as in the reference: two labels fit a `TPM2B_SENSITIVE_DATA`.
const LABEL_MAX: usize = 32;
/// `MAX_SYM_DATA`; HMAC keys of up to a hash block fit as well.
const MAX_SYM_DATA_OR_KEY: usize = 128;

/// `TPMT_PUBLIC` (12.2.4). The variants of `parameters` and `unique` are always of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TpmtPublic {
    /// `TPM_ALG_NULL` only in a public area that is loaded without a Name.
    pub name_alg: Option<TpmiAlgHash>,
    pub object_attributes: TpmaObject,
    pub auth_policy: Tpm2bDigest,
    pub parameters: TpmtPublicParms,
    pub unique: TpmuPublicId,
}
impl TpmtPublic {
    /// `TPMI_ALG_PUBLIC`.
    #[must_use]
    pub const fn kind(&self) -> u16 {
        self.parameters.tag()
    }
    fn read_with(r: &mut Reader<'_>, null_name: bool) -> Result<Self, Rc> {
        Self::read_but_unique(r, null_name, TpmuPublicId::read_as)
    }
    /// Reads all but the last field, for which it asks `unique` with the type.
    fn read_but_unique<'a>(
        r: &mut Reader<'a>,
        null_name: bool,
        unique: impl FnOnce(u16, &mut Reader<'a>) -> Result<TpmuPublicId, Rc>,
    ) -> Result<Self, Rc> {
        let kind = u16::read(r)?;
        if !r.algorithm(kind) || !TYPES.contains(&kind) {
            return Err(Rc::TYPE);
        }
        let name_alg = if null_name { Wire::read(r)? } else { Some(TpmiAlgHash::read(r)?) };
        Ok(TpmtPublic {
            name_alg,
            object_attributes: Wire::read(r)?,
            auth_policy: Wire::read(r)?,
            parameters: TpmtPublicParms::read_as(kind, r)?,
            unique: unique(kind, r)?,
        })
    }
}

/// A `TPM2B_TEMPLATE` for derivation: a `TPMT_PUBLIC` with a [`TpmsDerive`] in the place of its unique field
/// (12.2.3.2), which is empty here.
#[derive(Clone)]
pub struct DerivedTemplate {
    pub public: TpmtPublic,
    pub derive: TpmsDerive,
}
impl Wire for DerivedTemplate {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let mut derive = TpmsDerive::default();
        let public = TpmtPublic::read_but_unique(r, false, |kind, r| {
            derive = Wire::read(r)?;
            // Empty buffers, of which an ECC point has two.
            TpmuPublicId::read_as(kind, &mut Reader::new(&[0; 4], r.accept()))
        })?;
        Ok(DerivedTemplate { public, derive })
    }
    fn write(&self, w: &mut Vec<u8>) {
        let mut head = crate::to_vec(&self.public);
        let mut unique = Vec::new();
        self.public.unique.write_rest(&mut unique);
        head.truncate(head.len() - unique.len());
        w.append(&mut head);
        self.derive.write(w);
    }
}
/// `TPMI_ALG_PUBLIC` (12.2.2).
const TYPES: [u16; 7] = [
    TpmAlg::KEYEDHASH,
    TpmAlg::SYMCIPHER,
    TpmAlg::RSA,
    TpmAlg::ECC,
    TpmAlg::MLDSA,
    TpmAlg::HASH_MLDSA,
    TpmAlg::MLKEM,
];
impl Wire for TpmtPublic {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        Self::read_with(r, false)
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.kind().write(w);
        self.name_alg.write(w);
        self.object_attributes.write(w);
        self.auth_policy.write(w);
        self.parameters.write_rest(w);
        self.unique.write_rest(w);
    }
}

/// A `TPMT_PUBLIC` whose nameAlg may be `TPM_ALG_NULL` (`+TPMT_PUBLIC` in Part 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyName(pub TpmtPublic);
impl Wire for AnyName {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        TpmtPublic::read_with(r, true).map(AnyName)
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.0.write(w);
    }
}

/// `TPMT_SENSITIVE` (12.3.2.4).
#[derive(Clone)]
pub struct TpmtSensitive {
    pub auth_value: Tpm2bAuth,
    pub seed_value: Secret<64>,
    pub sensitive: TpmuSensitiveComposite,
}
impl Wire for TpmtSensitive {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let kind = u16::read(r)?;
        if !r.algorithm(kind) || !TYPES.contains(&kind) {
            return Err(Rc::TYPE);
        }
        Ok(TpmtSensitive {
            auth_value: Wire::read(r)?,
            seed_value: Wire::read(r)?,
            sensitive: TpmuSensitiveComposite::read_as(kind, r)?,
        })
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.sensitive.tag().write(w);
        self.auth_value.write(w);
        self.seed_value.write(w);
        self.sensitive.write_rest(w);
    }
}
impl TpmuSensitiveComposite {
    /// The secret bytes, whatever they are.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bits(s) => s,
            Self::Sym(s) => s,
            Self::Rsa(s) => s,
            Self::Ecc(s) => s,
            Self::Mldsa(s) | Self::HashMldsa(s) => s,
            Self::Mlkem(s) => s,
        }
    }
}

/// `TPM2B_ECC_POINT`.
pub type Tpm2bEccPoint = Sized2b<TpmsEccPoint>;
/// `TPM2B_PUBLIC`.
pub type Tpm2bPublic = Sized2b<TpmtPublic>;
/// `TPM2B_PUBLIC+`.
pub type Tpm2bPublicOpt = Sized2b<AnyName>;
/// `TPM2B_SENSITIVE`, which `TPM2_LoadExternal` takes empty.
pub type Tpm2bSensitive = SizedOpt<TpmtSensitive>;
/// `TPM2B_SENSITIVE_CREATE`.
pub type Tpm2bSensitiveCreate = Sized2b<TpmsSensitiveCreate>;

impl Nullable for TpmtPublicParms {
    type Tag = u16;
    const NULL: u16 = TpmAlg::NULL;
}
