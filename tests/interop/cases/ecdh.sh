# ECDH_KeyGen and ECDH_ZGen on each curve: both ends agree, and openssl agrees with them; a point off the curve is refused.
set -euo pipefail

tpm2_createprimary -Q -C o -G ecc -c parent.ctx
for curve in 256 384 521; do
    make_key parent.ctx key ecc$curve:ecdh -p password -a 'decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth'
    tpm2_ecdhkeygen -c key.ctx -u point -o shared
    tpm2_ecdhzgen -c key.ctx -p password -u point -o zgen
    same_file shared zgen
    refuse 0x98e tpm2_ecdhzgen -c key.ctx -p wrong -u point -o no

    # The other end is openssl's.
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-$curve -out their.private 2>/dev/null
    bytes=$(((curve + 7) / 8))
    openssl pkey -in their.private -pubout -outform DER | tail -c $((2 * bytes)) >xy
    size=$(printf %04x $bytes)
    head -c $bytes xy >x
    tail -c $bytes xy >y
    xxd -r -p >their.point <<<"$(printf %04x $((4 + 2 * bytes)))$size$(hex x)$size$(hex y)"
    tpm2_ecdhzgen -c key.ctx -p password -u their.point -o zgen
    tpm2_readpublic -Q -c key.ctx -f pem -o key.pem
    openssl pkeyutl -derive -inkey their.private -peerkey key.pem -out shared
    tail -c +5 zgen | head -c $bytes >zgen.x              # TPM2B_ECC_POINT: size, size of x, x, ...
    same_file shared zgen.x

    xxd -r -p >bad.point <<<"$(printf %04x $((4 + 2 * bytes)))$size$(hex x)$size$(hex x)"
    refuse '0x1e7|0xa7' tpm2_ecdhzgen -c key.ctx -p password -u bad.point -o no    # TPM_RC_ECC_POINT
done
tpm2_geteccparameters ecc256 -o parameters
hex parameters | grep -ci ffffffff00000001000000000000000000000000ffffffffffffffffffffffff >/dev/null
