//! Values are read from and written to the wire as Part 2 says, and refused with its codes.
use tpm2_wire::*;

fn read<T: Wire>(bytes: &[u8]) -> Result<T, Rc> {
    let mut r = Reader::new(bytes, &Accept::ALL);
    let value = T::read(&mut r)?;
    r.finish()?;
    Ok(value)
}
fn code<T: Wire>(bytes: &[u8]) -> Rc {
    match read::<T>(bytes) {
        Ok(_) => panic!("was read"),
        Err(rc) => rc,
    }
}

#[test]
fn sizes_are_checked_before_bytes_are_taken() {
    assert_eq!(code::<Tpm2bDigest>(&[0]), Rc::INSUFFICIENT);
    assert_eq!(code::<Tpm2bDigest>(&[0, 65]), Rc::SIZE);
    assert_eq!(code::<Tpm2bDigest>(&[0, 2, 1]), Rc::INSUFFICIENT);
    assert_eq!(code::<Tpm2bDigest>(&[0, 1, 1, 9]), Rc::SIZE);
    assert_eq!(read::<Tpm2bDigest>(&[0, 2, 1, 2]).unwrap().0, [1, 2]);
    assert_eq!(code::<TpmlDigest>(&[0, 0, 0, 9]), Rc::SIZE);
}
#[test]
fn interface_types_refuse_what_is_not_theirs() {
    assert_eq!(code::<TpmiYesNo>(&[2]), Rc::VALUE);
    assert_eq!(code::<TpmiDhObject>(&[0x40, 0, 0, 7]), Rc::VALUE);
    assert_eq!(read::<Option<TpmiDhObject>>(&[0x40, 0, 0, 7]).unwrap(), None);
    assert_eq!(code::<Option<TpmiDhObject>>(&[0x40, 0, 0, 1]), Rc::VALUE);
    assert_eq!(code::<TpmiDhPcr>(&[0, 0, 0, 24]), Rc::VALUE);
    assert_eq!(code::<TpmiAlgHash>(&[0, 1]), Rc::HASH);
    assert_eq!(code::<TpmaObject>(&[0, 0, 0, 1]), Rc::RESERVED_BITS);
    assert_eq!(code::<TpmtSymDefObject>(&[0, 0x10]), Rc::SYMMETRIC);
    assert_eq!(code::<TpmtSigScheme>(&[0, 0x10]), Rc::SCHEME);
    assert_eq!(code::<TpmtTkHashcheck>(&[0x80, 0x21]), Rc::TAG);
    assert_eq!(code::<TpmlPcrSelection>(&[0, 0, 0, 1, 0, 0xB, 2, 0, 0]), Rc::VALUE);
}
#[test]
fn a_profile_refuses_where_the_type_stands() {
    let accept = Accept::new(&[TpmAlg::RSA, TpmAlg::SHA256], &[3], &[(TpmAlg::RSA, 2048)]);
    let read = |bytes: &[u8]| TpmtPublic::read(&mut Reader::new(bytes, &accept)).map(|_| ());
    assert_eq!(read(&[0, 0x23]), Err(Rc::TYPE));
    assert_eq!(read(&[0, 1, 0, 0xC]), Err(Rc::HASH));
    let rsa = [0, 1, 0, 0xB, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x10];
    assert_eq!(read(&[&rsa[..], &[0x0C, 0, 0, 0, 0, 0, 0, 0]].concat()), Err(Rc::VALUE));
    assert_eq!(read(&[&rsa[..], &[0x08, 0, 0, 0, 0, 0, 0, 0]].concat()), Ok(()));
    assert_eq!(TpmiEccCurve::read(&mut Reader::new(&[0, 4], &accept)), Err(Rc::CURVE));
}
#[test]
fn positions_mark_format_one_codes_alone() {
    assert_eq!(Rc::VALUE.at(At::Handle(1)), Rc(0x184));
    assert_eq!(Rc::SIZE.at(At::Param(2)), Rc(0x2D5));
    assert_eq!(Rc::BAD_AUTH.at(At::Session(1)), Rc(0x9A2));
    assert_eq!(Rc::NV_LOCKED.at(At::Param(1)), Rc::NV_LOCKED);
    assert_eq!(Rc::VALUE.at(At::Handle(1)).at(At::Param(3)), Rc(0x184));
    assert_eq!(Rc(0x9A2).bare(), Rc::BAD_AUTH);
}
#[test]
fn a_public_area_comes_back_as_it_was() {
    let public = TpmtPublic {
        name_alg: Some(TpmiAlgHash::Sha256),
        object_attributes: TpmaObject::SIGN | TpmaObject::FIXED_TPM,
        auth_policy: Buffer(vec![7; 32]),
        parameters: TpmtPublicParms::Ecc(TpmsEccParms {
            symmetric: None,
            scheme: Some(TpmtEccScheme::Ecdsa(TpmiAlgHash::Sha256)),
            curve_id: TpmiEccCurve::NIST_P256,
            kdf: None,
        }),
        unique: TpmuPublicId::Ecc(TpmsEccPoint::default()),
    };
    assert_eq!(read::<Tpm2bPublic>(&to_vec(&Sized2b(public.clone()))).unwrap().0, public);
    let mut wrong = to_vec(&Sized2b(public));
    wrong[1] += 1;
    assert_eq!(code::<Tpm2bPublic>(&wrong), Rc::SIZE);
    assert_eq!(code::<Tpm2bPublic>(&[0, 0]), Rc::SIZE);
}
