# GetTime signs clock and counters; with a key outside the endorsement hierarchy they are obfuscated.
set -euo pipefail

tpm2_createek -c ek.ctx -G rsa -u ek.pub
tpm2_createak -C ek.ctx -c ak.ctx -G ecc -f pem -u ak.pem -n ak.name
tpm2_gettime -c ak.ctx -q cafe0123 -g sha256 -o signature -f plain --attestation attest
openssl dgst -sha256 -verify ak.pem -signature signature attest
hex attest | grep -c cafe0123 >/dev/null
# counters FILE: the resetCount and restartCount that head a TPMS_ATTEST of TPM2_GetTime, in hex. Behind them: safe (1),
# firmwareVersion (8), and the attested time (8), clockInfo (17) and firmwareVersion (8).
counters() { tail -c 50 "$1" | head -c 8 | hex; }
tpm2_readclock >clock.yaml
equal "$(printf %08x%08x "$(yaml reset_count clock.yaml)" "$(yaml restart_count clock.yaml)")" "$(counters attest)" "counters"

tpm2_createprimary -C o -G ecc -c parent.ctx
make_key parent.ctx key ecc:ecdsa-sha256
tpm2_gettime -c key.ctx -q cafe0123 -g sha256 -o signature --attestation attest
differ "$(printf %08x%08x "$(yaml reset_count clock.yaml)" "$(yaml restart_count clock.yaml)")" "$(counters attest)" "counters of a key outside the endorsement hierarchy"
tpm2_changeauth -c e endorse
refuse 0x9a2 tpm2_gettime -c ak.ctx -q 00 -g sha256 -o no --attestation no
