# The dictionary-attack lockout: after maxTries failures everything that counts is refused, right password or not;
# the lockout password resets it; objects marked noda are not concerned; the counter survives a power cycle.
set -euo pipefail

printf secret >secret
tpm2_dictionarylockout -s -n 3 -t 1000 -l 1000
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_create -Q -C parent.ctx -i secret -p password -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
tpm2_evictcontrol -Q -C o -c seal.ctx 0x81000002
tpm2_create -Q -C parent.ctx -i secret -p password -a 'fixedtpm|fixedparent|userwithauth|noda' -u free.pub -r free.priv
tpm2_load -Q -C parent.ctx -u free.pub -r free.priv -c free.ctx
tpm2_evictcontrol -Q -C o -c free.ctx 0x81000003
failures() { tpm2_getcap properties-variable >properties; yaml TPM2_PT_LOCKOUT_COUNTER properties; }

equal 0x0 "$(failures)" "failures"
refuse 0x98e tpm2_unseal -c 0x81000002 -p wrong
equal 0x1 "$(failures)" "failures"
equal secret "$(tpm2_unseal -c 0x81000002 -p password)" "one failure is not three"
refuse 0x9a2 tpm2_unseal -c 0x81000003 -p wrong            # noda: TPM_RC_BAD_AUTH, not counted
equal 0x1 "$(failures)" "failures"
refuse 0x98e tpm2_unseal -c 0x81000002 -p wrong
refuse 0x98e tpm2_unseal -c 0x81000002 -p wrong
refuse 0x921 tpm2_unseal -c 0x81000002 -p password         # TPM_RC_LOCKOUT
equal secret "$(tpm2_unseal -c 0x81000003 -p password)" "noda object in lockout"
yaml inLockout properties >/dev/null
tpm2_getcap properties-variable >properties
equal 1 "$(yaml inLockout properties)" "inLockout"

tpm_reset
refuse 0x921 tpm2_unseal -c 0x81000002 -p password
tpm2_dictionarylockout -c
equal 0x0 "$(failures)" "failures after the reset"
equal secret "$(tpm2_unseal -c 0x81000002 -p password)" "after the reset"

# The reset itself is guarded: one wrong lockout password closes it for the recovery time.
tpm2_changeauth -c l lockout
refuse '0x98e|0x9a2' tpm2_dictionarylockout -c -p wrong
refuse 0x921 tpm2_dictionarylockout -c -p lockout
refuse 0x921 tpm2_dictionarylockout -s -n 9 -t 1 -l 1 -p lockout
