# The special kinds of NV index: counter, bits and extend, with their first values, what they refuse, and survival of a
# power cycle. A counter that is made again never repeats a value.
set -euo pipefail

number() { tpm2_nvread "$1" | hex; }

tpm2_nvdefine 0x1500020 -C o -s 8 -a 'ownerread|ownerwrite|authread|authwrite|nt=counter'
refuse 0x14a tpm2_nvread 0x1500020
tpm2_nvincrement 0x1500020
first=$(number 0x1500020)
tpm2_nvincrement 0x1500020
equal $((0x$first + 1)) $((0x$(number 0x1500020))) "counter after an increment"
printf 12345678 >data
refuse '0x282|0x82' tpm2_nvwrite 0x1500020 -i data
tpm2_nvundefine 0x1500020 -C o
tpm2_nvdefine 0x1500020 -C o -s 8 -a 'ownerread|ownerwrite|authread|authwrite|nt=counter'
tpm2_nvincrement 0x1500020
[ $((0x$(number 0x1500020))) -gt $((0x$first + 1)) ] || fail "the counter went back after it was made anew"

tpm2_nvdefine 0x1500021 -C o -s 8 -a 'ownerread|ownerwrite|authread|authwrite|nt=bits'
tpm2_nvsetbits 0x1500021 -i 0x5
tpm2_nvsetbits 0x1500021 -i 0x8000000000000008
equal 800000000000000d "$(number 0x1500021)" "bits"
refuse 0x18b tpm2_nvincrement 0x1500022

for bank in sha256 sha384; do
    tpm2_nvdefine 0x1500023 -C o -g $bank -a 'ownerread|ownerwrite|authread|authwrite|nt=extend'
    printf measured >data
    tpm2_nvextend 0x1500023 -i data
    size=$(($(sha $bank <data | wc -c)))
    equal "$( (head -c $size /dev/zero; cat data) | sha $bank | hex)" "$(number 0x1500023)" "$bank extend"
    extended=$(number 0x1500023)
    tpm2_nvextend 0x1500023 -i data
    equal "$( (xxd -r -p <<<"$extended"; cat data) | sha $bank | hex)" "$(number 0x1500023)" "$bank extended twice"
    [ $bank = sha384 ] || tpm2_nvundefine 0x1500023 -C o
done

counter=$(number 0x1500020) bits=$(number 0x1500021) extended=$(number 0x1500023)
tpm_reset
equal "$counter" "$(number 0x1500020)" "counter after a power cycle"
equal "$bits" "$(number 0x1500021)" "bits after a power cycle"
equal "$extended" "$(number 0x1500023)" "extend after a power cycle"

# An index of one kind refuses the verbs of the others: TPM_RC_ATTRIBUTES, handle 2.
refuse 0x282 tpm2_nvextend 0x1500021 -i data
refuse 0x282 tpm2_nvsetbits 0x1500020 -i 0x1
refuse 0x282 tpm2_nvincrement 0x1500021
