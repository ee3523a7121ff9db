# PolicySecret with an expiration gives a ticket, and PolicyTicket uses it in its stead.
# needs: TPM2_CC_PolicyTicket
set -euo pipefail

printf secret >secret
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_changeauth -c o owner
tpm2_startauthsession -S trial.ctx
tpm2_policysecret -Q -S trial.ctx -c o -L policy owner
tpm2_flushcontext trial.ctx
tpm2_create -Q -C parent.ctx -i secret -L policy -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policysecret -Q -S session.ctx -c o -t -60 -x --ticket ticket --timeout timeout owner
tpm2_flushcontext session.ctx
tpm2_readpublic -Q -c parent.ctx -n parent.name
printf '\x40\0\0\x01' >owner.name
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policyticket -S session.ctx -n owner.name --ticket ticket --timeout timeout
equal secret "$(tpm2_unseal -c seal.ctx -p session:session.ctx)" "with the ticket"
tpm2_policyrestart -S session.ctx
printf '\x01' | dd of=timeout bs=1 seek=1 conv=notrunc status=none
refuse any tpm2_policyticket -S session.ctx -n owner.name --ticket ticket --timeout timeout
tpm2_flushcontext session.ctx
