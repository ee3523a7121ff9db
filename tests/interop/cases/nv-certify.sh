# NV_Certify: an attestation key signs the contents of an index, in parts too; openssl verifies it.
set -euo pipefail

tpm2_nvdefine 0x1500050 -C o -s 32 -a 'ownerread|ownerwrite|authread|authwrite' -p index
head -c 32 /dev/urandom >data
tpm2_nvwrite 0x1500050 -C o -i data
tpm2_createprimary -C e -G ecc -c parent.ctx
make_key parent.ctx signer rsa2048:rsassa-sha256:null -p signer \
    -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|restricted'
tpm2_readpublic -c signer.ctx -f pem -o signer.pem

tpm2_nvcertify -C signer.ctx -P signer -c 0x1500050 -p index -g sha256 -q 0badcafe --size 32 \
    -f plain -o signature --attestation attest 0x1500050
openssl dgst -sha256 -verify signer.pem -signature signature attest
hex attest | grep -c "$(hex data)" >/dev/null
hex attest | grep -c 0badcafe >/dev/null
tpm2_nvcertify -C signer.ctx -P signer -c o -g sha256 --size 5 --offset 7 -f plain -o signature --attestation part 0x1500050
openssl dgst -sha256 -verify signer.pem -signature signature part
hex part | grep -c "00070005$(hex <(tail -c +8 data | head -c 5))" >/dev/null
refuse 0x98e tpm2_nvcertify -C signer.ctx -P wrong -c o -g sha256 --size 32 -o no --attestation no 0x1500050
refuse 0xa8e tpm2_nvcertify -C signer.ctx -P signer -c 0x1500050 -p wrong -g sha256 --size 32 -o no --attestation no 0x1500050
