#!/bin/sh
# scripts/run-tests counts what test binaries say, and notices those that end before they said it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
unset ONLY REIN_SOAK || true
status=0

# The body of one test binary, and the last line that is expected.
expect() {
    printf '#!/bin/sh\n%s\n' "$1" >"$build/binary"
    chmod +x "$build/binary"
    echo "unit fake binary" >"$build/tests.txt"
    TEST_SECONDS=1 FILTER='*' "$root/scripts/run-tests" "$build" >"$build/said" 2>&1 && code=0 || code=$?
    case $2 in *" 0 failed") good=0 ;; *) good=1 ;; esac
    [ "$(tail -n 1 "$build/said")" = "$2" ] && [ $code = $good ] && return
    echo "for $1: expected '$2', exit $good; got exit $code:"
    cat "$build/said"
    status=1
}

expect 'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"' '2 passed, 0 failed'
expect 'echo 1..1; echo "ok 1 - a"; echo 1..1; echo "ok 1 - b"' '2 passed, 0 failed'
expect 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; exit 1' '1 passed, 1 failed'
expect 'echo 1..3; echo "ok 1 - a"; kill -SEGV $$' '1 passed, 2 failed'
expect 'echo 1..1; echo "ok 1 - a"; exit 23' '1 passed, 1 failed'
expect 'echo 1..1; echo "not ok 1 # SKIP a"; echo 1..1; echo "ok 1 - b"' '1 passed, 0 failed'
expect 'exit 1' '0 passed, 1 failed'
expect 'kill -KILL $$' '0 passed, 1 failed'
expect 'echo 1..1; exec sleep 60' '0 passed, 1 failed'
grep -q 'took too long' "$build/said"
expect 'echo nothing' '0 passed, 1 failed'

echo "unit fake absent" >"$build/tests.txt"
if FILTER='*' "$root/scripts/run-tests" "$build" >/dev/null 2>&1; then
    echo "a binary that is not there passed"
    status=1
fi
exit $status
