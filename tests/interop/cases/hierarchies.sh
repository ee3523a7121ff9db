# HierarchyControl and SetPrimaryPolicy: a hierarchy that is off answers nothing until the next boot; a primary policy
# stands in for its password; same template, same primary key, other `unique`, other key.
set -euo pipefail

printf secret >secret
tpm2_createprimary -Q -C o -G ecc -c one.ctx
tpm2_createprimary -Q -C o -G ecc -c two.ctx
tpm2_readpublic -Q -c one.ctx -n one
tpm2_readpublic -Q -c two.ctx -n two
same_file one two
(printf '\040\0'; head -c 32 /dev/zero | tr '\0' x; printf '\040\0'; head -c 32 /dev/zero) >unique
tpm2_createprimary -Q -C o -G ecc -u unique -c two.ctx
tpm2_readpublic -Q -c two.ctx -n two
differ "$(hex one)" "$(hex two)" "primary keys with different unique"
tpm2_evictcontrol -Q -C o -c one.ctx 0x81000001
tpm2_nvdefine -Q 0x15000c0 -C o -s 6 -a 'ownerread|ownerwrite'

tpm2_hierarchycontrol -C o shEnable clear
refuse 0x185 tpm2_createprimary -C o -G ecc -c no.ctx      # TPM_RC_HIERARCHY
refuse any tpm2_readpublic -c 0x81000001
refuse any tpm2_nvwrite 0x15000c0 -C o -i secret
refuse any tpm2_hierarchycontrol -C o shEnable set         # the owner cannot turn it on again
tpm2_hierarchycontrol -C p shEnable set
tpm2_readpublic -Q -c 0x81000001
tpm2_hierarchycontrol -C e ehEnable clear
refuse 0x185 tpm2_createek -c no.ctx -G ecc -u no.pub
tpm2_hierarchycontrol -C p phEnable clear
refuse any tpm2_hierarchycontrol -C p ehEnable set
tpm_reset
tpm2_createek -c ek.ctx -G ecc -u ek.pub
tpm2_hierarchycontrol -C p ehEnable set

# The owner policy.
tpm2_startauthsession -S trial.ctx
tpm2_policypcr -Q -S trial.ctx -l sha256:16 -L policy
tpm2_flushcontext trial.ctx
tpm2_changeauth -c o owner
tpm2_setprimarypolicy -C o -P owner -L policy -g sha256
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policypcr -Q -S session.ctx -l sha256:16
tpm2_createprimary -Q -C o -P session:session.ctx -G ecc -c one.ctx
tpm2_pcrextend "16:sha256=$(sha sha256 <<<x | hex)"
tpm2_policypcr -Q -S session.ctx -l sha256:16
refuse 0x99d tpm2_createprimary -Q -C o -P session:session.ctx -G ecc -c no.ctx
tpm2_flushcontext session.ctx
refuse 0x9a2 tpm2_createprimary -Q -C o -P wrong -G ecc -c no.ctx
