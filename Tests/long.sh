#!/usr/bin/env bash
# Tests/long.sh: what does a whole night find that ten minutes do not?
#
#     bash Tests/long.sh 8                    every part, within about eight hours
#     bash Tests/long.sh 2 seeds fuzz         these parts only
#
# Tests/run.sh asks each question once and briefly. Here the same questions are asked for long:
#
#     part      what                                                          share of the night
#     seeds     simulations, crashes and random tests, ever new seeds,        as much as is left,
#               every exhaustive table, many rounds of kill -9                half with `fuzz`
#     fuzz      every decoder, for an equal share; what was learned is kept   the other half
#     thread    every test under ThreadSanitizer: data races                  once
#     address   every test under AddressSanitizer: memory that is not ours    once
#     bench     every benchmark at full size, with its load and raw output    once
#
# The parts that run once come first, because their findings are the cheapest to understand. Each part
# is Tests/run.sh (or fuzz.sh) with other settings, so it installs, builds and reports in the same way;
# at the end stands one line a part, and the sum: `N passed, N failed`.
#
# A FAILING SEED IS PRINTED, and replays: set ETCD_TEST_FIRST_SEED to it and ETCD_TEST_SEEDS to 1, and
# run its group with Tests/run.sh.
#
# SETTINGS that tests honour (each test target names its own in its file Settings.swift or in its head)
#   ETCD_TEST_SEEDS=N        how many seeds a random test walks; unset: its own small number
#   ETCD_TEST_FIRST_SEED=N   the first of them                                         (default: 1)
#   ETCD_TEST_LONG=1         what is long without seeds runs in full
#   ETCD_TEST_SECONDS=N      how long a test goes on that goes by the clock
#   ETCD_BENCH=1             benchmarks run at full size and print load and result
#   ETCD_BENCH_DIR=DIR       where their raw output is kept           (default here: .build/long/bench)
# KNOBS of this script
#   ETCD_LONG_SEEDS=N        seeds in one round of the part `seeds`                 (default: 20000)
#   ETCD_LONG_FIRST_SEED=N   where its first round begins    (default: from the date, and printed)

set -uo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

hours=${1:-}
if [[ ! $hours =~ ^[0-9]+([.][0-9]+)?$ ]]; then
    sed -n '2,6p' "${BASH_SOURCE[0]}"
    exit 2
fi
shift
parts=("$@")
if ((${#parts[@]} == 0)); then parts=(thread address bench seeds fuzz); fi
deadline=$(awk -v hours="$hours" 'BEGIN { printf "%d", hours * 3600 }')
logs=$PWD/.build/long
mkdir -p "$logs"

# What the sanitizers and the seeds go over: all groups but those that look at the text of the house,
# and the fuzzer, which has a part of its own.
groups=$(sed -nE "/ GROUP_TABLE /,/^END/ s/^([a-z0-9-]+) *\|.*/\1/p" Tests/run.sh | grep -vxE 'architecture|fuzzing' | xargs)

passed=0 failed=0
summary=()
left() { echo $((deadline - SECONDS)); }
includes() { [[ " ${parts[*]} " == *" $1 "* ]]; }

# part NAME COMMAND...: runs it, shows its steps, and adds its answer to ours.
part() {
    local name=$1 since=$SECONDS answer good bad
    shift
    printf '\n==== %s (%d:%02d of %s h)\n' "$name" $((SECONDS / 3600)) $((SECONDS / 60 % 60)) "$hours"
    "$@" 2>&1 | tee "$logs/$name.log"
    answer=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$logs/$name.log" | tail -n 1)
    good=$(sed -nE 's/^([0-9]+) passed.*/\1/p' <<<"$answer")
    bad=$(sed -nE 's/.* ([0-9]+) failed.*/\1/p' <<<"$answer")
    passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-1}))
    summary+=("$(printf '%-16s %s in %d s' "$name" "${answer:-no answer: it did not get to its end}" $((SECONDS - since)))")
}

sanitized() {
    # Ten to twenty times slower than the tests' budgets assume. The program that counts allocations takes the place
    # of malloc, as a sanitizer does: there it cannot run.
    # shellcheck disable=SC2046
    ETCD_TEST_SANITIZE=$1 ETCD_TEST_SLOWER=20 ETCD_TEST_LOGS=$logs/$1 \
        bash Tests/run.sh $(tr ' ' '\n' <<<"$groups" | grep -vx message-cost | xargs)
}

benchmarks() {
    # shellcheck disable=SC2086
    ETCD_BENCH=1 ETCD_BENCH_DIR=${ETCD_BENCH_DIR:-$logs/bench} ETCD_TEST_SLOWER=20 ETCD_TEST_LOGS=$logs/bench \
        bash Tests/run.sh $groups
}

# Rounds of new seeds until the time is up. A round that fails is kept, and the next begins.
seeds() {
    local until=$1 round=1 count=${ETCD_LONG_SEEDS:-20000} first=${ETCD_LONG_FIRST_SEED:-$(date +%s)000}
    while ((round == 1 || SECONDS < until)); do
        # shellcheck disable=SC2086
        ETCD_TEST_LONG=1 ETCD_TEST_SEEDS=$count ETCD_TEST_FIRST_SEED=$first ETCD_TEST_SLOWER=100 \
            ETCD_TEST_LOGS=$logs/seeds-$round part "seeds-$round" \
            bash -c 'echo "seeds $ETCD_TEST_FIRST_SEED and the next $ETCD_TEST_SEEDS"; exec bash Tests/run.sh "$@"' round $groups
        round=$((round + 1)) first=$((first + count))
    done
}

fuzz() {
    local decoders
    decoders=$(grep -cvE '^#|^ *$' Tests/Fuzzing/floors.txt)
    local each=$(($(left) / decoders))
    part fuzz bash Tests/Fuzzing/fuzz.sh $((each > 3 ? each : 3))
}

for name in "${parts[@]}"; do
    if [[ ! $name =~ ^(seeds|fuzz|thread|address|bench)$ ]]; then
        echo "There is no part $name; there are: seeds fuzz thread address bench" >&2
        exit 2
    fi
done
if includes thread; then part thread sanitized thread; fi
if includes address; then part address sanitized address; fi
if includes bench; then part bench benchmarks; fi
if includes seeds; then
    share=1
    if includes fuzz; then share=2; fi
    seeds $((SECONDS + $(left) / share))
fi
if includes fuzz; then fuzz; fi

echo
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed"
((failed == 0))
