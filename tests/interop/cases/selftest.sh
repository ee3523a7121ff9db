# SelfTest, IncrementalSelfTest, GetTestResult and TestParms.
set -euo pipefail

tpm2_selftest
tpm2_selftest -f
tpm2_gettestresult >result
grep -q 'status: *success' result || grep -qi 'success' result
tpm2_incrementalselftest sha256 rsa2048 ecc >todo || tpm2_incrementalselftest sha256 rsa ecc >todo
tpm2_testparms rsa2048 ecc256 ecc384 ecc521 aes128cfb aes256cfb hmac:sha256 xor:sha256 2>/dev/null ||
    for parms in rsa2048 rsa3072 ecc256 ecc384 ecc521 aes128cfb aes256cfb; do tpm2_testparms $parms; done
refuse any tpm2_testparms rsa1025
