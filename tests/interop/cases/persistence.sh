# What the TPM keeps: persistent objects, NV, hierarchy passwords and DA settings are there after a new process, after a
# kill without warning, and gone when evicted.
set -euo pipefail

printf secret >secret
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_create -Q -C parent.ctx -i secret -p password -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
tpm2_evictcontrol -Q -C o -c parent.ctx 0x81000001
tpm2_evictcontrol -Q -C o -c seal.ctx 0x81000002
refuse 0x14c tpm2_evictcontrol -C o -c seal.ctx 0x81000002             # TPM_RC_NV_DEFINED
refuse 0x1cd tpm2_evictcontrol -C o -c seal.ctx 0x81800002     # the platform's range: TPM_RC_RANGE
tpm2_nvdefine -Q 0x1500090 -C o -s 6 -a 'ownerread|ownerwrite|authread|authwrite'
tpm2_nvwrite 0x1500090 -C o -i secret
tpm2_changeauth -c o owner
tpm2_dictionarylockout -s -n 7 -t 11 -l 13

check() {
    equal secret "$(tpm2_unseal -c 0x81000002 -p password)" "persistent seal"
    equal secret "$(tpm2_nvread 0x1500090 -C o -P owner)" "NV index"
    refuse 0x9a2 tpm2_nvread 0x1500090 -C o -P wrong
    tpm2_getcap handles-persistent >handles
    equal 2 "$(wc -l <handles)" "persistent objects"
    tpm2_getcap properties-variable >properties
    equal 0x7 "$(yaml TPM2_PT_MAX_AUTH_FAIL properties)" "DA setting"
    equal 0xB "$(yaml TPM2_PT_LOCKOUT_INTERVAL properties)" "DA setting"
    # The persistent parent still loads its child.
    tpm2_load -Q -C 0x81000001 -u seal.pub -r seal.priv -c seal.ctx
    equal secret "$(tpm2_unseal -c seal.ctx -p password)" "child of a persistent parent"
}
check
tpm_restart TERM
tpm_startup clear
check
tpm_restart KILL
tpm_startup clear
check

refuse 0x9a2 tpm2_evictcontrol -C o -P wrong -c 0x81000002
tpm2_evictcontrol -Q -C o -P owner -c 0x81000002
tpm_restart KILL
tpm_startup clear
refuse any tpm2_readpublic -c 0x81000002
tpm2_readpublic -Q -c 0x81000001
