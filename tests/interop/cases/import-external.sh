# Import of keys that openssl made (RSA, ECC, AES, HMAC) under RSA and ECC parents, and LoadExternal of public and
# private PEM files.
set -euo pipefail

head -c 100 /dev/urandom >message
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.private 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ecc.private 2>/dev/null
for key in rsa ecc; do openssl pkey -in $key.private -pubout -out $key.pem; done

for parent in rsa ecc; do
    tpm2_createprimary -Q -C o -G $parent -c parent.ctx
    for key in rsa:rsassa ecc:ecdsa; do
        scheme=${key#*:} key=${key%:*}
        tpm2_import -Q -C parent.ctx -G $key -i $key.private -p password -u key.pub -r key.priv
        tpm2_load -Q -C parent.ctx -u key.pub -r key.priv -c key.ctx
        tpm2_sign -c key.ctx -p password -g sha256 -s $scheme -f plain -o signature message
        openssl dgst -sha256 -verify $key.pem -signature signature message
        refuse 0x98e tpm2_sign -c key.ctx -p wrong -g sha256 -s $scheme -o no message
        tpm2_readpublic -Q -c key.ctx -f pem -o read.pem
        same_file $key.pem read.pem
    done
done

for key in rsa:rsassa ecc:ecdsa; do
    scheme=${key#*:} key=${key%:*}
    # Public part only: verifies, in any hierarchy, and does not sign.
    tpm2_loadexternal -Q -C o -G $key -u $key.pem -c public.ctx
    openssl dgst -sha256 -sign $key.private -out signature message
    tpm2_verifysignature -c public.ctx -g sha256 -m message -s signature -f $scheme -t ticket
    refuse '0x12f|0x19c|0x98e' tpm2_sign -c public.ctx -g sha256 -s $scheme -o no message
    # Both parts: only in the NULL hierarchy.
    tpm2_loadexternal -Q -C n -G $key -r $key.private -p password -c both.ctx
    tpm2_sign -c both.ctx -p password -g sha256 -s $scheme -f plain -o signature message
    openssl dgst -sha256 -verify $key.pem -signature signature message
    refuse any tpm2_loadexternal -Q -C o -G $key -r $key.private -c no.ctx
done
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.private 2>/dev/null
openssl dgst -sha256 -sign other.private -out signature message
refuse 0x2db tpm2_verifysignature -c public.ctx -g sha256 -m message -s signature -f ecdsa
