# The mssim protocol with IBM's tools: power, Startup of each kind, and the tools over it.
# protocol: mssim
# tools: tssgetrandom
set -euo pipefail

tssgetrandom -by 16
tsspcrextend -ha 1 -ic measured -halg sha256
tsspcrread -ha 1 -halg sha256 -ns >before
tssshutdown -s
tsspowerup
refuse any tssgetrandom -by 4                              # not started up: TPM_RC_INITIALIZE
tssstartup -s
tsspcrread -ha 1 -halg sha256 -ns >after
same_file before after
tssshutdown -c
tsspowerup
tssstartup -c
tsspcrread -ha 1 -halg sha256 -ns >after
! cmp -s before after || fail "PCR 1 outlived a reset"
