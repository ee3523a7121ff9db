# Signing with keys that the TPM made itself, of every size; a key that is bound to a scheme refuses the others; a
# restricted key signs only what the TPM hashed (with its ticket).
set -euo pipefail

head -c 3000 /dev/urandom >message
tpm2_createprimary -Q -C o -G rsa -c parent.ctx
sizes='rsa2048:rsassa-sha256:null rsa3072:rsapss-sha384:null'
[ "$TPM_KIND" = swtpm ] || sizes+=' rsa4096:rsassa-sha512:null'    # Debian's swtpm has none that long
for algorithm in $sizes ecc256:ecdsa-sha256 ecc384:ecdsa-sha384 ecc521:ecdsa-sha512; do
    hash=${algorithm#*-} hash=${hash%:null}
    make_key parent.ctx key "$algorithm"
    tpm2_readpublic -Q -c key.ctx -f pem -o key.pem
    scheme=${algorithm#*:}
    tpm2_sign -c key.ctx -g "$hash" -s "${scheme%%-*}" -f plain -o signature message
    padding=()
    [[ $algorithm != *rsapss* ]] || padding=(-sigopt rsa_padding_mode:pss)
    openssl dgst "-$hash" "${padding[@]}" -verify key.pem -signature signature message
done

make_key parent.ctx restricted ecc256:ecdsa-sha256:null -a 'sign|restricted|fixedtpm|fixedparent|sensitivedataorigin|userwithauth'
tpm2_readpublic -Q -c restricted.ctx -f pem -o key.pem
tpm2_hash -C o -g sha256 -o digest -t ticket message
tpm2_sign -c restricted.ctx -g sha256 -d -t ticket -f plain -o signature digest
openssl dgst -sha256 -verify key.pem -signature signature message
refuse 0x3e0 tpm2_sign -c restricted.ctx -g sha256 -o no -d digest     # TPM_RC_TICKET, parameter 3
cp digest bad
printf '\x01\x02\x03\x04' | dd of=bad bs=1 seek=3 conv=notrunc status=none
refuse 0x3e0 tpm2_sign -c restricted.ctx -g sha256 -d -t ticket -o no bad
# Data that begins like an attestation gets no ticket to be signed with.
(printf '\xffTCG'; head -c 100 /dev/zero) >forged
tpm2_hash -C o -g sha256 -o digest -t ticket forged
refuse 0x3e0 tpm2_sign -c restricted.ctx -g sha256 -d -t ticket -o no digest

# A storage key does not sign.
tpm2_hash -C o -g sha256 -o digest -t ticket message
refuse 0x19c tpm2_sign -c parent.ctx -g sha256 -s rsassa -d -t ticket -o no digest
