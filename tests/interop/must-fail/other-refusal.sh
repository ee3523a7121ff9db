# `refuse` must fail when the command is refused for another reason than the one named.
set -euo pipefail
refuse 0x99d tpm2_nvread 0x1500000
