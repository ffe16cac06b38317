#!/usr/bin/env bash
# Tests/ThreadSanitizer/proof.sh: may we believe what ThreadSanitizer says about Swift's Mutex?
#
#     bash Tests/ThreadSanitizer/proof.sh DIR     builds DIR/mutex.so and proves it; Tests/run.sh loads it
#
#     program                       alone            with mutex.so
#     two threads, one Mutex        warns: false     silent
#     and a number beside it        warns            warns
#
# The first line is why mutex.so exists (its head says how it works), the second why it is no suppression.

set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
into=${1:?a folder for what is built}
mkdir -p "$into"
passed=0 failed=0
clang -O2 -fPIC -shared "$here/mutex.c" -o "$into/mutex.so" || exit 1
for flavour in '' '-D RACE'; do
    # shellcheck disable=SC2086
    swiftc -O -parse-as-library -sanitize=thread -use-ld=lld $flavour "$here/proof.swift" \
        -module-cache-path "$into/cache" -o "$into/proof${flavour:+-race}" || exit 1
done
# warnings PROGRAM [LIBRARY]: how many, at least one of five runs; two threads do not meet each time.
warnings() {
    local most=0 now
    for _ in 1 2 3 4 5; do
        now=$(LD_PRELOAD=${2:-} "$into/$1" 2>&1 | grep -c 'WARNING: ThreadSanitizer: data race')
        ((now > most)) && most=$now
    done
    echo "$most"
}
# judge WHAT WANTED COUNT
judge() {
    if { [[ $2 == silent ]] && (($3 == 0)); } || { [[ $2 == warns ]] && (($3 > 0)); }; then
        printf 'ok    %s: %d warnings\n' "$1" "$3"
        passed=$((passed + 1))
    else
        printf 'WRONG %s: %d warnings, and it should be: %s\n' "$1" "$3" "$2"
        failed=$((failed + 1))
    fi
}
judge 'one Mutex, ThreadSanitizer alone (false warnings)' warns "$(warnings proof)"
judge 'one Mutex, with mutex.so' silent "$(warnings proof "$into/mutex.so")"
judge 'a race beside the Mutex, alone' warns "$(warnings proof-race)"
judge 'a race beside the Mutex, with mutex.so' warns "$(warnings proof-race "$into/mutex.so")"
echo "$passed passed, $failed failed"
((failed == 0))
