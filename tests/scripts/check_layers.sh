#!/bin/sh
# scripts/check-layers says yes to a tree in order and no to each way of breaking it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/scripts" "$tree/launch" "$tree/apps/cli" "$tree/src/base" "$tree/src/log" "$tree/src/engine"
cp "$root/scripts/check-layers" "$root/scripts/layers.txt" "$tree/scripts"
status=0

# A line of a file in an otherwise good tree, and what is said about it: nothing, or a piece of it.
expect() {
    file=$1 line=$2 said=$3
    printf '%s\n' "$line" >"$tree/$file"
    answer=$("$tree/scripts/check-layers" 2>&1) && code=0 || code=$?
    rm "$tree/$file"
    case $said:$code:$answer in
    :0:) ;;
    ?*:1:"$file:1: "*"$said"*) ;;
    *) echo "$file with '$line': expected '$said', exit $code: $answer"; status=1 ;;
    esac
}

mkdir "$tree/src/tool"
: >"$tree/src/tool/tool.h"
expect src/log/x.c    '#include "base/str.h"'           ''
expect src/log/x.c    '#include "store.h"'              ''
expect src/log/x.c    '#include <sys/stat.h>'           ''
expect src/engine/x.c '#include "context/assemble.h"'   ''
expect src/engine/x.c '#include <string.h>'             ''
expect src/engine/x.c '    snprintf(text, sizeof text, "x");' ''
expect apps/cli/x.c   '#include "platform/tty.h"'       ''
expect apps/cli/x.c   '#include <rein.h>'               ''
expect launch/x.c     '#include "platform/sandbox.h"'   ''
expect launch/x.c     '#include "launch.h"'             ''
expect launch/x.c     '#include <net/if.h>'             ''

expect src/log/x.c    '#include "tool/tool.h"'          'comes later'
expect src/log/x.h    '#include <tool/tool.h>'          'comes later'
expect src/log/x.c    '#include "nowhere/x.h"'          'no folder'
expect src/log/x.c    '#include "../tool/tool.h"'       'no folder'
expect src/engine/x.c '#include "log/log.h"'            'is not'
expect src/engine/x.c '#include <unistd.h>'             'no <unistd.h>'
expect src/engine/x.c '#  include <time.h>'             'no <time.h>'
expect src/base/x.c   '    FILE *f = fopen(path, "r");' 'no call'
expect apps/cli/x.c   '#include "log/log.h"'            'apps/ see'
expect launch/x.c     '#include "base/str.h"'           'launch/ sees'
mkdir "$tree/src/strange"
expect src/strange/x.c 'int x;'                         'not in scripts/layers.txt'
exit $status
