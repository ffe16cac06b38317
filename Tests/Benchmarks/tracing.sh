#!/usr/bin/env bash
# Tests/Benchmarks/tracing.sh: what does a trace cost, with somebody listening and with nobody?
#
#     ETCD_BENCH=1 bash Tests/Benchmarks/tracing.sh                 CPU and instructions, at full size, and judged
#     bash Tests/Benchmarks/tracing.sh                              the same, small: it only shows that it works
#     ETCD_BENCH=1 bash Tests/Benchmarks/tracing.sh instructions    one part only
#
# "Off costs nothing" is measured against a program that has no trace points at all. To build one, let `Tracer.emit` (both
# of them) begin with `return .none` and `isOn` be false in a copy of the checkout, and name its program in ETCD_UNTRACED.
# Needs .build/release/etcd, h2load, and valgrind for the instructions.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [[ -n ${ETCD_TEST_SANITIZE:-} ]]; then
    echo 'What a program costs that looks after itself says nothing; nothing is measured.'
    echo '0 passed, 0 failed'
    exit
fi
export ETCD_PIP=${ETCD_PIP:-$PWD/.pip}
export PYTHONPATH=$PWD/Tests/Interop:$PWD/Tests/Benchmarks:$ETCD_PIP${PYTHONPATH:+:$PYTHONPATH}
exec python3 Tests/Benchmarks/tracing.py "$@"
