#!/usr/bin/env bash
# Runs one case on a fresh TPM; started by run.sh, which sets TPM_* and keeps what this prints as the case's log.
# usage: run-one.sh SCRIPT DIRECTORY
set -euo pipefail
# shellcheck source=lib.sh
source "$INTEROP/lib.sh"
trap 'set +x; tpm_stop KILL' EXIT
tpm_start
tpm_startup clear
# Cases make mistakes on purpose; only the one about the lockout wants to be locked out by them.
tpm2_dictionarylockout -s -n 1000 -t 1000 -l 1000
cd "$2"
# A case that is about commands of a later stage says so: "# needs: TPM2_CC_...". Status 77 tells run.sh.
needs=$(sed -n 's/^# needs: //p' "$1")
if [ -n "$needs" ]; then
    tpm2_getcap commands >commands
    for command in $needs; do
        grep -q "^$command:" commands || { echo "the TPM does not announce $command"; exit 77; }
    done
fi
# Or about tools that not every Debian has: "# tools: tssgetrandom". run.sh has seen to it that they are where they can be.
for tool in $(sed -n 's/^# tools: //p' "$1"); do
    command -v "$tool" >/dev/null || { echo "this Debian has no $tool"; exit 77; }
done
PS4='+ ${BASH_SOURCE##*/}:${LINENO}: '
exec 9>&2
BASH_XTRACEFD=9
set -x
# shellcheck disable=SC1090
source "$1"
