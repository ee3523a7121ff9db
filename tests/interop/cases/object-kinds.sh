# tpm2_print and ReadPublic of keys of every kind; names and public areas agree; templates that contradict themselves
# are refused.
set -euo pipefail

tpm2_createprimary -Q -C o -G ecc -c parent.ctx
for algorithm in rsa2048 rsa3072:null:null rsa2048:oaep rsa2048:rsaes rsa2048:rsapss-sha256 ecc256 ecc384 ecc521 ecc256:ecdh ecc256:ecdsa-sha1 \
    hmac hmac:sha512 keyedhash xor aes128cfb aes256cfb aes128; do
    make_key parent.ctx key $algorithm 2>/dev/null || { [ $algorithm = keyedhash ] && continue; fail "no key of kind $algorithm"; }
    tpm2_readpublic -Q -c key.ctx -n name -o read.pub
    same_file key.pub read.pub
    equal "000b$(tail -c +3 key.pub | sha sha256 | hex)" "$(hex name)" "name of $algorithm"
    tpm2_print -t TPM2B_PUBLIC key.pub >printed
    grep -q 'name-alg' printed
done
for hash in sha1 sha384 sha512; do
    tpm2_create -Q -C parent.ctx -G ecc -g $hash -u key.pub -r key.priv
    tpm2_load -Q -C parent.ctx -u key.pub -r key.priv -c key.ctx -n name
    equal "$(tail -c +3 key.pub | sha $hash | hex)" "$(tail -c +3 name | hex)" "name of a key with $hash"
done
# TPM_RC_ATTRIBUTES, parameter 2.
refuse 0x2c2 tpm2_create -C parent.ctx -G ecc -a 'sign|decrypt|restricted|userwithauth|sensitivedataorigin' -u no -r no
refuse 0x2c2 tpm2_create -C parent.ctx -G ecc -a 'fixedtpm|sign|userwithauth|sensitivedataorigin' -u no -r no
refuse 0x2c2 tpm2_create -C parent.ctx -G ecc -a 'sign|userwithauth' -u no -r no
