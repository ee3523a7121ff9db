# Clear and ClearControl: the owner's things and passwords are gone, the storage seed is new, the platform's are kept;
# ClearControl disables it, and only the platform enables it again.
set -euo pipefail

tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_readpublic -Q -c parent.ctx -n old.name
tpm2_createprimary -Q -C p -G ecc -c platform.ctx
tpm2_readpublic -Q -c platform.ctx -n platform.name
tpm2_createek -c ek.ctx -G ecc -u ek.pub
tpm2_evictcontrol -Q -C o -c parent.ctx 0x81000001
tpm2_evictcontrol -Q -C p -c platform.ctx 0x81800001
tpm2_nvdefine -Q 0x15000b0 -C o -s 6 -a 'ownerread|ownerwrite'
tpm2_nvdefine -Q 0x15000b1 -C p -s 6 -a 'ownerread|ppwrite|ppread|platformcreate'
tpm2_changeauth -c o owner
tpm2_changeauth -c e endorse
tpm2_changeauth -c l lockout
tpm2_getcap properties-variable >properties
equal 1 "$(yaml ownerAuthSet properties)" "ownerAuthSet"

tpm2_clearcontrol -C l -P lockout s
refuse 0x120 tpm2_clear -c l lockout                       # TPM_RC_DISABLED
refuse 0x120 tpm2_clear -c p
refuse any tpm2_clearcontrol -C l -P lockout c             # not by lockout: TPM_RC_AUTH_FAIL in its position
tpm2_clearcontrol -C p c
refuse '0x98e|0x9a2' tpm2_clear -c l wrong
tpm2_clear -c p

refuse any tpm2_readpublic -c 0x81000001
refuse any tpm2_nvreadpublic 0x15000b0
tpm2_readpublic -Q -c 0x81800001 -n name
same_file platform.name name
tpm2_nvreadpublic 0x15000b1 >/dev/null
tpm2_getcap properties-variable >properties
for flag in ownerAuthSet endorsementAuthSet lockoutAuthSet; do
    equal 0 "$(yaml $flag properties)" "$flag"
done
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_readpublic -Q -c parent.ctx -n new.name
differ "$(hex old.name)" "$(hex new.name)" "storage primary keys before and after Clear"
cp ek.pub old.ek
tpm2_createek -c ek.ctx -G ecc -u ek.pub
same_file old.ek ek.pub                                    # the endorsement seed stays
