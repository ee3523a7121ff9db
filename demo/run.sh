#!/bin/bash
# The demonstration: a real VM on a vTPM in its container, each step shown with its figures. `make demo`.
#
# Usage: run.sh [--on donjon|swtpm]    swtpm: the same guest on plain QEMU and Debian's swtpm, for comparison
#
# Installs what is missing with apt, builds donjon and the guest, and touches nothing outside target/ and .cache/.
set -euo pipefail
demo=$(cd "$(dirname "$0")" && pwd)
REPORT=demo machinery=donjon
case "$#:${1:-}:${2:-}" in
    0::) ;;
    2:--on:donjon | 2:--on:swtpm) machinery=$2 ;;
    *) echo "usage: $0 [--on donjon|swtpm]" >&2; exit 2 ;;
esac
cache=$demo/../.cache/demo
rm -rf "$cache/work" "$cache/logs"
mkdir -p "$cache/work" "$cache/logs"
cache=$(cd "$cache" && pwd)
work=$cache/work logs=$cache/logs
"$demo/install.sh"
. "$demo/flow.sh"

finish() {
    vm_delete >>"$logs/run.log" 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

vm_build
started=$EPOCHREALTIME # the rest is the demonstration, the building is not
flow_prepare
flow_first_boot
flow_second_boot
flow_tampered_boot
flow_restored_boot
if vm_has_gate; then flow_gate; fi

title "$passed checks passed in $(seconds_since "$started") s; boots: ${boot_seconds[*]} s. Logs: $logs"
cat <<PROOF

Proved, on $(vm_title): a real VM booted by a signed chain under Secure Boot, and its TPM held
$registers registers equal to the replayed logs; a disk key sealed to PCR 7 survived a power cycle and came back in
$unseal_seconds s; the TPM refused it when PCR 7 was extended and when Secure Boot was off, and gave it again when
Secure Boot was on again$(if vm_has_gate; then vm_gate_proof; fi).
PROOF
