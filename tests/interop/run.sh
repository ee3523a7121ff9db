#!/usr/bin/env bash
# Runs Debian's own TPM tools against a TPM: every script of cases/, each on a fresh TPM of its own.
#
# usage: run.sh [--tpm swtpm|donjon|tcg] [--binary PATH] [--protocol swtpm|mssim] [--keep DIR] [FILTER...]
#   --tpm       the TPM under test: Debian's swtpm (the reference, default), donjon, or tcg: the TCG's own simulator,
#               where somebody has built one (it speaks mssim only)
#   --binary    its program (default: swtpm or donjon from PATH)
#   --protocol  how the tools reach it (default: swtpm; a case may ask for another with a line "# protocol: mssim")
#   --keep      keep the logs of all cases in DIR (else only those of failed cases are kept, in a new folder)
#   FILTER      only cases whose name contains one of the filters
set -euo pipefail

INTEROP=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TPM_KIND=swtpm TPM_BINARY="" protocol=swtpm keep=""
filters=()
while [ $# -gt 0 ]; do
    case $1 in
        --tpm) TPM_KIND=$2; shift 2 ;;
        --binary) TPM_BINARY=$(realpath "$2"); shift 2 ;;
        --protocol) protocol=$2; shift 2 ;;
        --keep) keep=$2; shift 2 ;;
        -h|--help) sed -n '2,/^set /{/^#/s/^# \?//p}' "$0"; exit 0 ;;
        -*) echo "run.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
        *) filters+=("$1"); shift ;;
    esac
done
case $TPM_KIND in
    swtpm|donjon) ;;
    tcg) protocol=mssim ;;
    *) echo "run.sh: --tpm is swtpm, donjon or tcg, not $TPM_KIND" >&2; exit 2 ;;
esac
case $protocol in swtpm|mssim) ;; *) echo "run.sh: --protocol is swtpm or mssim, not $protocol" >&2; exit 2 ;; esac
TPM_BINARY=${TPM_BINARY:-$(command -v "$TPM_KIND" || true)}
[ -x "$TPM_BINARY" ] || { echo "run.sh: no program for --tpm $TPM_KIND; name it with --binary" >&2; exit 2; }
for tool in tpm2_getcap:tpm2-tools openssl:openssl xxd:xxd python3:python3; do
    command -v "${tool%:*}" >/dev/null || { echo "run.sh: ${tool%:*} is missing: apt-get install ${tool#*:}" >&2; exit 2; }
done
# Debian 13 has no package of IBM's tools; where there is one, it must be installed.
if ! command -v tssgetrandom >/dev/null && apt-cache show tss2 >/dev/null 2>&1; then
    echo "run.sh: tssgetrandom is missing: apt-get install tss2" >&2
    exit 2
fi
export INTEROP TPM_KIND TPM_BINARY

work=$(mktemp -d)
logs=${keep:-$work/logs}
mkdir -p "$logs"
passed=0 failed=0 beyond=0

wanted() {
    local filter
    [ ${#filters[@]} -eq 0 ] && return 0
    for filter in "${filters[@]}"; do [[ $1 == *"$filter"* ]] && return 0; done
    return 1
}

# run_case SCRIPT: in a shell of its own, so that nothing of one case reaches the next; its status is the case's.
run_case() {
    local declared
    declared=$(sed -n 's/^# protocol: //p' "$1")
    rm -rf "$work/tpm" "$work/case"
    mkdir -p "$work/tpm" "$work/case"
    TPM_PROTOCOL=${declared:-$protocol} TPM_HOME=$work/tpm TPM_DATA_DIR=$work/case \
        bash "$INTEROP/run-one.sh" "$1" "$work/case" >"$logs/$(basename "$1" .sh).log" 2>&1
}

# A suite that cannot fail proves nothing: every script of must-fail/ has to be reported as failed.
for script in "$INTEROP"/must-fail/*.sh; do
    if run_case "$script"; then
        echo "run.sh: the harness let $(basename "$script") pass, which must fail; its verdicts mean nothing" >&2
        exit 2
    fi
    rm "$logs/$(basename "$script" .sh).log"
done

started=$SECONDS
for script in "$INTEROP"/cases/*.sh; do
    name=$(basename "$script" .sh)
    wanted "$name" || continue
    before=$(date +%s%N)
    status=0
    run_case "$script" || status=$?
    took=$((($(date +%s%N) - before) / 1000000))
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
        printf 'ok    %-36s %5d ms\n' "$name" "$took"
        [ -n "$keep" ] || rm "$logs/$name.log"
    elif [ $status -eq 77 ]; then
        beyond=$((beyond + 1))
        printf 'n/a   %-36s           %s\n' "$name" "$(tail -n 1 "$logs/$name.log")"
    else
        failed=$((failed + 1))
        printf 'FAIL  %-36s %5d ms  %s\n' "$name" "$took" "$logs/$name.log"
        grep -E 'ASSERTION FAILED|^ERROR:' "$logs/$name.log" | tail -n 3 | sed 's/^/        /' || true
    fi
done
if [ $failed -eq 0 ]; then rm -rf "$work"; fi
echo "$passed passed, $failed failed, $beyond about commands this TPM does not announce or tools this Debian does not have ($TPM_KIND over $protocol, $((SECONDS - started)) s)"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
