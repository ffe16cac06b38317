#!/usr/bin/env bash
# Tutorials/quickstart.sh: from a fresh checkout to a key that survives a restart.
#
#     bash Tutorials/quickstart.sh
#
# WHAT IT DOES, and you could type it yourself: each command is shown before it runs, behind a `$`.
#
#     install  what Debian has and this needs, if something is missing (root, or sudo)
#     build    the server and the visualizer, one file each that need no Swift to run
#     start    one member, on two ports that are free, in a directory that is new
#     use      the etcdctl of Debian, which knows nothing of us: write, read, look
#     restart  stop it with a signal, start it again: what was written is there
#     look     what happened inside, drawn from the traces of both starts: one write, and all revisions
#     clean    the member is stopped, its directory is removed; the pictures stay, and it says where
#
# It ends with code 0 when everything was as it should be, and says what was not otherwise. The same
# script is one of the tests of `bash Tests/run.sh`.
set -euo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive ETCDCTL_API=3
cd "$(dirname "${BASH_SOURCE[0]}")/.."

chapter() { printf '\n== %s\n' "$*"; }
# Shows a command and runs it.
show() {
    printf '$ %s\n' "$*"
    "$@"
}
# expect TEXT COMMAND...: shows a command; what it prints must contain the text.
expect() {
    local wanted=$1 got
    shift
    printf '$ %s\n' "$*"
    got=$("$@" 2>&1) || { printf '%s\n' "$got"; fail "this command failed: $*"; }
    printf '%s\n' "$got"
    [[ $got == *"$wanted"* ]] || fail "the answer should contain \"$wanted\""
}
fail() {
    printf '\nThis went wrong: %s\n' "$*" >&2
    if [[ -s ${work:-}/log ]]; then printf 'The last lines of the log:\n' >&2; tail -n 5 "$work/log" >&2; fi
    exit 1
}

# ---- install --------------------------------------------------------------------------------------
chapter 'install'
needed=(libuv1-dev libnghttp2-dev libssl-dev zlib1g-dev libcrypt-dev libyaml-dev libgraphviz-dev pkg-config etcd-client curl)
missing=()
if command -v dpkg-query >/dev/null; then
    for package in "${needed[@]}"; do
        [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == 'install ok installed' ]] || missing+=("$package")
    done
else
    echo 'This is not Debian: it is taken for granted that the libraries of the README are there.'
fi
if ((${#missing[@]} > 0)); then
    root=()
    if ((EUID != 0)); then root=(sudo); fi
    show "${root[@]}" apt-get update -qq
    show "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
else
    echo 'Everything is there.'
fi
command -v swift >/dev/null || fail 'there is no `swift` in PATH. Swift 6.3 is at https://swift.org/install'
command -v etcdctl >/dev/null || fail 'there is no etcdctl in PATH (Debian: etcd-client)'

# ---- build ----------------------------------------------------------------------------------------
chapter 'build'
server=$PWD/.build/${ETCD_TEST_SANITIZE:+$ETCD_TEST_SANITIZE/}release/etcd
# A run of the tests under a sanitizer has built it already, with flags of its own.
visualizer=${server%etcd}visualizer
if [[ -z ${ETCD_TEST_SANITIZE:-} ]]; then
    show swift build -c release --product etcd
    show swift build -c release --product visualizer
fi
show "$server" --version

# ---- start ----------------------------------------------------------------------------------------
chapter 'start'
work=$(mktemp -d)
member=
stop_member() {
    [[ -n $member ]] || return 0
    kill -TERM "$member" 2>/dev/null || true
    wait "$member" 2>/dev/null || true
    member=
}
trap 'stop_member; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port=$((20000 + RANDOM % 10000 * 2))
until is_free "$port" && is_free $((port + 1)); do port=$((20000 + RANDOM % 10000 * 2)); done
clients=http://127.0.0.1:$port peers=http://127.0.0.1:$((port + 1))
arguments=(
    --name first --data-dir "$work/first.etcd"
    --listen-client-urls "$clients" --advertise-client-urls "$clients"
    --listen-peer-urls "$peers" --initial-advertise-peer-urls "$peers"
    --initial-cluster "first=$peers" --trace-dir "$work/trace"
)
start_member() {
    printf '$ etcd %s &\n' "${arguments[*]}"
    "$server" "${arguments[@]}" >>"$work/log" 2>&1 &
    member=$!
    local patience
    for ((patience = 0; patience < 100; patience++)); do
        if curl -sf "$clients/health" >/dev/null; then return; fi
        kill -0 "$member" 2>/dev/null || fail 'the server ended by itself'
        sleep 0.1
    done
    fail 'the server does not answer'
}
start_member
expect '"health":"true"' curl -s "$clients/health"
echo
expect '"etcdserver":"3.5.' curl -s "$clients/version"
echo

# ---- use ------------------------------------------------------------------------------------------
chapter 'use it with the etcdctl of Debian'
export ETCDCTL_ENDPOINTS=127.0.0.1:$port
expect OK etcdctl put /lesson/1 'a key and its value'
expect OK etcdctl put /lesson/2 'another one'
expect 'a key and its value' etcdctl get /lesson/1
expect '/lesson/2' etcdctl get --prefix /lesson/ --keys-only
expect '"version":1' etcdctl get /lesson/1 -w json
expect 1 etcdctl del /lesson/2
expect 'first' etcdctl member list
expect '3.5.' etcdctl endpoint status -w table

# ---- restart --------------------------------------------------------------------------------------
chapter 'restart: what was acknowledged is there'
printf '$ kill -TERM %s\n' "$member"
stop_member
start_member
expect 'a key and its value' etcdctl get /lesson/1
[[ -z $(etcdctl get /lesson/2) ]] || fail 'a key that was deleted is back'

# ---- look -----------------------------------------------------------------------------------------
chapter 'look inside: the write, and the revisions of what was done'
printf '$ kill -TERM %s\n' "$member"
stop_member
pictures=$PWD/.build/quickstart
rm -rf "$pictures"
mkdir -p "$pictures"
cp -r "$work/trace" "$pictures/trace"
expect 'together' "$visualizer" write --from "$pictures/trace" --keys /lesson/1 --format txt --width 100
expect '/lesson/2' "$visualizer" mvcc --from "$pictures/trace" --format txt --width 100
for picture in write mvcc; do
    show "$visualizer" "$picture" --from "$pictures/trace" --keys /lesson/ --format svg --output "$pictures/$picture.svg"
    [[ $(head -c 600 "$pictures/$picture.svg") == *'<svg'* ]] || fail "$pictures/$picture.svg is no picture"
done

# ---- clean ----------------------------------------------------------------------------------------
chapter 'clean up'
printf '$ rm -r %s\n' "$work/first.etcd"
rm -rf "$work/first.etcd"
echo
echo "The pictures are $pictures/write.svg and $pictures/mvcc.svg (a browser shows them),"
echo "and what they are drawn from is $pictures/trace: a line of JSON for everything that happened."
echo
echo 'Everything was as it should be.'
