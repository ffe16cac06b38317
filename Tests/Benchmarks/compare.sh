#!/usr/bin/env bash
# Tests/Benchmarks/compare.sh: what does a request cost here, and what in etcd 3.5.1, on this machine, in this hour?
#
#     ETCD_BENCH=1 bash Tests/Benchmarks/compare.sh                 everything at full size, and judged
#     bash Tests/Benchmarks/compare.sh                              the same, small: it only shows that it works
#     ETCD_BENCH=1 bash Tests/Benchmarks/compare.sh reads puts      these parts only
#     ... --sides real real                                         etcd with itself: every ratio should be 1
#
# Parts: reads, puts, latency, memory, watchers, starts, instructions. What each does, and why so, is said in compare.py. Raw output
# of h2load, of `perf` where the machine lets it count instructions, and all figures stay in ETCD_BENCH_DIR, else in
# .build/tests/compare/. Needs both programs: .build/release/etcd (ours) and .build/release/loader.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [[ -n ${ETCD_TEST_SANITIZE:-} ]]; then
    echo 'What a program costs that looks after itself says nothing; nothing is measured.'
    echo '0 passed, 0 failed'
    exit
fi
export ETCD_PIP=${ETCD_PIP:-$PWD/.pip}
export PYTHONPATH=$PWD/Tests/Interop:$ETCD_PIP${PYTHONPATH:+:$PYTHONPATH}
exec python3 Tests/Benchmarks/compare.py "$@"
