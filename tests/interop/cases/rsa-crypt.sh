# RSA_Encrypt and RSA_Decrypt against openssl: OAEP (with label), RSAES and no padding; wrong password, wrong padding.
set -euo pipefail

printf 'attack at dawn' >plain
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
make_key parent.ctx key rsa2048 -p password -a 'decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth'
tpm2_readpublic -Q -c key.ctx -f pem -o key.pem

# TPM to TPM, with a label that has to be the same.
tpm2_rsaencrypt -c key.ctx -s oaep -l purpose -o cipher plain
tpm2_rsadecrypt -c key.ctx -p password -s oaep -l purpose -o out cipher
same_file plain out
badly_padded='0x84|0x184'                                   # TPM_RC_VALUE
[ "$TPM_KIND" != swtpm ] || badly_padded=0x101             # Debian's swtpm: whatever OpenSSL refuses is a failure
refuse "$badly_padded" tpm2_rsadecrypt -c key.ctx -p password -s oaep -l other -o no cipher
tpm2_rsaencrypt -c key.ctx -s rsaes -o cipher plain
tpm2_rsadecrypt -c key.ctx -p password -s rsaes -o out cipher
same_file plain out

# openssl to TPM. The label's closing zero is part of it.
openssl pkeyutl -encrypt -pubin -inkey key.pem -in plain -out cipher \
    -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 \
    -pkeyopt "rsa_oaep_label:$(printf 'purpose\0' | hex)"
tpm2_rsadecrypt -c key.ctx -p password -s oaep -l purpose -o out cipher
same_file plain out
openssl pkeyutl -encrypt -pubin -inkey key.pem -in plain -out cipher -pkeyopt rsa_padding_mode:pkcs1
tpm2_rsadecrypt -c key.ctx -p password -s rsaes -o out cipher
same_file plain out
refuse "$badly_padded" tpm2_rsadecrypt -c key.ctx -p password -s oaep -o no cipher

# Without padding: a number below the modulus, there and back.
(printf '\0'; head -c 255 /dev/urandom) >number
tpm2_rsaencrypt -c key.ctx -s null -o cipher number
openssl pkeyutl -encrypt -pubin -inkey key.pem -in number -out theirs -pkeyopt rsa_padding_mode:none
same_file cipher theirs
tpm2_rsadecrypt -c key.ctx -p password -s null -o out cipher
same_file number out

refuse 0x98e tpm2_rsadecrypt -c key.ctx -p wrong -s rsaes -o no cipher
make_key parent.ctx signer rsa2048 -a 'sign|fixedtpm|fixedparent|sensitivedataorigin|userwithauth'
refuse 0x182 tpm2_rsadecrypt -c signer.ctx -s rsaes -o no cipher       # TPM_RC_ATTRIBUTES
head -c 300 /dev/urandom >long
refuse any tpm2_rsaencrypt -c key.ctx -s rsaes -o no long
