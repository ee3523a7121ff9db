# What every interop case may use: assertions, the TPM's power switch, and tools that clean up after themselves.
# Sourced by run.sh for the case; a case finds itself in an empty directory of its own, with a fresh, started TPM.

here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tpm.sh
source "$here/tpm.sh"

fail() {
    echo "ASSERTION FAILED (line ${BASH_LINENO[1]:-?}): $*" >&2
    exit 1
}

# refuse CODE COMMAND...: the command must fail and name response code CODE: 0x99d, or 0x282|0x82 where Part 3 leaves
# the position open, or `any` for refusals that the host's side makes (a signature that does not verify).
refuse() {
    local code=$1 out status=0
    shift
    out=$("$@" 2>&1) || status=$?
    printf '%s\n' "$out"
    case $1 in
        tss*) ;;   # IBM's tools work with the handles that they loaded
        *) flush; command tpm2_flushcontext -l >/dev/null 2>&1 || true ;;   # a tool that fails leaves its session
    esac
    [ "$status" -ne 0 ] || fail "succeeded, but had to fail with $code: $*"
    [ "$code" = any ] && return 0
    grep -qiE "\b0x0*(${code//0x/})\b" <<<"$out" || fail "failed without $code: $*"
}

# equal WANT GOT [WHAT]
equal() {
    [ "$1" = "$2" ] || fail "${3:-values} differ: wanted '$1', got '$2'"
}

# differ A B [WHAT]
differ() {
    [ "$1" != "$2" ] || fail "${3:-values} are both '$1', but had to differ"
}

same_file() {
    cmp "$1" "$2" || fail "$1 and $2 differ"
}

# yaml KEY FILE: the value of the first `KEY: value` line, at any depth.
yaml() {
    sed -n "s/^ *$1: *//p" "$2" | head -n 1
}

hex() {
    xxd -p -c 0 "$@"
}

# pcr BANK N: one PCR in hex, lower case.
pcr() {
    tpm2_pcrread -Q "$1:$2" -o pcr.tmp
    hex pcr.tmp
}

sha() {
    openssl dgst "-$1" -binary
}

# There is no resource manager between the tools and the TPM, so the objects that a tool loads stay until somebody
# flushes them, and only three fit. Every tool that loads objects is therefore followed by a flush.
flush() {
    command tpm2_flushcontext -t >/dev/null 2>&1 || true
}

for tool in activatecredential certify certifycreation changeauth create createak createek createprimary duplicate \
    ecdhkeygen ecdhzgen encryptdecrypt evictcontrol gettime hmac import load loadexternal makecredential nvcertify \
    policyauthorize policysecret policysigned quote readpublic rsadecrypt rsaencrypt sign startauthsession unseal \
    verifysignature getcommandauditdigest getsessionauditdigest nvdefine nvread nvwrite; do
    eval "tpm2_$tool() { command tpm2_$tool \"\$@\" || return; flush; }"
done

# tpm_startup clear|state: Startup; the power cycle is done by tpm_power_cycle or tpm_restart.
tpm_startup() {
    case $1 in
        clear) tpm2_startup -c ;;
        state) tpm2_startup ;;
    esac
}

# tpm_reset: power cycle after an orderly Shutdown(CLEAR), then Startup(CLEAR).
tpm_reset() {
    tpm2_shutdown -c
    tpm_power_cycle
    tpm_startup clear
}

# raw HEX: one command's bytes to the TPM, the answer in hex.
raw() {
    xxd -r -p <<<"$1" >raw.cmd
    tpm2_send raw.cmd 2>/dev/null | hex
}

# raw_rc HEX: only the response code, as eight hex digits.
raw_rc() {
    local answer
    answer=$(raw "$1")
    printf '%s\n' "${answer:12:8}"
}

# make_key PARENT NAME ALGORITHM [OPTION...]: Create and Load; leaves NAME.pub, NAME.priv and NAME.ctx.
make_key() {
    local parent=$1 name=$2 algorithm=$3
    shift 3
    tpm2_create -Q -C "$parent" -G "$algorithm" -u "$name.pub" -r "$name.priv" "$@"
    tpm2_load -Q -C "$parent" -u "$name.pub" -r "$name.priv" -c "$name.ctx"
}
