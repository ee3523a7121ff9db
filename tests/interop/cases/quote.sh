# Quote and checkquote: RSA and ECC attestation keys, several banks; the signature verifies in openssl too; a wrong
# nonce, other PCR values, another key or an altered quote do not pass.
set -euo pipefail

tpm2_pcrextend "4:sha256=$(sha sha256 <<<boot | hex)"
nonce=$(head -c 16 /dev/urandom | hex)
for algorithm in rsa:rsassa rsa:rsapss ecc:ecdsa; do
    scheme=${algorithm#*:}
    tpm2_createek -c ek.ctx -G "${algorithm%:*}" -u ek.pub
    tpm2_createak -C ek.ctx -c ak.ctx -G "${algorithm%:*}" -s "$scheme" -g sha256 -f pem -u ak.pem -n ak.name
    for selection in sha256:0,1,2,3,4,5,6,7 sha1:0,4+sha256:4,23+sha384:7 sha256:all; do
        tpm2_quote -c ak.ctx --scheme "$scheme" -l "$selection" -q "$nonce" -g sha256 -m quote -s signature -o values
        [ "$scheme" = rsapss ] || # which this tpm2_checkquote does not know
            tpm2_checkquote -u ak.pem -m quote -s signature -f values -g sha256 -q "$nonce"
    done
    tpm2_print -t TPMS_ATTEST quote >quote.yaml
    grep -qi "extraData: $nonce" quote.yaml
    refuse any tpm2_checkquote -u ak.pem -m quote -s signature -g sha256 -q "${nonce//[0-4]/9}f0"
    cp quote bad
    printf '\x5a\x5a\x5a' | dd of=bad bs=1 seek=$(($(stat -c %s bad) - 8)) conv=notrunc status=none
    refuse any tpm2_checkquote -u ak.pem -m bad -s signature -g sha256 -q "$nonce"

    # The digest inside is the one over the PCR values that pcrread shows.
    tpm2_quote -c ak.ctx --scheme "$scheme" -l sha256:4 -q "$nonce" -m quote -s plain -f plain
    tpm2_pcrread -Q sha256:4 -o four
    tail -c 32 quote >digest
    same_file digest <(sha sha256 <four)
    padding=()
    [ "$scheme" != rsapss ] || padding=(-sigopt rsa_padding_mode:pss)
    openssl dgst -sha256 "${padding[@]}" -verify ak.pem -signature plain quote

    # A restricted key signs no data that could pass for a quote.
    refuse 0x3e0 tpm2_sign -s "$scheme" -c ak.ctx -g sha256 -o no quote # TPM_RC_TICKET, parameter 3
done
