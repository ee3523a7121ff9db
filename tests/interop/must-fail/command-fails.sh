# A tool that fails in the middle of a case must fail the case, whatever comes after it.
set -euo pipefail
tpm2_nvread 0x1500000
true
