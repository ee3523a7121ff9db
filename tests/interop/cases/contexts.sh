# ContextSave and ContextLoad of objects and sessions: round trips, altered contexts, contexts of before a power cycle,
# replay of a session's old context.
set -euo pipefail

printf secret >secret
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_create -Q -C parent.ctx -i secret -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
for _ in 1 2 3; do
    equal secret "$(tpm2_unseal -c seal.ctx)" "from a saved context, as often as wanted"
done
[ -z "$(tpm2_getcap handles-transient)" ] || fail "transient objects are left over"

size=$(stat -c %s seal.ctx)
for at in 60 100 $((size / 2)); do
    cp seal.ctx bad.ctx
    printf '\x13\x57\x9b' | dd of=bad.ctx bs=1 seek=$at conv=notrunc status=none
    refuse '0x1df|0x1d5|0x1c4|0xdf|0x95' tpm2_unseal -c bad.ctx            # TPM_RC_INTEGRITY (or a size within it)
done

# Sessions: a context can be loaded once.
tpm2_startauthsession --policy-session -S session.ctx
cp session.ctx old.ctx
tpm2_policycommandcode -Q -S session.ctx TPM2_CC_Unseal
refuse any tpm2_policycommandcode -Q -S old.ctx TPM2_CC_Sign
tpm2_policygetdigest() { command tpm2_getpolicydigest -S session.ctx -o digest; }
tpm2_policygetdigest
equal "$( (head -c 32 /dev/zero; printf '\0\0\001\154\0\0\001\136') | sha sha256 | hex)" "$(hex digest)" "policy digest"

# A TPM Reset makes all of them void; the parent comes back the same from its seed.
tpm_reset
refuse '0x1df|0x1d0|0x1cb' tpm2_unseal -c seal.ctx
refuse any tpm2_policycommandcode -Q -S session.ctx TPM2_CC_Unseal
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
equal secret "$(tpm2_unseal -c seal.ctx)" "after a reset, loaded anew"
# ...except those of the NULL hierarchy, whose seed is new at every reset.
tpm2_createprimary -Q -C n -G ecc -c null.ctx
tpm2_readpublic -Q -c null.ctx -n one
tpm_reset
tpm2_createprimary -Q -C n -G ecc -c null.ctx
tpm2_readpublic -Q -c null.ctx -n two
differ "$(hex one)" "$(hex two)" "NULL primary keys of two boots"
