use super::support::Signer;
use crate::context::{Action, Context};
use crate::crypt::{digest_2b, hash};
use tpm2_wire::{Quote, QuoteReply, Rc, TpmsQuoteInfo, TpmuAttest};

/// Part 3, 18.4.
impl Action for Quote {
    fn run(self, cx: &mut Context<'_>) -> Result<QuoteReply, Rc> {
        let signer = Signer::new(cx, self.sign_handle, self.in_scheme, Self::sign_handle, Self::in_scheme)?;
        let alg = hash(signer.hash().ok_or(Rc::SCHEME.at(Self::in_scheme))?)?;
        let (digest, pcr_select) = cx.state.volatile.pcrs.digest(cx.crypto, alg, &self.pcrselect);
        let info = TpmsQuoteInfo { pcr_select, pcr_digest: digest_2b(&digest) };
        let (quoted, signature) = signer.attest(cx, self.qualifying_data, TpmuAttest::Quote(info))?;
        Ok(QuoteReply { quoted, signature })
    }
}
