# GetCapability: every group that tpm2_getcap knows parses; what it says fits what the TPM does.
set -euo pipefail

for group in $(tpm2_getcap -l | sed 's/^- *//'); do
    case $group in
        vendor*) continue ;;                               # the maker's own
    esac
    tpm2_getcap "$group" >"$group.yaml"
done
for algorithm in rsa ecc sha1 sha256 sha384 sha512 aes hmac keyedhash rsassa rsapss rsaes oaep ecdsa ecdh xor \
    kdf1_sp800_108 symcipher cfb; do
    grep -q "^$algorithm:" algorithms.yaml || fail "algorithm $algorithm is not announced"
done
for curve in NIST_P256 NIST_P384 NIST_P521; do
    grep -q "TPM2_ECC_$curve" ecc-curves.yaml || fail "curve $curve is not announced"
done
for command in Startup Shutdown SelfTest GetCapability GetRandom PCR_Extend PCR_Read CreatePrimary Create Load Unseal \
    Quote Certify NV_DefineSpace NV_Read NV_Write StartAuthSession PolicyPCR ContextSave ContextLoad FlushContext \
    EvictControl Duplicate Import MakeCredential ActivateCredential Clear; do
    grep -q "^TPM2_CC_$command:" commands.yaml || fail "command $command is not announced"
done
grep -q 'sha256: \[ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23 \]' pcrs.yaml
grep -q '2.0' properties-fixed.yaml
for property in TPM2_PT_MANUFACTURER TPM2_PT_FIRMWARE_VERSION_1 TPM2_PT_PCR_COUNT TPM2_PT_MAX_COMMAND_SIZE \
    TPM2_PT_MAX_DIGEST TPM2_PT_NV_INDEX_MAX TPM2_PT_TOTAL_COMMANDS; do
    grep -q "$property" properties-fixed.yaml || fail "$property is missing"
done
equal 24 $(($(sed -n '/TPM2_PT_PCR_COUNT/{n;s/.*raw: //p}' properties-fixed.yaml))) "PCR count"
total=$(($(sed -n '/TPM2_PT_TOTAL_COMMANDS/{n;s/.*raw: //p}' properties-fixed.yaml)))
equal "$total" "$(grep -c '^[^ ]' commands.yaml)" "commands announced and counted"
equal 0 "$(grep -c . handles-persistent.yaml || true)" "persistent handles of a new TPM"

tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_evictcontrol -Q -C o -c parent.ctx 0x81000001
tpm2_nvdefine -Q 0x15000e0 -C o -s 4
tpm2_startauthsession --policy-session -S session.ctx
equal "- 0x81000001" "$(tpm2_getcap handles-persistent)" "persistent handles"
tpm2_getcap handles-nv-index | grep -ci '15000e0' >/dev/null
equal 1 "$(tpm2_getcap handles-saved-session | grep -c .)" "saved sessions"
tpm2_flushcontext session.ctx
