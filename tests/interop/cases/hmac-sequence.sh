# HMAC over a file that needs a sequence.
# needs: TPM2_CC_HMAC_Start
set -euo pipefail

head -c 200000 /dev/urandom >large
head -c 32 /dev/urandom >key.bytes
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_import -Q -C parent.ctx -G hmac -g sha256 -i key.bytes -u key.pub -r key.priv -p password
tpm2_load -Q -C parent.ctx -u key.pub -r key.priv -c key.ctx
tpm2_hmac -c key.ctx -p password -g sha256 -o mac large
same_file mac <(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(hex key.bytes)" -binary large)
