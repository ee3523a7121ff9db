# ObjectChangeAuth, HierarchyChangeAuth and NV_ChangeAuth: the new password works, the old one does not.
set -euo pipefail

printf secret >secret
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_create -Q -C parent.ctx -i secret -p old -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
tpm2_changeauth -Q -c seal.ctx -C parent.ctx -p old -r new.priv new
equal secret "$(tpm2_unseal -c seal.ctx -p old)" "the loaded object keeps its password"
tpm2_load -Q -C parent.ctx -u seal.pub -r new.priv -c new.ctx
equal secret "$(tpm2_unseal -c new.ctx -p new)" "with the new password"
refuse 0x98e tpm2_unseal -c new.ctx -p old
refuse 0x98e tpm2_changeauth -c seal.ctx -C parent.ctx -p wrong -r no.priv other
tpm2_createprimary -Q -C o -G rsa -c other.ctx
refuse 0x28a tpm2_changeauth -c seal.ctx -C other.ctx -p old -r no.priv other     # not its parent: TPM_RC_TYPE, handle 2

for hierarchy in o e p l; do
    tpm2_changeauth -c $hierarchy first
    refuse '0x9a2|0x98e' tpm2_changeauth -c $hierarchy second
    refuse '0x9a2|0x98e|0x921' tpm2_changeauth -c $hierarchy -p wrong second
    # After a wrong lockout password the lockout hierarchy is closed until the next boot (recovery time).
    [ $hierarchy != l ] || break
    tpm2_changeauth -c $hierarchy -p first second
    tpm2_changeauth -c $hierarchy -p second
done
tpm2_clear -c p

# NV_ChangeAuth: by the ADMIN role, which is a policy with this command code.
tpm2_startauthsession -S trial.ctx
tpm2_policycommandcode -Q -S trial.ctx -L policy TPM2_CC_NV_ChangeAuth
tpm2_flushcontext trial.ctx
tpm2_nvdefine -Q 0x15000a0 -C o -s 6 -p old -L policy -a 'authread|authwrite|ownerread'
tpm2_nvwrite 0x15000a0 -C 0x15000a0 -P old -i secret
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policycommandcode -Q -S session.ctx TPM2_CC_NV_ChangeAuth
tpm2_changeauth -c 0x15000a0 -p session:session.ctx new
tpm2_flushcontext session.ctx
equal secret "$(tpm2_nvread 0x15000a0 -C 0x15000a0 -P new)" "with the new password"
refuse 0x98e tpm2_nvread 0x15000a0 -C 0x15000a0 -P old
refuse 0x124 tpm2_changeauth -c 0x15000a0 -p new newer   # a password is not a policy: TPM_RC_AUTH_TYPE
