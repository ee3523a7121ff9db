# Endorsement and attestation keys, and the credential protocol between them: an EK of each algorithm activates only
# the credential that was made for its own AK, with the right authorizations.
set -euo pipefail

printf 'a secret of a CA' >secret
for pair in rsa:rsa ecc:ecc ecc384:ecc rsa:ecc; do
    tpm2_createek -c ek.ctx -G "${pair%:*}" -u ek.pub
    tpm2_createak -C ek.ctx -c ak.ctx -G "${pair#*:}" -g sha256 -u ak.pub -n ak.name -r ak.priv
    tpm2_readpublic -c ak.ctx -n ak.name.read >ak.yaml
    same_file ak.name ak.name.read
    grep -q 'restricted' ak.yaml

    # The CA's side needs the EK's public part only.
    tpm2_makecredential -u ek.pub -s secret -n "$(hex ak.name)" -o credential

    # The EK is used by its policy: PolicySecret with the endorsement hierarchy; the EKs with long keys (template H of
    # the EK profile) take either that or an index's policy (its digest is the profile's "PolicyC").
    activate() {
        local bank=sha256 status=0
        [ $pair != ecc384:ecc ] || bank=sha384
        command tpm2_startauthsession --policy-session -g $bank -S session.ctx
        tpm2_policysecret -S session.ctx -L policy.a -c e >/dev/null
        if [ $bank = sha384 ]; then
            xxd -r -p >policy.c <<<"d6032ce61f2fb3c240eb3cf6a33237ef2b6a16f4293c22b455e261cffd217ad5b4947c2d73e63005eed2dc2b3593d165"
            tpm2_policyor -S session.ctx -L policy.b -l sha384:policy.a,policy.c
        fi
        tpm2_activatecredential -c ak.ctx -C ek.ctx -i "$1" -o out -P session:session.ctx || status=$?
        tpm2_flushcontext session.ctx
        return $status
    }
    activate credential
    same_file secret out

    # A credential for another name: the integrity does not fit.
    tpm2_makecredential -u ek.pub -s secret -n "000b$(head -c 32 /dev/urandom | hex)" -o other
    refuse 0x1df activate other                            # TPM_RC_INTEGRITY, parameter 1
    cp credential bad
    printf '\xff\xff\xff\xff' | dd of=bad bs=1 seek=20 conv=notrunc status=none
    refuse 0x1df activate bad

    # Without the policy the EK does nothing (0x12f), or not with this password (0xa8e).
    case $pair in
        ecc384:ecc) refuse 0xa8e tpm2_activatecredential -c ak.ctx -C ek.ctx -i credential -o out -P wrong ;;
        *) refuse 0x12f tpm2_activatecredential -c ak.ctx -C ek.ctx -i credential -o out -P wrong ;;
    esac
done
