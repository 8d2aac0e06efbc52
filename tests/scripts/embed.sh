#!/bin/sh
# scripts/embed: what is embedded is what was in the files, byte for byte, sorted, with its mode,
# and the same whatever the order of the arguments.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree"
mkdir -p src/tool examples/demo/src
i=0
while [ $i -lt 256 ]; do # every byte
    printf "\\$(printf %o $i)"
    i=$((i + 1))
done >src/tool/bytes.md
: >src/tool/empty.md
echo 'all: # "$@"' >examples/demo/Makefile
printf 'no end of line' >"examples/demo/src/a b.c"
echo '#!/bin/sh' >examples/demo/run
chmod 755 examples/demo/run
chmod 600 src/tool/empty.md

"$root/scripts/embed" one.c src/tool/bytes.md src/tool/empty.md examples/demo/Makefile \
    "examples/demo/src/a b.c" examples/demo/run
"$root/scripts/embed" two.c "examples/demo/src/a b.c" examples/demo/run src/tool/empty.md \
    examples/demo/Makefile src/tool/bytes.md
cmp one.c two.c

cat >show.c <<'END'
#include <stdio.h>
#include "base/embed.h"
int main(int argc, char **argv)
{
    for (const struct embedded *e = embedded_files; e->name[0]; e++)
        if (argc < 2)
            printf("%s %zu %o\n", e->name, e->bytes.n, e->mode);
        else if (str_eq(str_of(e->name), str_of(argv[1])))
            fwrite(e->bytes.p, 1, e->bytes.n, stdout);
    return 0;
}
END
cc -std=gnu17 -Wall -Wextra -Wconversion -Werror -I"$root/src" -I"$root/include" show.c one.c -o show
./show >list
cat >expected <<'END'
demo/Makefile 12 644
demo/run 10 755
demo/src/a b.c 14 644
tool/bytes.md 256 644
tool/empty.md 0 644
END
diff -u expected list
./show tool/bytes.md | cmp - src/tool/bytes.md
./show "demo/src/a b.c" | cmp - "examples/demo/src/a b.c"

"$root/scripts/embed" none.c
cc -std=gnu17 -I"$root/src" -I"$root/include" show.c none.c -o show
[ -z "$(./show)" ]

! "$root/scripts/embed" bad.c elsewhere/x.md 2>said
grep -q "elsewhere/x.md" said
[ ! -e bad.c ]
