#!/usr/bin/env bash
# Tests/Fuzzing/fuzz.sh: does any input make a decoder of ours trap, hang, or read what is not its own?
#
#     bash Tests/Fuzzing/fuzz.sh                every decoder, three seconds each
#     bash Tests/Fuzzing/fuzz.sh 600 varint     these decoders, ten minutes each
#
# It builds the program `fuzz` (see Main.swift) with libFuzzer's and AddressSanitizer's instrumentation
# in a folder of its own, gives every decoder every golden byte string as a start, and says for each:
#
#     varint        326920 executions (floor  30000)   149 edges (floor   120)   550 MiB
#
# An edge is a jump in our code that some input took. WHY FLOORS? A fuzzer that crashes nothing because
# it runs nothing looks exactly like success. So floors.txt holds, for each decoder, how many
# executions and edges three seconds should at least give; fewer is a failure, a decoder without a floor
# too, and so is a floor without a decoder.
#
# WOULD IT FIND ANYTHING? Each run begins with decoders that are broken on purpose (PlantedBugs.swift);
# one that the fuzzer does not break is a failure.
#
# The last line is the answer that Tests/run.sh reads: `N passed, N failed`. What a long run learned is
# kept in .build/fuzzing/corpus and makes the next run start further on.
#
# KNOBS  ETCD_FUZZ_CORPUS=DIR   where to keep what was learned   (default: .build/fuzzing/corpus for
#                               runs over 10 s; shorter ones forget, so that they are all alike)

set -uo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# Leaks are not what this looks for, and looking needs rights that containers do not have.
# The runtime prints no backtrace of its own: the fuzzer does, and the two disturb each other.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=32 ETCD_FUZZING=fuzzer,address

seconds=${1:-3}
shift $(($# > 0 ? 1 : 0))
scratch=.build/fuzzing
findings=$scratch/findings
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
# An input of 64 KiB that takes more than these is out of all proportion.
limits=(-max_len=65536 -timeout=5 -malloc_limit_mb=64 -rss_limit_mb=2048)

if ! swift build -c release --scratch-path "$scratch" --product fuzz >"$temporary/build.log" 2>&1; then
    grep -E 'error' "$temporary/build.log" || tail -n 20 "$temporary/build.log"
    echo 'The program `fuzz` could not be built.'
    echo '0 passed, 1 failed'
    exit 1
fi
fuzz=$scratch/release/fuzz

golden=()
while IFS= read -r folder; do golden+=("$folder"); done < <(find Tests -type d -name Golden | sort)
echo "$("$fuzz" seeds "$temporary/seeds" "${golden[@]}") from ${#golden[@]} folders of golden data"

passed=0 failed=0
floor_of() { awk -F'|' -v name="$1" -v column="$2" '$1 ~ "^" name " *$" { gsub(/ /, "", $column); print $column }' Tests/Fuzzing/floors.txt; }
fail() { printf '  %s\n' "$*"; failed=$((failed + 1)); }

# What the fuzzer found is kept: the input, and how to see it again.
explain() {
    local decoder=$1 log=$2 input
    grep -E 'Fatal error|ERROR: |SUMMARY: ' "$log" | head -n 5 | sed 's/^/    /'
    grep -E '^ +#[0-9]+ .* in ' "$log" | grep -vE 'compiler-rt|libc|Fuzzer' | head -n 8 | sed 's/^/    /'
    for input in "$findings/$decoder"-*; do
        if [[ -e $input ]]; then echo "    again: $fuzz run $decoder $input"; fi
    done
}

run_decoder() {
    local decoder=$1 log=$temporary/log status executions edges memory least_executions least_edges
    local corpus=$temporary/corpus-$decoder
    if ((seconds > 10)) || [[ -n ${ETCD_FUZZ_CORPUS:-} ]]; then corpus=${ETCD_FUZZ_CORPUS:-$scratch/corpus}/$decoder; fi
    mkdir -p "$corpus" "$findings"
    "$fuzz" run "$decoder" "${limits[@]}" -max_total_time="$seconds" -print_final_stats=1 -seed=1 \
        -artifact_prefix="$findings/$decoder-" "$corpus" "$temporary/seeds" >"$log" 2>&1
    status=$?
    executions=$(sed -nE 's/^stat::number_of_executed_units: *([0-9]+)$/\1/p' "$log")
    memory=$(sed -nE 's/^stat::peak_rss_mb: *([0-9]+)$/\1/p' "$log")
    edges=$(grep -oE ' cov: [0-9]+' "$log" | tail -n 1 | grep -oE '[0-9]+')
    least_executions=$(floor_of "$decoder" 2) least_edges=$(floor_of "$decoder" 3)
    printf '%-22s %9d executions (floor %7s) %6d edges (floor %5s) %5d MiB\n' "$decoder" "${executions:-0}" \
        "${least_executions:-none}" "${edges:-0}" "${least_edges:-none}" "${memory:-0}"
    if ((status != 0)); then
        fail "$decoder: found"
        explain "$decoder" "$log"
    elif [[ -z $least_executions || -z $least_edges ]]; then
        fail "$decoder has no floor in Tests/Fuzzing/floors.txt; after this run it would be:"
        printf '%-22s | %7d | %5d\n' "$decoder" $((executions / 40)) $((edges * 7 / 10))
    elif ((executions < least_executions || edges < least_edges)); then
        fail "$decoder is below its floor: does it still reach what it should?"
    else
        passed=$((passed + 1))
    fi
}

names=$("$fuzz" list)
for floor in $(grep -v '^#' Tests/Fuzzing/floors.txt | cut -d'|' -f1); do
    grep -qx "$floor" <<<"$names" || fail "floors.txt has $floor, which is no decoder"
done
for planted in $("$fuzz" list planted); do
    "$fuzz" run "$planted" "${limits[@]}" -max_total_time=60 -print_final_stats=1 -seed=1 \
        -artifact_prefix="$temporary/$planted-" "$temporary/seeds" >"$temporary/log" 2>&1
    # That something failed is not enough: the input must be the one that the bug waits for.
    if [[ $(cat "$temporary/$planted"-* 2>/dev/null | head -c 4 | tr -d '\0') == etcd ]]; then
        printf '%-22s found, as it must be, after %s executions\n' "$planted" \
            "$(sed -nE 's/^stat::number_of_executed_units: *([0-9]+)$/\1/p' "$temporary/log")"
        passed=$((passed + 1))
    else
        tail -n 5 "$temporary/log"
        fail "$planted is broken on purpose, and the fuzzer did not notice"
    fi
done
if (($# > 0)); then names=$(printf '%s\n' "$@"); fi
for decoder in $names; do run_decoder "$decoder"; done
echo "$passed passed, $failed failed"
((failed == 0))
