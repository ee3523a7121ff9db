# PolicyAuthorize: an authority approves policies after the fact. The object moves to a new policy without being made
# again, and a policy that nobody approved is refused.
set -euo pipefail

printf secret >secret
digest=$(sha sha256 <<<x | hex)
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out authority.private 2>/dev/null
openssl pkey -in authority.private -pubout -out authority.pem
tpm2_loadexternal -Q -C o -G rsa -u authority.pem -c authority.ctx -n authority.name
printf firmware >qualifier

tpm2_startauthsession -S trial.ctx
tpm2_policyauthorize -Q -S trial.ctx -n authority.name -q qualifier -L policy
tpm2_policyrestart -S trial.ctx
tpm2_policypcr -Q -S trial.ctx -l sha256:16 -L old
tpm2_pcrextend "16:sha256=$digest"
tpm2_policyrestart -S trial.ctx
tpm2_policypcr -Q -S trial.ctx -l sha256:16 -L new
tpm2_flushcontext trial.ctx
tpm2_create -Q -C parent.ctx -i secret -L policy -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx

# approve POLICY: the authority signs H(policy || qualifier); the TPM verifies it once and gives a ticket.
approve() {
    cat "$1" qualifier >approval
    openssl dgst -sha256 -sign authority.private -out "$1.signature" approval
    tpm2_verifysignature -c authority.ctx -g sha256 -m approval -s "$1.signature" -f rsassa -t "$1.ticket"
}
unlock() { # unlock APPROVED
    command tpm2_startauthsession --policy-session -S session.ctx
    local status=0
    tpm2_policypcr -Q -S session.ctx -l sha256:16 &&
        tpm2_policyauthorize -Q -S session.ctx -i "$1" -n authority.name -q qualifier -t "$1.ticket" &&
        tpm2_unseal -c seal.ctx -p session:session.ctx -o out || status=$?
    tpm2_flushcontext session.ctx
    return $status
}
approve new
unlock new
same_file secret out
approve old
refuse 0x1c4 unlock old                                    # not the session's digest: TPM_RC_VALUE
tpm2_pcrreset 16
unlock old
refuse 0x1c4 unlock new
printf '\x01\x02\x03\x04' | dd of=old.ticket bs=1 seek=20 conv=notrunc status=none
refuse '0x4c4|0x4e0' unlock old                            # a forged ticket
