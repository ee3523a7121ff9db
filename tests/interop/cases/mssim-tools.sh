# The mssim protocol with tpm2-tools: keys, PCRs, power cycle; a locality that comes with the command.
# protocol: mssim
set -euo pipefail

tpm2_createprimary -Q -C o -G rsa -c parent.ctx
printf secret >secret
tpm2_create -Q -C parent.ctx -i secret -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
equal secret "$(tpm2_unseal -c seal.ctx)" "unsealed"
tpm2_evictcontrol -Q -C o -c seal.ctx 0x81000001
tpm_reset
equal secret "$(tpm2_unseal -c 0x81000001)" "after a power cycle"
ctl hash "$(printf launched | hex)"
equal "$(xxd -r -p <<<"$(printf %064d 0)$(printf launched | sha sha256 | hex)" | sha sha256 | hex)" "$(pcr sha256 17)" "PCR 17 after the launch"
reset20=80020000001b0000013d00000014000000094000000900000000""00
answer=$(ctl send 0 $reset20)
equal 00000907 "${answer:12:8}" "PCR 20 from locality 0"
answer=$(ctl send 2 $reset20)
equal 00000000 "${answer:12:8}" "PCR 20 from locality 2"
