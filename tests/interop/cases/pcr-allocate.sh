# PCR_Allocate takes effect at the next power on, needs platform authorization and leaves the others as they were.
set -euo pipefail

tpm2_pcrallocate sha1:none+sha256:all+sha384:all+sha512:all
tpm2_getcap pcrs >before
tpm_reset
tpm2_getcap pcrs >after
differ "$(cat before)" "$(cat after)" "PCR allocation"
tpm2_pcrread sha512:0 >read
grep -q 'sha512:' read
equal 128 "$(pcr sha512 0 | tr -d '\n' | wc -c)" "hex digits of a SHA-512 PCR"
tpm2_pcrread sha1:0 >read || true
! grep -q '0 : 0x' read || fail "the SHA-1 bank is still there"
digest=$(sha sha512 <<<x | hex)
tpm2_pcrextend "3:sha512=$digest"
equal "$(xxd -r -p <<<"$(printf %0128d 0)$digest" | sha sha512 | hex)" "$(pcr sha512 3)" "extended SHA-512 PCR"

tpm2_changeauth -c p platform
refuse 0x9a2 tpm2_pcrallocate sha1:all+sha256:all          # TPM_RC_BAD_AUTH, first session
tpm2_pcrallocate -P platform sha1:all+sha256:all+sha384:none+sha512:none
tpm_reset
equal 40 "$(pcr sha1 0 | tr -d '\n' | wc -c)" "hex digits of a SHA-1 PCR"
