# PolicyAuthValue and PolicyPassword give the same digest, and both want the object's password; PolicyCommandCode limits
# what may be done with it.
set -euo pipefail

tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_startauthsession -S trial.ctx
tpm2_policyauthvalue -S trial.ctx -L one
tpm2_policyrestart -S trial.ctx
tpm2_policypassword -S trial.ctx -L two
same_file one two
tpm2_policyrestart -S trial.ctx
tpm2_policycommandcode -S trial.ctx -L three TPM2_CC_Unseal
equal "$( (head -c 32 /dev/zero; printf '\0\0\001\154\0\0\001\136') | sha sha256 | hex)" "$(hex three)" "PolicyCommandCode digest"
tpm2_flushcontext trial.ctx

printf secret >secret
tpm2_create -Q -C parent.ctx -i secret -L one -p password -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
for verb in policyauthvalue policypassword; do
    tpm2_startauthsession --policy-session -S session.ctx
    tpm2_$verb -S session.ctx
    refuse 0x98e tpm2_unseal -c seal.ctx -p session:session.ctx+wrong
    tpm2_policyrestart -S session.ctx
    tpm2_$verb -S session.ctx
    equal secret "$(tpm2_unseal -c seal.ctx -p session:session.ctx+password)" "with $verb"
    refuse 0x99d tpm2_unseal -c seal.ctx -p session:session.ctx+password
    tpm2_flushcontext session.ctx
done

# Unseal only: ObjectChangeAuth is refused by the command code.
tpm2_create -Q -C parent.ctx -i secret -L three -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policycommandcode -S session.ctx TPM2_CC_Unseal
equal secret "$(tpm2_unseal -c seal.ctx -p session:session.ctx)" "with the command code"
tpm2_policyrestart -S session.ctx
tpm2_policycommandcode -S session.ctx TPM2_CC_Unseal
refuse 0x1c4 tpm2_policycommandcode -S session.ctx TPM2_CC_Sign        # one session, one command: TPM_RC_VALUE
refuse 0x9a4 tpm2_changeauth -c seal.ctx -C parent.ctx -r no -p session:session.ctx new        # TPM_RC_POLICY_CC
tpm2_flushcontext session.ctx
