# `refuse` must fail when the command succeeds.
set -euo pipefail
refuse 0x99d tpm2_getrandom --hex 4
