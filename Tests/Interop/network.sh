#!/usr/bin/env bash
# Tests/Interop/network.sh: do programs that we did not write notice that this is not the server they know?
#
#     bash Tests/Interop/network.sh            everything, small
#     bash Tests/Interop/network.sh curl tls   these parts only
#     ETCD_BENCH=1                             load and idle connections at full size, and judged
#
# The parts: curl, tls, grpc, etcdctl, attacks, idle, load. Each starts the server that it needs
# (`netserver`, built by the package), asks it as a client would, and checks what comes back. Raw output of
# h2load stays in .build/tests/, or in ETCD_BENCH_DIR. Under a sanitizer nothing is measured.
set -uo pipefail
shopt -s lastpipe  # so that `... | check` counts in this shell
cd "$(dirname "$0")/../.."
server=${NETSERVER:-.build/${ETCD_TEST_SANITIZE:+$ETCD_TEST_SANITIZE/}release/netserver}
work=$(mktemp -d)
raw=${ETCD_BENCH_DIR:-.build/tests}
mkdir -p "$raw"
passed=0 failed=0
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done; rm -rf "$work"' EXIT

ok() { printf 'ok    %s\n' "$1"; passed=$((passed + 1)); }
bad() { printf 'WRONG %s\n' "$1"; failed=$((failed + 1)); }
# python SCRIPT ARGUMENTS...: a script whose lines begin with ok or WRONG.
python() {
    timeout 300 python3 "Tests/Interop/$1" "${@:2}" >"$work/python.log" 2>&1
    local status=$? wrong; wrong=$(grep -c '^WRONG' "$work/python.log")
    cat "$work/python.log"
    passed=$((passed + $(grep -c '^ok' "$work/python.log"))) failed=$((failed + wrong))
    if ((status != 0 && wrong == 0)); then bad "$1 ended with status $status"; fi
}
# check NAME PATTERN: what comes in must contain the pattern.
check() {
    local got; got=$(cat)
    if grep -qE -- "$2" <<<"$got"; then ok "$1"; else bad "$1"; printf '%s\n' "wanted: $2" "got: ${got:0:600}"; fi
}
# start NAME ARGUMENTS...: a server on a port that the kernel chooses; its output is $work/NAME.log.
start() {
    local name=$1; shift
    "$server" --listen 127.0.0.1:0 "$@" >"$work/$name.log" 2>&1 &
    pid=$!
    pids+=("$pid")
    for _ in $(seq 200); do
        port=$(sed -nE 's/^listening at .*:([0-9]+)$/\1/p' "$work/$name.log")
        [[ -n $port ]] && return
        sleep 0.05
    done
    bad "$name: the server did not start"; cat "$work/$name.log"
}
certificates() {
    [[ -e $work/ca.pem ]] && return
    (
        cd "$work"
        local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
        openssl req -x509 "${key[@]}" -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
        openssl req -x509 "${key[@]}" -keyout other-ca.key -out other-ca.pem -days 2 -subj /CN=other
        sign() { # sign NAME CN SAN CA
            openssl req "${key[@]}" -keyout "$1.key" -out "$1.csr" -subj "/CN=$2"
            openssl x509 -req -in "$1.csr" -CA "$4.pem" -CAkey "$4.key" -CAcreateserial -days 2 -out "$1.pem" \
                -extfile <(echo "subjectAltName=$3")
        }
        sign server server DNS:localhost,IP:127.0.0.1 ca
        sign second second DNS:localhost,IP:127.0.0.1 ca
        sign client alice DNS:alice.example ca
        sign stranger alice DNS:alice.example other-ca
    ) >/dev/null 2>&1
}

part_curl() {
    start curl
    local url=http://127.0.0.1:$port
    head -c 3000000 /dev/urandom >"$work/body"
    curl -s "$url/fixed" | check 'curl: HTTP/1.1' 'fixed reply'
    curl -s --http1.0 -v "$url/fixed" 2>&1 | check 'curl: HTTP/1.0 is closed after its answer' 'Closing connection|Connection: close'
    curl -s -I "$url/fixed" | check 'curl: HEAD' '200 OK'
    curl -s --http2-prior-knowledge -o /dev/null -w '%{http_version} %{http_code}' "$url/fixed" \
        | check 'curl: HTTP/2 with prior knowledge' '^2 200$'
    for version in --http1.1 --http2-prior-knowledge; do
        curl -s $version --data-binary "@$work/body" "$url/echo" | cmp -s - "$work/body" \
            && ok "curl: three megabytes there and back, $version" || bad "curl: three megabytes, $version"
    done
    curl -s -H 'Transfer-Encoding: chunked' --data-binary "@$work/body" "$url/echo" | cmp -s - "$work/body" \
        && ok 'curl: chunks there and back' || bad 'curl: chunks'
    curl -s -v -H 'Expect: 100-continue' -d hello "$url/echo" 2>&1 | check 'curl: Expect: 100-continue' '100 Continue'
    curl -s -o /dev/null -w '%{num_connects}' "$url/fixed" -o /dev/null "$url/fixed" | check 'curl: keep-alive' '^10$'
    curl -s -o /dev/null -w '%{http_code}' "$url/nothing" | check 'curl: 404' '^404$'
    "$server" --listen "unix:$work/s.sock" >"$work/unix.log" 2>&1 &
    pids+=($!)
    for _ in $(seq 100); do [[ -S $work/s.sock ]] && break; sleep 0.05; done
    curl -s --unix-socket "$work/s.sock" http://localhost/fixed | check 'curl: a Unix socket' 'fixed reply'
    curl -sk "https://127.0.0.1:$port/fixed" -o /dev/null
    check 'curl: TLS on a plain port is explained in the log' 'tls_on_plain_port.*this port is plain' <"$work/curl.log"
}

part_tls() {
    certificates
    start tls --cert "$work/server.pem" --key "$work/server.key" --limit handshake=1000
    local url=https://127.0.0.1:$port tls=$port
    curl -s --cacert "$work/ca.pem" -o /dev/null -w '%{http_version} %{http_code}' "$url/fixed" \
        | check 'tls: curl agrees on HTTP/2 by ALPN' '^2 200$'
    curl -s --cacert "$work/ca.pem" --http1.1 -o /dev/null -w '%{http_version} %{http_code}' "$url/fixed" \
        | check 'tls: curl asks for HTTP/1.1' '^1.1 200$'
    curl -s "http://127.0.0.1:$port/fixed" | check 'tls: plain HTTP on a TLS port is told to use https' 'use https'
    check 'tls: and the log says so' 'plain_on_tls_port' <"$work/tls.log"
    s_client() { timeout 5 openssl s_client -connect "127.0.0.1:$tls" -CAfile "$work/ca.pem" "$@" </dev/null 2>&1; }
    s_client -tls1_3 -alpn h2 | check 'tls: 1.3 with ALPN h2' 'ALPN protocol: h2'
    s_client -tls1_2 -alpn http/1.1 | check 'tls: 1.2 with ALPN http/1.1' 'ALPN protocol: http/1.1'
    s_client -tls1_1 -cipher ALL:@SECLEVEL=0 | check 'tls: 1.1 is refused' 'alert protocol version|no protocols available|handshake failure'
    # A handshake that never comes is ended; meanwhile others are served.
    (exec 3<>"/dev/tcp/127.0.0.1/$tls"; printf '\x16\x03\x01' >&3; timeout 5 cat <&3 >/dev/null) &
    curl -s --cacert "$work/ca.pem" "$url/fixed" | check 'tls: a half-open handshake holds nobody up' 'fixed reply'
    sleep 1.6
    check 'tls: and it is ended after its time' 'handshake_time' <"$work/tls.log"
    # New files are used without a restart.
    cp "$work/second.key" "$work/server.key"; cp "$work/second.pem" "$work/server.pem"
    s_client | check 'tls: new certificate files are used at once' 'CN ?= ?second'
    check 'tls: and the log says so' 'files: reloaded' <"$work/tls.log"

    start mtls --cert "$work/second.pem" --key "$work/second.key" --ca "$work/ca.pem" --verify required --allowed-cn alice
    url=https://127.0.0.1:$port tls=$port
    curl -s --cacert "$work/ca.pem" --cert "$work/client.pem" --key "$work/client.key" "$url/fixed" \
        | check 'mtls: a client with a certificate' 'fixed reply'
    curl -s --cacert "$work/ca.pem" --cert "$work/stranger.pem" --key "$work/stranger.key" "$url/fixed" >"$work/out" 2>&1
    [[ $? != 0 ]] && ok 'mtls: a stranger is refused' || bad 'mtls: a stranger is refused'
    curl -s --cacert "$work/ca.pem" "$url/fixed" >"$work/out" 2>&1
    [[ $? != 0 ]] && ok 'mtls: no certificate is refused' || bad 'mtls: no certificate is refused'
    curl -s --cacert "$work/ca.pem" --cert "$work/server.pem" --key "$work/server.key" "$url/fixed" >"$work/out" 2>&1
    [[ $? != 0 ]] && ok 'mtls: a name that is not allowed is refused' || bad 'mtls: a name that is not allowed is refused'
    sleep 0.2
    grep -c handshake_failed "$work/mtls.log" | check 'mtls: three refusals, three lines' '^3$'

    start only13 --cert "$work/second.pem" --key "$work/second.key" --min-tls TLS1.3
    tls=$port
    s_client -tls1_2 | check 'tls: a minimum version' 'alert protocol version'
    start suites --cert "$work/second.pem" --key "$work/second.key" --max-tls TLS1.2 \
        --cipher TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
    tls=$port
    s_client | check 'tls: cipher suites by the names that Go uses' 'ECDHE-ECDSA-AES256-GCM-SHA384'
    s_client -cipher ECDHE-ECDSA-AES128-GCM-SHA256 | check 'tls: others are refused' 'handshake failure'
}

part_grpc() {
    certificates
    start grpc --limit receive=4194304
    python calls.py "127.0.0.1:$port"
    check 'grpc: the server counted the pings of an impatient client' 'too_many_pings' <"$work/grpc.log"
    start grpctls --cert "$work/second.pem" --key "$work/second.key"
    python calls.py "localhost:$port" "$work/ca.pem"
}

part_etcdctl() {
    certificates
    export ETCDCTL_API=3
    start etcdctl
    local ctl="etcdctl --endpoints=127.0.0.1:$port"
    $ctl put foo bar | check 'etcdctl: put' '^OK$'
    $ctl get foo | check 'etcdctl: get' '^bar$'
    head -c 1000000 /dev/zero | tr '\0' x | $ctl put large | check 'etcdctl: put of a megabyte' '^OK$'
    $ctl get large --print-value-only | wc -c | check 'etcdctl: and back' '^1000001$'
    $ctl get '' --prefix --keys-only -w json | check 'etcdctl: a range in JSON' '"revision":3.*"count":2'
    $ctl del foo | check 'etcdctl: del' '^1$'
    $ctl member list 2>&1 | check 'etcdctl: a service that is not there' 'unknown service etcdserverpb.Cluster'
    start etcdctls --cert "$work/second.pem" --key "$work/second.key"
    etcdctl --endpoints="https://127.0.0.1:$port" --cacert "$work/ca.pem" put foo bar | check 'etcdctl: with TLS' '^OK$'
}

part_attacks() {
    start attacks --limit head=1500 --limit write=2000 --limit idle=60000
    python attacks.py "127.0.0.1:$port" "$pid"
    kill -0 "$pid" && ok 'attacks: the process lives' || bad 'attacks: the process died'
}

part_idle() {
    [[ -n ${ETCD_TEST_SANITIZE:-} ]] && return
    certificates
    ulimit -n "$(ulimit -Hn)"
    local count=${ETCD_TEST_IDLE:-1000}
    [[ -n ${ETCD_BENCH:-} ]] && count=10000
    start idle
    python idle.py "127.0.0.1:$port" "$pid" "$count" 30
    start idletls --cert "$work/second.pem" --key "$work/second.key" --limit handshake=60000
    python idle.py "127.0.0.1:$port" "$pid" "$count" 70 "$work/ca.pem"
}

# cpu PID: the process's CPU time in ticks of 10 ms.
cpu() { awk '{print $14 + $15}' "/proc/$1/stat"; }
# load NAME LIMIT REQUESTS CLIENTS STREAMS URL OPTIONS...: CPU microseconds a request, the best of three.
load() {
    local name=$1 limit=$2 requests=$3 clients=$4 streams=$5 url=$6 before best=999999 spent done
    shift 6
    for _ in 1 2 3; do
        before=$(cpu "$pid")
        h2load -n "$requests" -c "$clients" -m "$streams" -t1 "$@" "$url" >"$raw/h2load-$name.txt" 2>&1
        spent=$(((($(cpu "$pid") - before) * 10000 * 100) / requests))
        ((spent < best)) && best=$spent
    done
    done=$(grep -oE '[0-9]+ succeeded' "$raw/h2load-$name.txt")
    [[ $done == "$requests succeeded" ]] || bad "load: $name: $done of $requests"
    printf 'load  %s: %d.%02d us of CPU a request (limit %s, best of 3; %s)\n' "$name" $((best / 100)) $((best % 100)) \
        "$limit" "$(grep -oE '[0-9.]+ req/s' "$raw/h2load-$name.txt" | head -1)"
    # The machine of a test run is not quiet; the limit is judged at full size only.
    if [[ -n ${ETCD_BENCH:-} ]] && awk "BEGIN { exit !($best / 100 > $limit) }"; then
        bad "load: $name is above its limit"
    else
        ok "load: $name"
    fi
}

part_load() {
    [[ -n ${ETCD_TEST_SANITIZE:-} ]] && return
    certificates
    local n=20000 one=3000
    [[ -n ${ETCD_BENCH:-} ]] && n=400000 one=30000
    printf '\0\0\0\0\5hello' >"$work/request"
    local grpc=(-d "$work/request" -H 'content-type: application/grpc' -H 'te: trailers')
    start load
    load c16m16 1.6 $n 16 16 "http://127.0.0.1:$port/fixed"
    load c1m1 10 $one 1 1 "http://127.0.0.1:$port/fixed"
    load grpc-c16m16 99 $n 16 16 "http://127.0.0.1:$port/test.Test/Fixed" "${grpc[@]}"
    load grpc-c1m1 99 $one 1 1 "http://127.0.0.1:$port/test.Test/Fixed" "${grpc[@]}"
    start loadtls --cert "$work/second.pem" --key "$work/second.key"
    load tls-c16m16 2.2 $n 16 16 "https://127.0.0.1:$port/fixed"
    load tls-c1m1 99 $one 1 1 "https://127.0.0.1:$port/fixed"
}

[[ -x $server ]] || { echo "no $server: build it with 'swift build -c release --product netserver'"; exit 2; }
export PYTHONPATH=${ETCD_PIP:-$PWD/.pip}${PYTHONPATH:+:$PYTHONPATH}
for part in ${*:-curl tls grpc etcdctl attacks idle load}; do "part_$part"; done
echo "$passed passed, $failed failed"
((failed == 0))
