# PCR_Read, PCR_Extend, PCR_Event and PCR_Reset in every bank, against the same sums computed by openssl.
set -euo pipefail

for bank in sha1 sha256 sha384; do
    zeros=$(pcr $bank 0 | tr '0-9a-f' 0)
    equal "$zeros" "$(pcr $bank 0)" "$bank PCR 0 after power on"
    equal "$zeros" "$(pcr $bank 16)" "$bank PCR 16 after power on"
    equal "${zeros//0/f}" "$(pcr $bank 17)" "$bank PCR 17 after power on"
    equal "${zeros//0/f}" "$(pcr $bank 22)" "$bank PCR 22 after power on"
    equal "$zeros" "$(pcr $bank 23)" "$bank PCR 23 after power on"
done

one=$(sha sha1 <<<x | hex) two=$(sha sha256 <<<x | hex) three=$(sha sha384 <<<x | hex)
tpm2_pcrextend "5:sha1=$one,sha256=$two,sha384=$three"
extended() { xxd -r -p <<<"$2$3" | sha "$1" | hex; }
equal "$(extended sha1 "$(printf %040d 0)" "$one")" "$(pcr sha1 5)" "extended sha1"
equal "$(extended sha256 "$(printf %064d 0)" "$two")" "$(pcr sha256 5)" "extended sha256"
equal "$(extended sha384 "$(printf %096d 0)" "$three")" "$(pcr sha384 5)" "extended sha384"

# Only the banks that are named change.
before=$(pcr sha1 6)
tpm2_pcrextend "6:sha256=$two"
equal "$before" "$(pcr sha1 6)" "the bank that was not named"
tpm2_pcrextend "6:sha256=$two"
equal "$(extended sha256 "$(extended sha256 "$(printf %064d 0)" "$two")" "$two")" "$(pcr sha256 6)" "extended twice"

# PCR_Event hashes the data itself and extends every bank.
head -c 1000 /dev/urandom >event
tpm2_pcrevent 9 event >digests
for bank in sha1 sha256 sha384; do
    digest=$(sha $bank <event | hex)
    equal "$digest" "$(yaml $bank digests)" "digest that PCR_Event returns"
    equal "$(extended $bank "$(printf '%0*d' ${#digest} 0)" "$digest")" "$(pcr $bank 9)" "$bank PCR 9 after the event"
done
tpm2_pcrevent event >digests                               # no PCR: only the digests
equal "$(sha sha256 <event | hex)" "$(yaml sha256 digests)" "digest without a PCR"

tpm2_pcrextend "16:sha256=$two" "23:sha256=$two"
tpm2_pcrreset 16 23
equal "$(printf %064d 0)" "$(pcr sha256 16)" "PCR 16 after reset"
equal "$(printf %064d 0)" "$(pcr sha256 23)" "PCR 23 after reset"
refuse 0x907 tpm2_pcrreset 0                               # TPM_RC_LOCALITY
refuse 0x907 tpm2_pcrreset 17
refuse 0x907 tpm2_pcrextend "17:sha256=$two"

# A power cycle returns all of them to their start.
tpm_reset
equal "$(printf %064d 0)" "$(pcr sha256 5)" "PCR 5 after a power cycle"
