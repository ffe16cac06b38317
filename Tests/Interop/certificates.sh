#!/usr/bin/env bash
# Tests/Interop/certificates.sh: whom may a server trust, and whom not? Makes certificates in a folder, for tests of TLS.
#
#     bash certificates.sh FOLDER
#
#     ca          server      localhost and 127.0.0.1       empty.crl, empty.der       nobody is revoked
#                 second      the same, for a change        revoked.crl, revoked.der   `revoked` is
#                 alice       a client
#                 elsewhere   a client, db.example
#                 revoked     a client called mallory
#                 bare        no host's name in it
#     other-ca    stranger    a client called alice, too
#
# Each is NAME.pem and NAME.key. Elliptic curves, because such keys are made in no time.
set -euo pipefail
cd "$1"

key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
sign() { # sign NAME CN SAN CA
    openssl req "${key[@]}" -keyout "$1.key" -out "$1.csr" -subj "/CN=$2"
    openssl x509 -req -in "$1.csr" -CA "$4.pem" -CAkey "$4.key" -CAcreateserial -days 2 -out "$1.pem" \
        -extfile <(echo "subjectAltName=$3")
}
list() { # list NAME
    openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out "$1.crl"
    openssl crl -in "$1.crl" -outform DER -out "$1.der"
}

openssl req -x509 "${key[@]}" -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
openssl req -x509 "${key[@]}" -keyout other-ca.key -out other-ca.pem -days 2 -subj /CN=other
sign server server DNS:localhost,IP:127.0.0.1 ca
sign second second DNS:localhost,IP:127.0.0.1 ca
sign alice alice DNS:alice.example ca
sign elsewhere db DNS:db.example ca
sign revoked mallory DNS:alice.example ca
sign bare bare email:nobody@alice.example ca
sign stranger alice DNS:alice.example other-ca

printf '[ca]\ndefault_ca=it\n[it]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=10\n' >ca.cnf
: >index.txt
list empty
openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke revoked.pem
list revoked
