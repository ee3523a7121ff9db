# systemd-cryptenroll binds a real LUKS2 volume to this TPM (with and without PIN); the token it writes is then unsealed
# step by step with tpm2-tools, and what comes out opens the volume. After PCR 7 changed it does not come out.
set -euo pipefail

srk='restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth'

# unlock PIN: what systemd-cryptsetup does with the token of the volume.
unlock() {
    cryptsetup token export --token-id 0 disk >token.json
    jq -r '."tpm2-blob"' token.json | base64 -d >blob
    local size
    size=$(($(od -An -tu1 -j0 -N1 blob) * 256 + $(od -An -tu1 -j1 -N1 blob) + 2))
    head -c "$size" blob >token.priv
    tail -c "+$((size + 1))" blob >token.pub
    tpm2_createprimary -C o -g sha256 -G "$(jq -r '."tpm2-primary-alg"' token.json | sed 's/ecc/ecc256/;s/rsa/rsa2048/')":aes128cfb \
        -a "$srk" -c srk.ctx
    tpm2_load -C srk.ctx -u token.pub -r token.priv -c token.ctx
    command tpm2_startauthsession --policy-session -S policy.ctx
    tpm2_policypcr -S policy.ctx -l "$(jq -r '."tpm2-pcr-bank"' token.json):$(jq -r '."tpm2-pcrs" | join(",")' token.json)"
    [ -z "$1" ] || tpm2_policyauthvalue -S policy.ctx
    local status=0
    tpm2_unseal -c token.ctx -p "session:policy.ctx${1:++}$1" -o key || status=$?
    tpm2_flushcontext policy.ctx
    [ $status -eq 0 ] || return $status
    base64 -w0 key >passphrase
    # Only tested, never mapped: no device mapper needed.
    cryptsetup open --test-passphrase --key-file passphrase disk
}

enroll() {
    truncate -s 20M disk
    echo -n first >first
    cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file first disk
    PASSWORD=first systemd-cryptenroll --tpm2-device="$TPM2TOOLS_TCTI" --tpm2-pcrs=7 "$@" disk
}

enroll
unlock ""
rm disk
NEWPIN=2468 enroll --tpm2-with-pin=yes
# systemd hashes the PIN before it becomes the authorization value.
pin=$(printf 2468 | sha sha256 | hex)
unlock "hex:$pin"
refuse 0x98e unlock "hex:$(printf 8642 | sha sha256 | hex)"
tpm2_pcrextend 7:sha256="$(sha sha256 <<<tampered | hex)"
refuse 0x99d unlock "hex:$pin"
