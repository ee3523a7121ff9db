# The EK policy holds the endorsement hierarchy's password: after it is set, PolicySecret needs it.
set -euo pipefail

tpm2_changeauth -c e endorse
refuse 0x9a2 tpm2_createek -c ek.ctx -G ecc -u ek.pub      # TPM_RC_BAD_AUTH
tpm2_createek -P endorse -c ek.ctx -G ecc -u ek.pub
tpm2_createak -P endorse -p ak -C ek.ctx -c ak.ctx -G ecc -u ak.pub -n ak.name
printf secret >secret
tpm2_makecredential -u ek.pub -s secret -n "$(hex ak.name)" -o credential

tpm2_startauthsession --policy-session -S session.ctx
refuse 0x9a2 tpm2_policysecret -S session.ctx -c e wrong
refuse 0xa9d tpm2_activatecredential -c ak.ctx -p ak -C ek.ctx -P session:session.ctx -i credential -o out
tpm2_policysecret -S session.ctx -c e endorse
refuse 0x98e tpm2_activatecredential -c ak.ctx -p wrong -C ek.ctx -P session:session.ctx -i credential -o out
tpm2_policyrestart -S session.ctx
tpm2_policysecret -S session.ctx -c e endorse
tpm2_activatecredential -c ak.ctx -p ak -C ek.ctx -P session:session.ctx -i credential -o out
same_file secret out
tpm2_flushcontext session.ctx
