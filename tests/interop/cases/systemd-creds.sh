# systemd's own sealing code (the one behind systemd-cryptenroll), run by systemd-creds: seals to PCR 7 and 11, unseals,
# and refuses after one of them changed.
set -euo pipefail

device=$TPM2TOOLS_TCTI
head -c 48 /dev/urandom >secret
systemd-creds encrypt --name=disk --with-key=tpm2 --tpm2-device="$device" --tpm2-pcrs=7+11 secret sealed
systemd-creds decrypt --name=disk --tpm2-device="$device" sealed unsealed
same_file secret unsealed

tpm2_pcrextend 8:sha256="$(sha sha256 <<<other | hex)"     # not in the policy
systemd-creds decrypt --name=disk --tpm2-device="$device" sealed unsealed
same_file secret unsealed

tpm2_pcrextend 11:sha256="$(sha sha256 <<<tampered | hex)"
refuse any systemd-creds decrypt --name=disk --tpm2-device="$device" sealed refused
[ ! -s refused ] || fail "the secret came out although PCR 11 changed"
