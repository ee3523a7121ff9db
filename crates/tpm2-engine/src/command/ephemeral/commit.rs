use crate::context::{Action, Context};
use crate::crypt::{failed, hash};
use crate::objects::keys;
use tpm2_wire::{Commit, CommitReply, Rc, Sized2b, TpmsEccPoint, TpmtEccScheme};

/// Part 3, 19.2; Part 1, 44.2.3.
impl Action for Commit {
    fn run(self, cx: &mut Context<'_>) -> Result<CommitReply, Rc> {
        let key = cx.object(self.sign_handle, Rc::KEY, Self::sign_handle)?;
        let (parms, curve, _) = keys::ecc_public(&key.public).ok_or(Rc::KEY.at(Self::sign_handle))?;
        if !matches!(parms.scheme, Some(TpmtEccScheme::Ecdaa(_))) {
            return Err(Rc::SCHEME.at(Self::sign_handle));
        }
        if self.s2.is_empty() != self.y2.is_empty() {
            return Err(Rc::SIZE.at(Self::y2));
        }
        let (r, public) = cx.commitment(curve, &key.name)?;
        let base = if self.s2.is_empty() {
            None
        } else {
            let alg = hash(key.public.name_alg.ok_or(Rc::HASH.at(Self::sign_handle))?)?;
            let base = cx.crypto.ec_base_point(curve, alg, &self.s2, &self.y2);
            Some(base.ok_or(Rc::ECC_POINT.at(Self::s2))?)
        };
        let p1 = if self.p1.0 == TpmsEccPoint::default() {
            None
        } else {
            let p1 = keys::point(curve, &self.p1.0);
            if !cx.crypto.ec_on_curve(curve, &p1) {
                return Err(Rc::ECC_POINT.at(Self::p1));
            }
            Some(p1)
        };
        let (mut k, mut l, mut e) = Default::default();
        if let Some(base) = &base {
            let d = key.sensitive.as_ref().ok_or(Rc::KEY.at(Self::sign_handle))?;
            k = keys::wire_point(cx.crypto.ec_mul(curve, base, d.sensitive.bytes()).map_err(failed)?);
            l = keys::wire_point(cx.crypto.ec_mul(curve, base, &r).map_err(failed)?);
        }
        if let Some(p1) = &p1 {
            e = keys::wire_point(cx.crypto.ec_mul(curve, p1, &r).map_err(failed)?);
        } else if base.is_none() {
            e = keys::wire_point(public);
        }
        let counter = cx.state.reset.commits.commit();
        Ok(CommitReply { k: Sized2b(k), l: Sized2b(l), e: Sized2b(e), counter })
    }
}
