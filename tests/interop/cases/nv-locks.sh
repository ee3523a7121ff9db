# Read and write locks of NV indices: until the next power on (read_stclear, write_stclear), for ever (writedefine),
# and all at once (globallock).
set -euo pipefail

both='ownerread|ownerwrite|authread|authwrite'
tpm2_nvdefine 0x1500030 -C o -s 4 -a "$both|read_stclear"
tpm2_nvdefine 0x1500031 -C o -s 4 -a "$both|write_stclear"
tpm2_nvdefine 0x1500032 -C o -s 4 -a "$both|writedefine"
tpm2_nvdefine 0x1500033 -C o -s 4 -a "$both|globallock"
for index in 0x1500030 0x1500031 0x1500032 0x1500033; do
    printf abcd | tpm2_nvwrite $index -i -
done

tpm2_nvreadlock 0x1500030
refuse 0x148 tpm2_nvread 0x1500030                         # TPM_RC_NV_LOCKED
printf efgh | tpm2_nvwrite 0x1500030 -i -                  # writing is another matter
refuse 0x282 tpm2_nvreadlock 0x1500031                     # has no read lock: TPM_RC_ATTRIBUTES

tpm2_nvwritelock 0x1500031
printf ijkl >data
refuse 0x148 tpm2_nvwrite 0x1500031 -i data
equal abcd "$(tpm2_nvread 0x1500031)" "locked index"
tpm2_nvwritelock 0x1500032
refuse 0x148 tpm2_nvwrite 0x1500032 -i data
tpm2_nvwritelock --global -C o
refuse 0x148 tpm2_nvwrite 0x1500033 -i data

tpm_reset
equal efgh "$(tpm2_nvread 0x1500030)" "read lock after a power cycle"
tpm2_nvwrite 0x1500031 -i data
tpm2_nvwrite 0x1500033 -i data
refuse 0x148 tpm2_nvwrite 0x1500032 -i data                # writedefine stays
equal abcd "$(tpm2_nvread 0x1500032)" "index locked for ever"
