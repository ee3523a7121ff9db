# Sign and VerifySignature, checked against openssl in both directions: every curve and RSA with every hash;
# altered data, altered signatures and wrong keys are refused.
set -euo pipefail

head -c 777 /dev/urandom >message
head -c 778 /dev/urandom >other
tpm2_createprimary -Q -C o -G ecc -c parent.ctx

# check KEY SCHEME HASH [OPENSSL OPTIONS]
check() {
    local key=$1 scheme=$2 hash=$3
    shift 3
    sha "$hash" <message >digest
    tpm2_sign -c "$key.ctx" -g "$hash" -s "$scheme" -f plain -o signature -d digest
    openssl dgst "-$hash" "$@" -verify "$key.pem" -signature signature message
    tpm2_sign -c "$key.ctx" -g "$hash" -s "$scheme" -o signature message
    tpm2_verifysignature -c "$key.ctx" -g "$hash" -m message -s signature -t ticket
    refuse 0x2db tpm2_verifysignature -c "$key.ctx" -g "$hash" -m other -s signature   # TPM_RC_SIGNATURE, parameter 2
    openssl dgst "-$hash" "$@" -sign "$key.private" -out theirs message
    tpm2_verifysignature -c "$key.ctx" -g "$hash" -m message -f "$scheme" -s theirs
    refuse 0x2db tpm2_verifysignature -c "$key.ctx" -g "$hash" -m other -f "$scheme" -s theirs
}

# bring KEY GENPKEY OPTIONS...: a key made by openssl, imported, so that both sides can sign.
bring() {
    local key=$1 algorithm=$2
    shift 2
    openssl genpkey -quiet "$@" -out "$key.private" 2>/dev/null || openssl genpkey "$@" -out "$key.private" 2>/dev/null
    openssl pkey -in "$key.private" -pubout -out "$key.pem"
    tpm2_import -Q -C parent.ctx -G "$algorithm" -i "$key.private" -u "$key.pub" -r "$key.priv" \
        -a 'sign|userwithauth|noda'
    tpm2_load -Q -C parent.ctx -u "$key.pub" -r "$key.priv" -c "$key.ctx"
}

for curve in 256 384 521; do
    bring ecc$curve ecc -algorithm EC -pkeyopt ec_paramgen_curve:P-$curve
    for hash in sha1 sha256 sha384 sha512; do
        check ecc$curve ecdsa $hash
    done
done
for bits in 2048; do
    bring rsa$bits rsa -algorithm RSA -pkeyopt rsa_keygen_bits:$bits
    for hash in sha1 sha256 sha384 sha512; do
        check rsa$bits rsassa $hash
        check rsa$bits rsapss $hash -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
    done
done
tpm2_sign -c ecc256.ctx -g sha256 -s ecdsa -o signature message
refuse '0x2d2|0x2db' tpm2_verifysignature -c rsa2048.ctx -g sha256 -m message -s signature     # another kind of key
