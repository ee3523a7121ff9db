# NV_DefineSpace, Write, Read, ReadPublic, UndefineSpace on ordinary indices: index password, owner and platform
# authorization, offsets, sizes, and what must be refused.
set -euo pipefail

index=0x1500016
head -c 64 /dev/urandom >data
tpm2_nvdefine $index -C o -s 64 -a 'authread|authwrite|ownerread' -p index
refuse 0x14c tpm2_nvdefine $index -C o -s 64               # TPM_RC_NV_DEFINED
refuse 0x14a tpm2_nvread $index -C $index -P index         # TPM_RC_NV_UNINITIALIZED
tpm2_nvwrite $index -C $index -P index -i data
tpm2_nvread $index -C $index -P index -o out
same_file data out
tpm2_nvread $index -C o -o out                             # ownerread
same_file data out

# Parts: the rest stays.
printf ABCD | tpm2_nvwrite $index -C $index -P index --offset 10 -i -
(head -c 10 data; printf ABCD; tail -c 50 data) >want
tpm2_nvread $index -C $index -P index -o out
same_file want out
tpm2_nvread $index -C $index -P index --offset 12 -s 7 -o out
same_file <(tail -c +13 want | head -c 7) out
printf Z | tpm2_nvwrite $index -C $index -P index --offset 63 -i -
refuse any tpm2_nvread $index -C $index -P index --offset 60 -s 5

refuse 0x98e tpm2_nvwrite $index -C $index -P wrong -i data
refuse 0x98e tpm2_nvread $index -C $index -P wrong
refuse 0x149 tpm2_nvwrite $index -C o -i data              # no ownerwrite: TPM_RC_NV_AUTHORIZATION
refuse 0x18b tpm2_nvread 0x1500017 -C o                    # no such index: TPM_RC_HANDLE
tpm2_dictionarylockout -c

tpm2_nvreadpublic $index >public.yaml
equal 64 "$(yaml size public.yaml)" "size"
grep -q 'written' public.yaml
tpm2_nvundefine $index -C o
refuse any tpm2_nvreadpublic $index
refuse 0x18b tpm2_nvundefine $index -C o

# The platform's own index: the owner cannot remove it, and shEnable does not matter to it.
tpm2_nvdefine $index -C p -s 8 -a 'ppread|ppwrite|ownerread|platformcreate|no_da|authread'
printf 12345678 | tpm2_nvwrite $index -C p -i -
refuse 0x149 tpm2_nvundefine $index -C o
tpm2_hierarchycontrol -C p shEnable clear
equal 12345678 "$(tpm2_nvread $index -C p)" "platform index with the storage hierarchy off"
tpm2_hierarchycontrol -C p shEnable set
tpm2_nvundefine $index -C p
