//! What of a response can be compared: all but random bytes, time, and what was made of them.
use tpm2_wire::{
    Accept, Reader, Tpm2bAttest, Tpm2bPublic, TpmSt, TpmsContext, TpmsTimeInfo, TpmtSignature, TpmuAttest,
    TpmuPublicId, Wire, to_vec,
};

/// Fields that are made with random numbers, of which the size is compared. A field of more than one value is compared
/// by its length.
const RANDOM: &[(&str, &str)] = &[
    ("GetRandom", "random_bytes"),
    ("StartAuthSession", "nonce_tpm"),
    ("Create", "out_private"),
    ("CreateLoaded", "out_private"),
    ("CreateLoaded", "name"),
    ("Create", "creation_ticket"),
    ("ObjectChangeAuth", "out_private"),
    ("Import", "out_private"),
    ("Duplicate", "encryption_key_out"),
    ("Duplicate", "duplicate"),
    ("Duplicate", "out_sym_seed"),
    ("Rewrap", "out_duplicate"),
    ("Rewrap", "out_sym_seed"),
    ("MakeCredential", "credential_blob"),
    ("MakeCredential", "secret"),
    ("RsaEncrypt", "out_data"),
    ("EcdhKeyGen", "z_point"),
    ("EcdhKeyGen", "pub_point"),
    ("Commit", "k"),
    ("Commit", "l"),
    ("Commit", "e"),
    ("EcEphemeral", "q"),
    // They depend on the time.
    ("PolicySecret", "timeout"),
    ("PolicySecret", "policy_ticket"),
    ("PolicySigned", "timeout"),
    ("PolicySigned", "policy_ticket"),
    // The vendor's own.
    ("GetTestResult", "out_data"),
];

/// The bytes of a field as they are compared. `alike`: the command used nothing that differs between the TPMs.
pub fn comparable(command: &str, field: &str, bytes: &[u8], alike: bool) -> Vec<u8> {
    let random = RANDOM.contains(&(command, field));
    match (command, field) {
        ("Create" | "CreateLoaded", "out_public") => public(bytes),
        (_, "out_public") if !alike => public(bytes),
        ("ReadClock", "current_time") => time(bytes),
        ("ContextSave", "context") => context(bytes),
        (_, "certify_info" | "quoted" | "time_info" | "audit_info" | "time") => attest(bytes, alike),
        (_, "signature") => signature(bytes, alike && command == "Sign"),
        _ if random || !alike => size(bytes),
        _ => bytes.to_vec(),
    }
}

fn read<T: Wire>(bytes: &[u8]) -> Option<T> {
    T::read(&mut Reader::new(bytes, &Accept::ALL)).ok()
}

/// The size of a `TPM2B`; of anything else, its tag and length.
fn size(bytes: &[u8]) -> Vec<u8> {
    let head = bytes.get(..2).unwrap_or_default();
    let tag = u16::from_be_bytes(head.try_into().unwrap_or_default());
    if usize::from(tag) + 2 == bytes.len() || (TpmSt::CREATION..=TpmSt::AUTH_SIGNED).contains(&tag) {
        return [head, &(bytes.len() as u32).to_be_bytes()].concat();
    }
    Vec::new()
}
/// A public area without what makes it one of its kind.
fn public(bytes: &[u8]) -> Vec<u8> {
    let Some(mut public) = read::<Tpm2bPublic>(bytes) else { return bytes.to_vec() };
    match &mut public.0.unique {
        TpmuPublicId::Keyedhash(buffer) | TpmuPublicId::Symcipher(buffer) => buffer.0.fill(0),
        TpmuPublicId::Rsa(buffer) => buffer.0.fill(0),
        TpmuPublicId::Ecc(point) => {
            point.x.0.fill(0);
            point.y.0.fill(0);
        }
        _ => {}
    }
    to_vec(&public)
}
fn time(bytes: &[u8]) -> Vec<u8> {
    let Some(mut info) = read::<TpmsTimeInfo>(bytes) else { return bytes.to_vec() };
    (info.time, info.clock_info.clock) = (0, 0);
    to_vec(&info)
}
fn context(bytes: &[u8]) -> Vec<u8> {
    let Some(mut context) = read::<TpmsContext>(bytes) else { return bytes.to_vec() };
    // How contexts are counted is each TPM's own.
    context.sequence = 0;
    context.context_blob.0.clear();
    to_vec(&context)
}
fn attest(bytes: &[u8], alike: bool) -> Vec<u8> {
    let inner = read::<Tpm2bAttest>(bytes).map(|attest| attest.0).unwrap_or_default();
    let Some(mut attest) = read::<tpm2_wire::TpmsAttest>(&inner) else { return bytes.to_vec() };
    attest.clock_info.clock = 0;
    if let TpmuAttest::Time(info) = &mut attest.attested {
        (info.time.time, info.time.clock_info.clock) = (0, 0);
    }
    let all = to_vec(&attest);
    if alike { all } else { vec![bytes[0], bytes[1], inner[4], inner[5]] }
}
fn signature(bytes: &[u8], exact: bool) -> Vec<u8> {
    let Some(mut signature) = read::<Option<TpmtSignature>>(bytes) else { return bytes.to_vec() };
    match &mut signature {
        Some(TpmtSignature::Rsassa(_) | TpmtSignature::Hmac(_)) if exact => {}
        Some(TpmtSignature::Rsassa(rsa) | TpmtSignature::Rsapss(rsa)) => rsa.sig.0.fill(0),
        Some(TpmtSignature::Hmac(mac)) => mac.digest.fill(0),
        Some(
            TpmtSignature::Ecdsa(ecc)
            | TpmtSignature::Ecdaa(ecc)
            | TpmtSignature::Sm2(ecc)
            | TpmtSignature::Ecschnorr(ecc),
        ) => {
            ecc.signature_r.0.fill(0);
            ecc.signature_s.0.fill(0);
        }
        _ => {}
    }
    to_vec(&signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_count_by_their_size() {
        let seen = |bytes: &[u8]| comparable("GetRandom", "random_bytes", bytes, true);
        assert_eq!(seen(&[0, 1, 7]), seen(&[0, 1, 8]));
        assert_ne!(seen(&[0, 1, 7]), seen(&[0, 2, 7, 7]));
        let seen = |bytes: &[u8], alike| comparable("NvRead", "data", bytes, alike);
        assert_ne!(seen(&[0, 1, 7], true), seen(&[0, 1, 8], true));
        assert_eq!(seen(&[0, 1, 7], false), seen(&[0, 1, 8], false));
    }
}
