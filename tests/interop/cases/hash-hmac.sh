# Hash in one command and as a sequence over a large file; HMAC; against openssl.
set -euo pipefail

head -c 200000 /dev/urandom >large
head -c 500 large >small
: >empty
for hash in sha1 sha256 sha384 sha512; do
    for file in empty small large; do
        tpm2_hash -C n -g $hash -o digest $file
        same_file digest <(sha $hash <$file)
    done
done

head -c 32 /dev/urandom >key.bytes
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_import -Q -C parent.ctx -G hmac -g sha256 -i key.bytes -u key.pub -r key.priv -p password
tpm2_load -Q -C parent.ctx -u key.pub -r key.priv -c key.ctx
for file in empty small; do
    tpm2_hmac -c key.ctx -p password -g sha256 -o mac $file
    same_file mac <(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(hex key.bytes)" -binary $file)
done
refuse 0x98e tpm2_hmac -c key.ctx -p wrong -g sha256 -o no small
make_key parent.ctx own hmac:sha384
tpm2_hmac -c own.ctx -g sha384 -o mac small
equal 48 "$(wc -c <mac)" "size of an HMAC-SHA384"
tpm2_hmac -c own.ctx -g sha384 -o again small
same_file mac again
refuse 0x18a tpm2_hmac -c parent.ctx -g sha256 -o no small             # TPM_RC_TYPE, handle 1
