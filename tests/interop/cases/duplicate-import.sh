# Duplicate and Import: a key moves from one TPM hierarchy to another, under RSA and ECC parents, with and without the
# inner wrapper; what is altered on the way, or has the wrong wrapping key, does not arrive.
set -euo pipefail

tpm2_startauthsession -S trial.ctx
tpm2_policycommandcode -Q -S trial.ctx -L policy TPM2_CC_Duplicate
tpm2_flushcontext trial.ctx
head -c 100 /dev/urandom >message
tpm2_createprimary -Q -C o -G ecc -c source.ctx
make_key source.ctx key ecc256 -L policy -p password -a 'sensitivedataorigin|userwithauth|sign|decrypt'
tpm2_readpublic -Q -c key.ctx -f pem -o key.pem

# duplicate PARENT [OPTION...]: the key for a new parent, by its policy.
duplicate() {
    local parent=$1
    shift
    command tpm2_startauthsession --policy-session -S session.ctx
    local status=0
    tpm2_policycommandcode -Q -S session.ctx TPM2_CC_Duplicate &&
        tpm2_duplicate -C "$parent" -c key.ctx -p session:session.ctx "$@" -r moved.priv -s seed || status=$?
    tpm2_flushcontext session.ctx
    return $status
}

head -c 16 /dev/urandom >inner.key
for algorithm in rsa2048 ecc256 ecc384; do
    tpm2_createprimary -Q -C n -G $algorithm -c target.ctx
    for inner in none given; do
        case $inner in
            none) duplicate target.ctx -G null; extra=() ;;
            given) duplicate target.ctx -G aes -i inner.key; extra=(-k inner.key) ;;
        esac
        tpm2_import -Q -C target.ctx -u key.pub -i moved.priv -s seed -r new.priv "${extra[@]}"
        tpm2_load -Q -C target.ctx -u key.pub -r new.priv -c new.ctx
        tpm2_sign -c new.ctx -p password -g sha256 -s ecdsa -f plain -o signature message
        openssl dgst -sha256 -verify key.pem -signature signature message
        refuse 0x98e tpm2_sign -c new.ctx -p wrong -g sha256 -s ecdsa -o no message
        cp moved.priv bad.priv
        printf '\x01\x02\x03\x04\x05' | dd of=bad.priv bs=1 seek=50 conv=notrunc status=none
        refuse 0x3df tpm2_import -Q -C target.ctx -u key.pub -i bad.priv -s seed -r no.priv "${extra[@]}"   # TPM_RC_INTEGRITY
    done
    head -c 16 /dev/urandom >wrong.key
    refuse '0x3df|0x3d5|0x395|0x3da|0x39a' tpm2_import -Q -C target.ctx -u key.pub -i moved.priv -s seed -r no.priv -k wrong.key
    # For another parent the seed opens nothing.
    tpm2_createprimary -Q -C e -G $algorithm -c other.ctx
    refuse any tpm2_import -Q -C other.ctx -u key.pub -i moved.priv -s seed -r no.priv -k inner.key
done

refuse 0x98e tpm2_sign -c key.ctx -p wrong -g sha256 -s ecdsa -o no message
refuse 0x124 tpm2_duplicate -C target.ctx -c key.ctx -p password -G null -r no -s no    # only a policy duplicates
# A key that is bound to its TPM does not move: TPM_RC_ATTRIBUTES.
make_key source.ctx fixed ecc256 -L policy -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policycommandcode -Q -S session.ctx TPM2_CC_Duplicate
refuse '0x182' tpm2_duplicate -C target.ctx -c fixed.ctx -p session:session.ctx -G null -r no -s no
tpm2_flushcontext session.ctx
