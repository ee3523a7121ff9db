# A session that audits: its digest can be certified and is the one that the caller computes from cpHash and rpHash.
# needs: TPM2_CC_GetSessionAuditDigest
set -euo pipefail

tpm2_createprimary -Q -C e -G ecc -c parent.ctx
make_key parent.ctx signer ecc256:ecdsa-sha256:null -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|restricted'
tpm2_readpublic -Q -c signer.ctx -f pem -o signer.pem
tpm2_startauthsession --audit-session -S audit.ctx
tpm2_getrandom -Q -o random 8 -S audit.ctx --cphash cp --rphash rp
tpm2_getsessionauditdigest -c signer.ctx -g sha256 -m attest -s signature -f plain -S audit.ctx
openssl dgst -sha256 -verify signer.pem -signature signature attest
digest=$( (head -c 32 /dev/zero; tail -c 32 cp; tail -c 32 rp) | sha sha256 | hex)
hex attest | grep -c "$digest" >/dev/null
tpm2_flushcontext audit.ctx
