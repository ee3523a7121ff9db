#!/bin/bash
# The demonstration as a test: the same VM, the same steps, for machines. TAP on standard output, then
# "N passed, N failed"; ends at the first failed assertion with a non-zero exit code and names the logs.
#
# Usage: run.sh [--on donjon|swtpm]
set -euo pipefail
demo=$(cd "$(dirname "$0")/../../demo" && pwd)
REPORT=test machinery=donjon
case "$#:${1:-}:${2:-}" in
    0::) ;;
    2:--on:donjon | 2:--on:swtpm) machinery=$2 ;;
    *) echo "usage: $0 [--on donjon|swtpm]" >&2; exit 2 ;;
esac
cache=$demo/../.cache/test-guest
rm -rf "$cache"
mkdir -p "$cache/work" "$cache/logs"
cache=$(cd "$cache" && pwd)
work=$cache/work logs=$cache/logs
"$demo/install.sh" | sed 's/^/# /'
. "$demo/flow.sh"

finish() {
    local code=$?
    vm_delete >>"$logs/run.log" 2>&1 || true
    rm -rf "$work"
    # A script that ends early for any other reason has not passed either.
    if [ $code != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
    echo "$passed passed, $failed failed"
}
trap finish EXIT
trap 'exit 130' INT TERM

timed "the tools' own tests" "$demo/../tests/guest/selftest.py" || fail "the demonstration's tools are broken" "$logs/run.log"
pass "the demonstration's tools can fail: comparison of PCRs, serial port"
vm_build
flow_prepare
flow_first_boot
flow_second_boot
flow_tampered_boot
flow_restored_boot
if vm_has_gate; then flow_gate; fi
echo "1..$passed"
