# NV indices guarded by policies: reading needs PCR 16, writing needs a signature of nobody but a command code policy;
# PolicyNvWritten tells a fresh index from a written one.
set -euo pipefail

tpm2_startauthsession -S trial.ctx
tpm2_policypcr -S trial.ctx -l sha256:16 -L read.policy
tpm2_flushcontext trial.ctx
tpm2_nvdefine 0x1500040 -C o -s 8 -L read.policy -a 'policyread|ownerwrite|authwrite'
printf contents | tpm2_nvwrite 0x1500040 -C o -i -
refuse 0x149 tpm2_nvread 0x1500040 -C o                    # not the owner
refuse 0x12f tpm2_nvread 0x1500040 -C 0x1500040            # not the index's (empty) password
read_it() {
    command tpm2_startauthsession --policy-session -S session.ctx
    tpm2_policypcr -S session.ctx -l sha256:16
    local status=0
    tpm2_nvread 0x1500040 -C 0x1500040 -P session:session.ctx -o out || status=$?
    tpm2_flushcontext session.ctx
    return $status
}
read_it
equal contents "$(cat out)"
tpm2_pcrextend "16:sha256=$(sha sha256 <<<x | hex)"
refuse 0x99d read_it
tpm2_pcrreset 16
read_it

# Write once: the policy asks that the index has not been written.
tpm2_startauthsession -S trial.ctx
tpm2_policycommandcode -S trial.ctx TPM2_CC_NV_Write
tpm2_policynvwritten -S trial.ctx -L write.policy c
tpm2_flushcontext trial.ctx
tpm2_nvdefine 0x1500041 -C o -s 8 -L write.policy -a 'policywrite|ownerread|authread'
write_it() {
    command tpm2_startauthsession --policy-session -S session.ctx
    tpm2_policycommandcode -S session.ctx TPM2_CC_NV_Write
    tpm2_policynvwritten -S session.ctx c
    local status=0
    tpm2_nvwrite 0x1500041 -C 0x1500041 -P session:session.ctx -i "$1" || status=$?
    tpm2_flushcontext session.ctx
    return $status
}
printf contents >data
write_it data
refuse 0x99d write_it data
equal contents "$(tpm2_nvread 0x1500041 -C o)"
