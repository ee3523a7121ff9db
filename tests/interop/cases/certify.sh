# Certify and the creation data of Create: a signing key vouches for another object's name, openssl verifies it.
set -euo pipefail

tpm2_createprimary -C o -G ecc -c parent.ctx
make_key parent.ctx signer ecc:ecdsa-sha256:null -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|restricted'
make_key parent.ctx subject rsa2048 -p subject --creation-data creation -t ticket -d creation.hash -q deadbeef
tpm2_readpublic -c signer.ctx -f pem -o signer.pem
tpm2_readpublic -c subject.ctx -n subject.name

tpm2_certify -c subject.ctx -P subject -C signer.ctx -g sha256 -o attest -s signature -f plain
openssl dgst -sha256 -verify signer.pem -signature signature attest
hex attest | grep -c "$(hex subject.name)" >/dev/null
refuse 0x98e tpm2_certify -c subject.ctx -P wrong -C signer.ctx -g sha256 -o no -s no
refuse 0xa8e tpm2_certify -c subject.ctx -P subject -C signer.ctx -p wrong -g sha256 -o no -s no
# What Create says about the birth of the object: its hash, and the outside information.
same_file <(tail -c +3 creation.hash) <(tail -c +3 creation | sha sha256)
hex creation | grep -c 0004deadbeef >/dev/null
# A decryption key signs nothing: TPM_RC_KEY, handle 2.
make_key parent.ctx storage ecc256 -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|decrypt|restricted'
refuse 0x29c tpm2_certify -c subject.ctx -P subject -C storage.ctx -g sha256 -o no -s no
