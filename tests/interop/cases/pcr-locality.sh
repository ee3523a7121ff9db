# Localities and the _TPM_Hash signals (a dynamic launch): PCR 17 is reset and extended by them only, PCRs 20-22 by
# localities 2-3 as the PC Client profile says.
set -euo pipefail
digest=$(sha sha256 <<<x | hex)
zero=$(printf %064d 0)

ctl hash "$(printf 'launched' | hex)"
equal "$(xxd -r -p <<<"$zero$(printf launched | sha sha256 | hex)" | sha sha256 | hex)" "$(pcr sha256 17)" "PCR 17 after the launch"
equal "$zero" "$(pcr sha256 18)" "PCR 18 after the launch"
equal "$zero" "$(pcr sha256 22)" "PCR 22 after the launch"

# from LOCALITY NAME PCR: one command on a PCR with an empty password; prints the response code.
from() {
    local code=$2 body=$3 answer
    case $code in
        extend) body=80020000004100000182000000$(printf %02x "$body")00000009400000090000000000""00000001000b$digest ;;
        reset) body=80020000001b0000013d000000$(printf %02x "$body")00000009400000090000000000 ;;
    esac
    answer=$(ctl send "$1" "$body")
    echo "${answer:12:8}"
}
refuse 0x907 tpm2_pcrextend "20:sha256=$digest"            # locality 0
equal 00000000 "$(from 2 extend 20)" "extend from locality 2"
differ "$zero" "$(pcr sha256 20)" "PCR 20"
equal 00000000 "$(from 2 reset 20)" "reset from locality 2"
equal "$zero" "$(pcr sha256 20)" "PCR 20 after a reset from locality 2"
equal 00000907 "$(from 2 reset 17)" "reset of PCR 17 from locality 2 (4 only)"
equal 00000907 "$(from 1 reset 20)" "reset of PCR 20 from locality 1"
equal 00000000 "$(from 1 extend 20)" "extend of PCR 20 from locality 1"
equal 00000907 "$(from 1 extend 17)" "extend of PCR 17 from locality 1"
equal 00000907 "$(from 4 reset 17)" "PCR_Reset from locality 4: a TPM with a dynamic launch leaves that to the hash signals"
refuse 0x907 tpm2_pcrreset 20
