# ReadClock and ClockSet: time goes on, the clock can be set forward by the owner only, and is not lost at a power cycle.
set -euo pipefail

tpm2_readclock >clock
clock=$(yaml clock clock)
tpm2_readclock >clock
[ "$(yaml clock clock)" -ge "$clock" ] || fail "the clock went back"
tpm2_setclock $((clock + 1000000))
tpm2_readclock >clock
[ "$(yaml clock clock)" -ge $((clock + 1000000)) ] || fail "the clock was not set"
refuse 0x1c4 tpm2_setclock $clock                          # backwards: TPM_RC_VALUE
tpm2_changeauth -c o owner
refuse 0x9a2 tpm2_setclock $((clock + 2000000))
tpm2_setclock -c p $((clock + 2000000))
tpm_reset
tpm2_readclock >clock
[ "$(yaml clock clock)" -ge $((clock + 2000000)) ] || fail "the clock was lost"
equal yes "$(yaml safe clock)" "safe, after an orderly shutdown"
tpm_power_cycle                                            # without Shutdown
tpm_startup clear
tpm2_readclock >clock
equal no "$(yaml safe clock)" "safe, after a power cut"
