# IBM's TSS, another client stack, over the swtpm data channel: keys, signatures, sealing, NV, PCRs, policies, sessions.
# tools: tssgetrandom
set -euo pipefail

tssgetrandom -by 16
tsspcrextend -ha 16 -ic measured -halg sha256
tsspcrread -ha 16 -halg sha256 -ns | grep -ci "$( (head -c 32 /dev/zero; (printf measured; head -c 24 /dev/zero)) | sha sha256 | hex)" >/dev/null
tsspcrreset -ha 16

# Every command in a salted, encrypted session.
tsscreateprimary -hi o -ecc nistp256 -pwdk storage -st | grep -c 'Handle 80000000' >/dev/null
tssstartauthsession -se h -hs 80000000 -bi 80000000 -pwdb storage | grep -c 'Handle 02000000' >/dev/null
printf message >message
tsscreate -hp 80000000 -pwdp storage -si -ecc nistp256 -pwdk signer -opu sign.pub -opr sign.priv -opem sign.pem -se0 02000000 61
tssload -hp 80000000 -pwdp storage -ipu sign.pub -ipr sign.priv -se0 02000000 61 | grep -c 'Handle 80000001' >/dev/null
tsssign -hk 80000001 -pwdk signer -halg sha256 -ecc -if message -os signature -se0 02000000 1
tssverifysignature -hk 80000001 -halg sha256 -ecc -if message -is signature
refuse any tsssign -hk 80000001 -pwdk wrong -halg sha256 -ecc -if message
printf other >other
refuse any tssverifysignature -hk 80000001 -halg sha256 -ecc -if other -is signature
tssflushcontext -ha 80000001

tsscreate -hp 80000000 -pwdp storage -bl -kt f -kt p -pwdk seal -if message -opu seal.pub -opr seal.priv
tssload -hp 80000000 -pwdp storage -ipu seal.pub -ipr seal.priv | grep -c 'Handle 80000001' >/dev/null
tssunseal -ha 80000001 -pwd seal -of out -se0 02000000 41
same_file message out
refuse any tssunseal -ha 80000001 -pwd wrong -of no
tssflushcontext -ha 80000001
tssflushcontext -ha 02000000

tssnvdefinespace -hi o -ha 01500001 -pwdn index -sz 16
tssnvwrite -ha 01500001 -pwdn index -ic contents
tssnvread -ha 01500001 -pwdn index -sz 8 -of out
equal contents "$(cat out)" "NV contents"
refuse any tssnvread -ha 01500001 -pwdn wrong -sz 8
tssnvreadpublic -ha 01500001 | grep -c 'data size 16' >/dev/null
tssnvundefinespace -hi o -ha 01500001

# A policy session, and the trial that computes its digest.
tssstartauthsession -se t | grep -c 'Handle 03000000' >/dev/null
tsspolicycommandcode -ha 03000000 -cc 15e
tsspolicygetdigest -ha 03000000 -of policy
equal "$( (head -c 32 /dev/zero; printf '\0\0\001\154\0\0\001\136') | sha sha256 | hex)" "$(hex policy)" "policy digest"
tssflushcontext -ha 03000000
tsscreate -hp 80000000 -pwdp storage -bl -pol policy -uwa -if message -opu seal.pub -opr seal.priv
tssload -hp 80000000 -pwdp storage -ipu seal.pub -ipr seal.priv
tssstartauthsession -se p
refuse any tssunseal -ha 80000001 -se0 03000000 1 -of no
tsspolicycommandcode -ha 03000000 -cc 15e
tssunseal -ha 80000001 -se0 03000000 0 -of out
same_file message out

tssgetcapability -cap 6 >/dev/null
tssgetcapability -cap 1 -pr 80000000 | grep -ci '80000001' >/dev/null
tssreadclock
tsshierarchychangeauth -hi o -pwdn owner
refuse any tsscreateprimary -hi o -ecc nistp256
tsshierarchychangeauth -hi o -pwda owner
