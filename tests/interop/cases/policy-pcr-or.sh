# PolicyPCR and PolicyOR: a key that opens in either of two measured states, and in no third; a nested OR; PolicyRestart.
set -euo pipefail

digest=$(sha sha256 <<<x | hex)
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_startauthsession -S trial.ctx
tpm2_policypcr -S trial.ctx -l sha256:16 -L one
tpm2_policyrestart -S trial.ctx
tpm2_pcrextend "16:sha256=$digest"
tpm2_policypcr -S trial.ctx -l sha256:16 -L two
differ "$(hex one)" "$(hex two)" "policy digests"
tpm2_policyor -S trial.ctx -l sha256:one,two -L either
# The digest is what Part 3 says: H(0...0 || TPM_CC_PolicyOR || one || two).
equal "$( (head -c 32 /dev/zero; printf '\0\0\001\161'; cat one two) | sha sha256 | hex)" "$(hex either)" "PolicyOR digest"
tpm2_flushcontext trial.ctx
printf secret >secret
tpm2_create -Q -C parent.ctx -i secret -L either -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx

unlock() {
    command tpm2_startauthsession --policy-session -S session.ctx
    local status=0
    tpm2_policypcr -S session.ctx -l sha256:16 &&
        tpm2_policyor -S session.ctx -l sha256:one,two &&
        tpm2_unseal -c seal.ctx -p session:session.ctx || status=$?
    tpm2_flushcontext session.ctx
    return $status
}
equal secret "$(unlock | tail -n 1 | grep -o 'secret$')" "in the second state"
tpm2_pcrreset 16
equal secret "$(unlock | tail -n 1 | grep -o 'secret$')" "in the first state"
tpm2_pcrextend "16:sha256=$digest"
tpm2_pcrextend "16:sha256=$digest"
refuse 0x1c4 unlock                                        # PolicyOR: TPM_RC_VALUE, parameter 1

# A PCR that changes after PolicyPCR, before the use: TPM_RC_PCR_CHANGED.
tpm2_pcrreset 16
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policypcr -S session.ctx -l sha256:16
tpm2_policyor -S session.ctx -l sha256:one,two
tpm2_pcrextend "0:sha256=$digest"
refuse 0x128 tpm2_unseal -c seal.ctx -p session:session.ctx
tpm2_policyrestart -S session.ctx
tpm2_policypcr -S session.ctx -l sha256:16
tpm2_policyor -S session.ctx -l sha256:one,two
equal secret "$(tpm2_unseal -c seal.ctx -p session:session.ctx)" "after PolicyRestart"
# A policy session is used up by the authorization... unless it continues; its digest starts again either way.
refuse 0x99d tpm2_unseal -c seal.ctx -p session:session.ctx
tpm2_flushcontext session.ctx

# PolicyPCR with the values given: those of another moment are refused.
tpm2_pcrread -Q sha256:16 -o values
tpm2_pcrextend "16:sha256=$digest"
tpm2_startauthsession --policy-session -S session.ctx
refuse 0x1c4 tpm2_policypcr -S session.ctx -l sha256:16 -f values
tpm2_flushcontext session.ctx
