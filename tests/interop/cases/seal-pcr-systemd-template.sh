# A disk key sealed as systemd-cryptenroll does it: SRK template, salted and encrypted session, PolicyPCR and PIN.
# Proves that the key comes out with the right PCRs and PIN only, for an ECC and for an RSA storage key.
set -euo pipefail

srk='restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth'
head -c 32 /dev/urandom >secret

for algorithm in ecc256:aes128cfb rsa2048:aes128cfb; do
    tpm2_createprimary -C o -g sha256 -G "$algorithm" -a "$srk" -c srk.ctx

    # The policy: PCR 7 and the PIN (PolicyAuthValue), computed in a trial session.
    tpm2_startauthsession -S trial.ctx
    tpm2_policypcr -S trial.ctx -l sha256:7
    tpm2_policyauthvalue -S trial.ctx -L policy
    tpm2_flushcontext trial.ctx

    # Parameters travel encrypted in a session salted with the storage key.
    tpm2_startauthsession --hmac-session --tpmkey-context srk.ctx -S encryption.ctx
    tpm2_sessionconfig encryption.ctx --enable-decrypt --enable-encrypt
    tpm2_create -C srk.ctx -S encryption.ctx -L policy -a 'fixedtpm|fixedparent' -p 1234 \
        -i secret -u sealed.pub -r sealed.priv
    tpm2_load -C srk.ctx -u sealed.pub -r sealed.priv -c sealed.ctx

    # unlock PIN: as the boot does it.
    unlock() {
        command tpm2_startauthsession --policy-session -S policy.ctx
        tpm2_policypcr -S policy.ctx -l sha256:7
        tpm2_policyauthvalue -S policy.ctx
        local status=0
        tpm2_unseal -c sealed.ctx -p "session:policy.ctx+$1" -S encryption.ctx -o unsealed || status=$?
        tpm2_flushcontext policy.ctx
        return $status
    }
    unlock 1234
    same_file secret unsealed

    refuse 0x98e unlock 4321                              # TPM_RC_AUTH_FAIL, first session
    refuse 0x12f tpm2_unseal -c sealed.ctx -p 1234        # TPM_RC_AUTH_UNAVAILABLE: the policy alone authorizes

    tpm2_pcrextend 7:sha256="$(sha sha256 <<<tampered | hex)"
    refuse 0x99d unlock 1234                              # TPM_RC_POLICY_FAIL, first session
    tpm2_flushcontext encryption.ctx
    tpm2_dictionarylockout -c

    # The boot after the next measures what it should, and the key is there again.
    tpm2_evictcontrol -C o -c sealed.ctx 0x81000100
    tpm_reset
    tpm2_startauthsession --policy-session -S policy.ctx
    tpm2_policypcr -S policy.ctx -l sha256:7
    tpm2_policyauthvalue -S policy.ctx
    tpm2_unseal -c 0x81000100 -p session:policy.ctx+1234 -o unsealed
    tpm2_flushcontext policy.ctx
    same_file secret unsealed
    tpm2_evictcontrol -C o -c 0x81000100
done
