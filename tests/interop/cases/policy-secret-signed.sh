# PolicySecret (the knowledge of another entity's password) and PolicySigned (openssl signs the session's nonce).
set -euo pipefail

printf secret >secret
tpm2_createprimary -Q -C o -G ecc -c parent.ctx

# PolicySecret with the password of an NV index.
tpm2_nvdefine -Q 0x1500060 -C o -s 1 -p knowledge -a 'authread|authwrite'
printf x | tpm2_nvwrite 0x1500060 -C 0x1500060 -P knowledge -i -
tpm2_startauthsession -S trial.ctx
tpm2_policysecret -S trial.ctx -c 0x1500060 -L policy knowledge
tpm2_flushcontext trial.ctx
tpm2_create -Q -C parent.ctx -i secret -L policy -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
tpm2_startauthsession --policy-session -S session.ctx
refuse 0x98e tpm2_policysecret -S session.ctx -c 0x1500060 wrong
refuse 0x99d tpm2_unseal -c seal.ctx -p session:session.ctx
tpm2_policysecret -S session.ctx -c 0x1500060 knowledge
equal secret "$(tpm2_unseal -c seal.ctx -p session:session.ctx)" "with PolicySecret"
tpm2_flushcontext session.ctx

# PolicySigned: the signature is over nonce, expiration, cpHash and qualifier.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out authority.private 2>/dev/null
openssl pkey -in authority.private -pubout -out authority.pem
tpm2_loadexternal -Q -C o -G rsa -u authority.pem -c authority.ctx -n authority.name
printf qualifier >qualifier
sign() { # sign SESSION EXPIRATION
    tpm2_policysigned -S "$1" -g sha256 -c authority.ctx -q "$(hex qualifier)" -t "$2" -x --raw-data to-sign
    openssl dgst -sha256 -sign authority.private -out signature to-sign
}
tpm2_startauthsession -S trial.ctx
sign trial.ctx 0
tpm2_policysigned -S trial.ctx -g sha256 -s signature -f rsassa -c authority.ctx -q "$(hex qualifier)" -x -t 0 -L policy
tpm2_flushcontext trial.ctx
once=$( (head -c 32 /dev/zero; printf '\0\0\001\140'; cat authority.name) | sha sha256 | hex)
equal "$( (xxd -r -p <<<"$once"; cat qualifier) | sha sha256 | hex)" "$(hex policy)" "PolicySigned digest"

tpm2_create -Q -C parent.ctx -i secret -L policy -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
tpm2_startauthsession --policy-session -S session.ctx
sign session.ctx 0
tpm2_policysigned -S session.ctx -g sha256 -s signature -f rsassa -c authority.ctx -q "$(hex qualifier)" -x -t 0
equal secret "$(tpm2_unseal -c seal.ctx -p session:session.ctx)" "with PolicySigned"
# Replay: the nonce is another one now.
refuse 0x5db tpm2_policysigned -S session.ctx -g sha256 -s signature -f rsassa -c authority.ctx -q "$(hex qualifier)" -x -t 0
tpm2_flushcontext session.ctx
tpm2_startauthsession --policy-session -S session.ctx
refuse 0x5db tpm2_policysigned -S session.ctx -g sha256 -s signature -f rsassa -c authority.ctx -q "$(hex qualifier)" -x -t 0
sign session.ctx 0
printf '\x77\x66\x55' | dd of=signature bs=1 seek=50 conv=notrunc status=none
refuse 0x5db tpm2_policysigned -S session.ctx -g sha256 -s signature -f rsassa -c authority.ctx -q "$(hex qualifier)" -x -t 0
refuse 0x99d tpm2_unseal -c seal.ctx -p session:session.ctx
tpm2_flushcontext session.ctx
