# `equal` must fail when the values differ.
set -euo pipefail
equal "$(tpm2_getrandom --hex 8)" "$(tpm2_getrandom --hex 8)"
