# Sealing with a password only: Create, Load, Unseal, ReadPublic; wrong password, wrong parent and altered blobs refused.
set -euo pipefail

tpm2_createprimary -C o -G ecc -c parent.ctx
tpm2_createprimary -C o -G rsa -c other.ctx
head -c 128 /dev/urandom >secret                           # the largest that fits (MAX_SYM_DATA)
tpm2_create -C parent.ctx -p password -i secret -u seal.pub -r seal.priv
tpm2_load -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx -n seal.name
tpm2_unseal -c seal.ctx -p password -o unsealed
same_file secret unsealed
tpm2_readpublic -c seal.ctx -n read.name
same_file seal.name read.name
equal "000b$(tail -c +3 seal.pub | sha sha256 | hex)" "$(hex seal.name)" "name = nameAlg || H(public)"

refuse 0x98e tpm2_unseal -c seal.ctx -p wrong              # counts against dictionary attacks
refuse 0x98e tpm2_unseal -c seal.ctx
refuse 0x1df tpm2_load -C other.ctx -u seal.pub -r seal.priv -c no.ctx

for at in 5 20 40 60; do                                   # integrity and ciphertext of the private area
    cp seal.priv bad.priv
    printf '\xa5' | dd of=bad.priv bs=1 seek=$at conv=notrunc status=none
    cmp -s seal.priv bad.priv || refuse 0x1df tpm2_load -C parent.ctx -u seal.pub -r bad.priv -c no.ctx
done
head -c 129 /dev/urandom >large
refuse any tpm2_create -C parent.ctx -i large -u no.pub -r no.priv
