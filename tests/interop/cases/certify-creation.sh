# CertifyCreation: a key vouches for how another object was made; a wrong ticket or another object is refused.
# needs: TPM2_CC_CertifyCreation
set -euo pipefail

tpm2_createprimary -C o -G ecc -c parent.ctx
make_key parent.ctx signer ecc:ecdsa-sha256:null -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|restricted'
make_key parent.ctx subject rsa2048 -p subject --creation-data creation -t ticket -d creation.hash -q deadbeef
tpm2_readpublic -c signer.ctx -f pem -o signer.pem
tpm2_readpublic -c subject.ctx -n subject.name

tpm2_certifycreation -C signer.ctx -c subject.ctx -d creation.hash -t ticket -g sha256 \
    -o signature -f plain --attestation attest
openssl dgst -sha256 -verify signer.pem -signature signature attest
same_file <(tail -c +3 creation.hash) <(tail -c +3 creation | sha sha256)
hex attest | grep -c "$(tail -c +3 creation.hash | hex)" >/dev/null
cp creation.hash bad.hash
printf '\x01\x02\x03' | dd of=bad.hash bs=1 seek=3 conv=notrunc status=none
refuse 0x4e0 tpm2_certifycreation -C signer.ctx -c subject.ctx -d bad.hash -t ticket -g sha256 -o no --attestation no
refuse 0x4e0 tpm2_certifycreation -C signer.ctx -c signer.ctx -d creation.hash -t ticket -g sha256 -o no --attestation no
