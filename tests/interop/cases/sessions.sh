# HMAC sessions: unbound, salted by an RSA or an ECC key, bound; as authorization and for encryption in both directions;
# a session whose salt, binding or password is wrong does not authorize.
set -euo pipefail

printf secret >secret
tpm2_createprimary -Q -C o -G rsa -c rsa.ctx
tpm2_createprimary -Q -C o -G ecc -c ecc.ctx -p parent

# use SESSION: Create, Load and Unseal with the session for authorization of the parent and of the object.
use() {
    tpm2_create -Q -C ecc.ctx -P "session:$1+parent" -p password -i secret -u seal.pub -r seal.priv
    tpm2_load -Q -C ecc.ctx -P "session:$1+parent" -u seal.pub -r seal.priv -c seal.ctx
    equal secret "$(tpm2_unseal -c seal.ctx -p "session:$1+password")" "unsealed with $1"
}
for hash in sha256 sha384; do
    for key in none rsa ecc; do
        salt=()
        [ $key = none ] || salt=(--tpmkey-context $key.ctx)
        tpm2_startauthsession --hmac-session -g $hash "${salt[@]}" -S plain.ctx
        use plain.ctx
        refuse 0x98e tpm2_unseal -c seal.ctx -p session:plain.ctx+wrong
        refuse 0x98e tpm2_load -C ecc.ctx -P session:plain.ctx+wrong -u seal.pub -r seal.priv -c no.ctx
        tpm2_flushcontext plain.ctx

        for algorithm in aes128cfb aes256cfb xor; do
            [ $key != none ] || continue
            tpm2_startauthsession --hmac-session -g $hash -G "${algorithm/xor/sha256}" "${salt[@]}" -S encrypted.ctx 2>/dev/null ||
                tpm2_startauthsession --hmac-session -g $hash "${salt[@]}" -S encrypted.ctx
            tpm2_sessionconfig encrypted.ctx --enable-decrypt --enable-encrypt
            use encrypted.ctx
            tpm2_flushcontext encrypted.ctx
        done
    done
done

# Bound to the parent (its password goes into the session key), salted by the same key.
tpm2_startauthsession --hmac-session --bind-context ecc.ctx --bind-auth parent --tpmkey-context rsa.ctx -S bound.ctx
tpm2_sessionconfig bound.ctx --enable-decrypt --enable-encrypt
use bound.ctx
tpm2_flushcontext bound.ctx
tpm2_startauthsession --hmac-session --bind-context ecc.ctx --bind-auth wrong -S bound.ctx
refuse '0x98e|0x9a2' tpm2_load -C ecc.ctx -P session:bound.ctx+parent -u seal.pub -r seal.priv -c no.ctx
tpm2_flushcontext bound.ctx

# Encryption beside a password: the second session only encrypts.
tpm2_startauthsession --hmac-session --tpmkey-context rsa.ctx -S extra.ctx
tpm2_sessionconfig extra.ctx --enable-encrypt
equal secret "$(tpm2_unseal -c seal.ctx -p password -S extra.ctx)" "unsealed with an encrypted answer"
tpm2_sessionconfig extra.ctx --disable-encrypt --enable-audit
tpm2_getrandom -S extra.ctx --hex 16 >first
tpm2_flushcontext extra.ctx

# A session that was flushed is gone: TPM_RC_REFERENCE_S0 or, in the tool, no context.
tpm2_startauthsession --hmac-session -S gone.ctx
cp gone.ctx copy.ctx
tpm2_flushcontext gone.ctx
refuse any tpm2_unseal -c seal.ctx -p session:copy.ctx+password
