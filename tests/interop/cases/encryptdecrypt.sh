# EncryptDecrypt with an imported AES key, against openssl.
# needs: TPM2_CC_EncryptDecrypt2
set -euo pipefail

head -c 512 /dev/urandom >plain
head -c 16 /dev/urandom >iv
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
for bits in 128 256; do
    head -c $((bits / 8)) /dev/urandom >key.bytes
    tpm2_import -Q -C parent.ctx -G aes -i key.bytes -u key.pub -r key.priv -p password
    tpm2_load -Q -C parent.ctx -u key.pub -r key.priv -c key.ctx
    for mode in cfb cbc ctr; do
        tpm2_encryptdecrypt -Q -c key.ctx -p password -G $mode -t iv -o cipher plain
        openssl enc -aes-$bits-$mode -nopad -K "$(hex key.bytes)" -iv "$(hex iv)" -in plain -out theirs
        same_file cipher theirs
        tpm2_encryptdecrypt -Q -c key.ctx -p password -G $mode -t iv -d -o out cipher
        same_file plain out
    done
done
