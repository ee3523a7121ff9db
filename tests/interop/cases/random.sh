# GetRandom and StirRandom: the lengths asked for come back, two draws differ, entropy can be added.
set -euo pipefail

one=$(tpm2_getrandom --hex 32)
two=$(tpm2_getrandom --hex 32)
equal 64 "${#one}" "hex digits of 32 bytes"
differ "$one" "$two" "two draws"
echo "some entropy of the caller" | tpm2_stirrandom
head -c 128 /dev/zero | tpm2_stirrandom
equal 2 "$(tpm2_getrandom --hex 1 | tr -d '\n' | wc -c)" "hex digits of one byte"
