#!/usr/bin/env bash
# Tests/Interop/network.sh: do programs that we did not write notice that this is not the server they know?
#
#     bash Tests/Interop/network.sh            everything, small
#     bash Tests/Interop/network.sh curl tls   these parts only
#     ETCD_BENCH=1                             load and idle connections at full size, and judged
#     ETCD_BENCH_DIR=DIR                       where every output of h2load is kept
#
# The parts: curl, tls (which includes who), grpc, etcdctl, attacks, idle, load. Each starts the server that it needs
# (`netserver`, built by the package), asks it as a client would, and checks what comes back. Raw output of
# h2load stays in .build/tests/, or in ETCD_BENCH_DIR. Under a sanitizer nothing is measured.
set -uo pipefail
shopt -s lastpipe  # so that `... | check` counts in this shell
cd "$(dirname "$0")/../.."
server=${NETSERVER:-.build/${ETCD_TEST_SANITIZE:+$ETCD_TEST_SANITIZE/}release/netserver}
floor=${NETFLOOR:-$(dirname "$server")/netfloor}
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
    "${program:-$server}" --listen 127.0.0.1:0 "$@" >"$work/$name.log" 2>&1 &
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
    [[ -e $work/ca.pem ]] || bash Tests/Interop/certificates.sh "$work" >/dev/null 2>&1
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
    curl -s --cacert "$work/ca.pem" --cert "$work/alice.pem" --key "$work/alice.key" "$url/fixed" \
        | check 'mtls: a client with a certificate' 'fixed reply'
    curl -s --cacert "$work/ca.pem" --cert "$work/stranger.pem" --key "$work/stranger.key" "$url/fixed" >"$work/out" 2>&1
    [[ $? != 0 ]] && ok 'mtls: a stranger is refused' || bad 'mtls: a stranger is refused'
    curl -s --cacert "$work/ca.pem" "$url/fixed" >"$work/out" 2>&1
    [[ $? != 0 ]] && ok 'mtls: no certificate is refused' || bad 'mtls: no certificate is refused'
    curl -s --cacert "$work/ca.pem" --cert "$work/server.pem" --key "$work/server.key" "$url/fixed" >"$work/out" 2>&1
    [[ $? != 0 ]] && ok 'mtls: a name that is not allowed is refused' || bad 'mtls: a name that is not allowed is refused'
    sleep 0.2
    grep -c handshake_failed "$work/mtls.log" | check 'mtls: three refusals, three lines' '^3$'

    part_who
    start only13 --cert "$work/second.pem" --key "$work/second.key" --min-tls TLS1.3
    tls=$port
    s_client -tls1_2 | check 'tls: a minimum version' 'alert protocol version'
    start suites --cert "$work/second.pem" --key "$work/second.key" --max-tls TLS1.2 \
        --cipher TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
    tls=$port
    s_client | check 'tls: cipher suites by the names that Go uses' 'ECDHE-ECDSA-AES256-GCM-SHA384'
    s_client -cipher ECDHE-ECDSA-AES128-GCM-SHA256 | check 'tls: others are refused' 'handshake failure'
}

# Who may come in, and with which certificate we stand at the door: what is refused is an alert to the client, a line
# in the log, and no plaintext.
part_who() {
    certificates
    local url tls reply
    local mutual=(--cert "$work/second.pem" --key "$work/second.key" --ca "$work/ca.pem" --verify required)
    # as NAME: what a client with that certificate gets; status in `reply`.
    as() {
        curl -s -S --cacert "$work/ca.pem" --cert "$work/$1.pem" --key "$work/$1.key" "$url/fixed" >"$work/out" 2>&1
        reply=$?
        cat "$work/out"
    }
    # refused WHAT NAME ALERT LOG-PATTERN LOG: by curl, by openssl, and with a line.
    refused() {
        as "$2" >/dev/null
        ((reply != 0)) && ok "$1" || bad "$1: it was served"
        # OpenSSL hears the alert when it reads, which is after its handshake in TLS 1.3.
        (printf 'GET /fixed HTTP/1.1\r\nHost: x\r\n\r\n'; sleep 1) | timeout 5 openssl s_client -connect "127.0.0.1:$tls" \
            -CAfile "$work/ca.pem" -cert "$work/$2.pem" -key "$work/$2.key" -ign_eof >"$work/out" 2>&1
        check "$1: the alert" "alert $3" <"$work/out"
        ! grep -q 'fixed reply' "$work/out" && ok "$1: and no plaintext" || bad "$1: plaintext came out"
        check "$1: the line" "handshake_failed.*$4" <"$work/$5.log"
    }
    local list
    for list in revoked.crl revoked.der; do
        start "crl-$list" "${mutual[@]}" --crl "$work/$list"
        url=https://127.0.0.1:$port tls=$port
        as alice | check "crl: $list: who is not in it is served" 'fixed reply'
        refused "crl: $list: who is revoked is refused" revoked 'certificate unknown|handshake failure|certificate revoked|bad certificate' \
            'serial .* revoked' "crl-$list"
    done
    # A list that grows while the server runs.
    cp "$work/empty.crl" "$work/live.crl"
    start crl-live "${mutual[@]}" --crl "$work/live.crl"
    url=https://127.0.0.1:$port tls=$port
    as revoked | check 'crl: an empty list refuses nobody' 'fixed reply'
    cp "$work/revoked.crl" "$work/live.crl"
    as revoked >/dev/null
    ((reply != 0)) && ok 'crl: a new list holds from the next connection on' || bad 'crl: the new list is not used'
    check 'crl: and the log says so' 'files: reloaded' <"$work/crl-live.log"

    start cn "${mutual[@]}" --allowed-cn bob --allowed-cn alice
    url=https://127.0.0.1:$port tls=$port
    as alice | check 'cn: one of the allowed names' 'fixed reply'
    refused 'cn: another name' bare 'certificate unknown|handshake failure|bad certificate' 'common name of certificate "bare"' cn
    start host "${mutual[@]}" --allowed-host elsewhere.example --allowed-host alice.example
    url=https://127.0.0.1:$port tls=$port
    as alice | check 'host: one of the allowed hosts' 'fixed reply'
    refused 'host: another host' server 'certificate unknown|handshake failure|bad certificate' 'good for none of the hosts' host
    # An optional certificate: none is fine, a bad one is not.
    start optional --cert "$work/second.pem" --key "$work/second.key" --ca "$work/ca.pem" --verify optional
    url=https://127.0.0.1:$port tls=$port
    curl -s --cacert "$work/ca.pem" "$url/fixed" | check 'optional: no certificate' 'fixed reply'
    as alice | check 'optional: a good certificate' 'fixed reply'
    refused 'optional: a bad certificate' stranger 'unknown ca' 'no CA in the trusted CA file signed it' optional

    # Made at start, and good for a client that trusts that very file.
    mkdir "$work/self"
    start self --self-signed "$work/self"
    curl -s --cacert "$work/self/cert.pem" "https://127.0.0.1:$port/fixed" | check 'self-signed: curl trusts the file' 'fixed reply'
    curl -s --cacert "$work/self/cert.pem" "https://localhost:$port/fixed" | check 'self-signed: by its name too' 'fixed reply'
    curl -s -S --cacert "$work/ca.pem" "https://127.0.0.1:$port/fixed" 2>&1 | check 'self-signed: others do not' 'certificate'
    stat -c %a "$work/self/key.pem" | check 'self-signed: the key is its owner'"'"'s only' '^600$'
    openssl x509 -in "$work/self/cert.pem" -noout -text | tr -d '\n' \
        | check 'self-signed: P-521, SHA-512, O=etcd' 'ecdsa-with-SHA512.*O = etcd.*secp521r1.*TLS Web Server.*localhost'
    timeout 5 openssl s_client -connect "127.0.0.1:$port" -CAfile "$work/self/cert.pem" </dev/null 2>&1 \
        | check 'self-signed: openssl verifies it' 'Verify return code: 0'

    # Mistakes of people, seen at start.
    start san --cert "$work/second.pem" --key "$work/second.key" --advertise 127.0.0.1 --advertise db.example
    grep -c '^warning:' "$work/san.log" | check 'san: one warning at start' '^1$'
    check 'san: a host that is missing in the certificate is warned about' 'warning: .*connect to db.example will refuse' <"$work/san.log"
    start bare --cert "$work/bare.pem" --key "$work/bare.key" --advertise 127.0.0.1
    check 'san: a certificate without any' 'warning: .*no subject alternative name' <"$work/bare.log"
    # mistake NAME PATTERN OPTIONS...: does not start, and says why.
    mistake() {
        timeout 5 "$server" --listen 127.0.0.1:0 "${@:3}" >"$work/mistake.log" 2>&1
        [[ $? == 1 ]] || bad "$1: it started"
        check "$1" "$2" <"$work/mistake.log"
    }
    mistake 'files: a missing one' "cannot read $work/nowhere.pem.*Does the file exist" --cert "$work/nowhere.pem" --key "$work/second.key"
    mistake 'files: the key of another certificate' 'is not the key of the certificate' --cert "$work/second.pem" --key "$work/alice.key"
    mistake 'files: certificate and key swapped' 'is it the key' --cert "$work/second.key" --key "$work/second.pem"
    mistake 'files: no revocation list' 'no certificate revocation list' --cert "$work/second.pem" --key "$work/second.key" --crl "$work/ca.pem"
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
    certificates
    start attacks --limit head=1500 --limit write=2000 --limit idle=60000
    python attacks.py "127.0.0.1:$port" "$pid" frames
    kill -0 "$pid" && ok 'attacks: the process lives' || bad 'attacks: the process died'
    start times --limit idle=1200 --limit body=1500 --limit ping-interval=2000 --limit ping-timeout=1000
    python attacks.py "127.0.0.1:$port" "$pid" times
    kill -0 "$pid" && ok 'attacks: the process lives' || bad 'attacks: the process died'
    start connections --limit connections=50
    python attacks.py "127.0.0.1:$port" "$pid" connections
    kill -0 "$pid" && ok 'attacks: the process lives' || bad 'attacks: the process died'
    start tlsattacks --cert "$work/second.pem" --key "$work/second.key" --limit handshake=1500
    python attacks.py "127.0.0.1:$port" "$pid" tls "$work/ca.pem"
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

# cpu PID: the process's CPU time so far in nanoseconds, all threads. (/proc/PID/stat counts in steps of ten
# milliseconds, which is a third of a microsecond a request over thirty thousand. Some awks print %d up to 2^31 only.)
cpu() { cat /proc/"$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
# together: the server and the load generator take turns on one processor; apart: they go where the kernel puts them.
# One request at a time is a race of wake-ups: whoever answers must wake whoever sleeps. On one processor that is a
# change of tasks. From one processor to another it is an interrupt, which on a virtual machine costs up to 25 us; and
# which of the two a run gets is the scheduler's whim, a factor of three in the figure.
pin=()
together() {
    command -v taskset >/dev/null || return 0
    processors=$(taskset -cp $$ | sed 's/.*: //')
    pin=(taskset -c "${processors%%[-,]*}")
    taskset -acp "${processors%%[-,]*}" "$pid" >/dev/null
}
apart() {
    if ((${#pin[@]})); then taskset -acp "$processors" "$pid" >/dev/null; fi
    pin=()
}
# load NAME LIMIT REQUESTS CLIENTS STREAMS URL OPTIONS...: CPU time a request, in hundredths of a microsecond.
# Other work on the machine adds to it (a cold cache, a preempted turn) and never takes from it; so the median of the
# runs says what a busy machine does, and the least what the server needs. `median` and `least` are left for others.
load() {
    local name=$1 limit=$2 requests=$3 clients=$4 streams=$5 url=$6 before run done all=()
    shift 6
    : >"$raw/h2load-$name.txt"
    for run in 1 2 3 4 5; do
        before=$(cpu "$pid")
        "${pin[@]}" h2load -n "$requests" -c "$clients" -m "$streams" -t1 "$@" "$url" >"$work/h2load.txt" 2>&1
        all+=($((($(cpu "$pid") - before) / 10 / requests)))
        { echo "run $run: ${all[-1]} hundredths of a us of CPU a request; load average $(cut -d' ' -f1 /proc/loadavg)"
          cat "$work/h2load.txt"; } >>"$raw/h2load-$name.txt"
        done=$(grep -oE '[0-9]+ succeeded' "$work/h2load.txt")
        [[ $done == "$requests succeeded" ]] || bad "load: $name: $done of $requests"
    done
    read -r least median < <(printf '%s\n' "${all[@]}" | sort -n | sed -n '1p;3p' | xargs)
    printf 'load  %s: %d.%02d us of CPU a request, median of 5 (least %d.%02d; limit %s; %s)\n' "$name" $((median / 100)) \
        $((median % 100)) $((least / 100)) $((least % 100)) "$limit" \
        "$(grep -oE '[0-9.]+ req/s' "$work/h2load.txt" | head -1)"
    # The machine of a test run is not quiet; the limit is judged at full size only.
    if [[ -n ${ETCD_BENCH:-} ]] && awk "BEGIN { exit !($least / 100 > $limit) }"; then
        bad "load: $name is above its limit"
    else
        ok "load: $name"
    fi
}

part_load() {
    [[ -n ${ETCD_TEST_SANITIZE:-} ]] && return
    certificates
    local n=20000 one=3000 plain bare
    [[ -n ${ETCD_BENCH:-} ]] && n=400000 one=100000
    printf '\0\0\0\0\5hello' >"$work/request"
    local grpc=(-d "$work/request" -H 'content-type: application/grpc' -H 'te: trailers')
    # The three system calls and nothing else, in the same minute: what no server can go below.
    program=$floor start floor
    together
    load floor-c1m1 99 $one 1 1 "http://127.0.0.1:$port/fixed"
    bare=$least
    start load
    together
    load c1m1 10 $one 1 1 "http://127.0.0.1:$port/fixed"
    printf 'load  c1m1: of this %d.%02d us are ours, above a server that does nothing\n' \
        $(((least - bare) / 100)) $(((least - bare) % 100))
    load grpc-c1m1 99 $one 1 1 "http://127.0.0.1:$port/test.Test/Fixed" "${grpc[@]}"
    apart
    load c16m16 1.6 $n 16 16 "http://127.0.0.1:$port/fixed"
    plain=$least
    load grpc-c16m16 99 $n 16 16 "http://127.0.0.1:$port/test.Test/Fixed" "${grpc[@]}"
    start loadtls --cert "$work/second.pem" --key "$work/second.key"
    load tls-c16m16 "$(awk "BEGIN { print $plain / 100 + 0.6 }")" $n 16 16 "https://127.0.0.1:$port/fixed"
    together
    load tls-c1m1 99 $one 1 1 "https://127.0.0.1:$port/fixed"
    apart
}

[[ -x $server ]] || { echo "no $server: build it with 'swift build -c release --product netserver'"; exit 2; }
export PYTHONPATH=${ETCD_PIP:-$PWD/.pip}${PYTHONPATH:+:$PYTHONPATH}
# judged: what a sanitizer said about a server that a part has started.
judged() {
    [[ -n ${ETCD_TEST_SANITIZE:-} ]] || return
    local report
    report=$(grep -hE -A 12 'WARNING: ThreadSanitizer|ERROR: (Thread|Address)Sanitizer' "$work"/*.log | head -n 40)
    [[ -z $report ]] && ok "$1: the $ETCD_TEST_SANITIZE sanitizer has nothing to say" || { bad "$1: a sanitizer's report"; echo "$report"; }
    rm -f "$work"/*.log
}
for part in ${*:-curl tls grpc etcdctl attacks idle load}; do
    "part_$part"
    judged "$part"
done
echo "$passed passed, $failed failed"
((failed == 0))
