#!/bin/sh
# What `make install` puts down is enough for a host: rein runs from there, a program builds with
# what pkg-config says, and the library leaves every name but rein_* to its host.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${REIN_BUILD:=$root/build}"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cmake --install "$REIN_BUILD" --prefix "$place/usr" >"$place/log" || { cat "$place/log"; exit 1; }
"$place/usr/bin/rein" --version

cat >"$place/host.c" <<'END'
#include <rein.h>
#include <stdio.h>
#include <string.h>

/* A host has names of its own, of functions that rein has too. */
int str_find(void);
int log_append(void);
int str_find(void) { return 1; }
int log_append(void) { return 2; }

int main(void)
{
    puts(rein_version());
    return strcmp(rein_status_name(REIN_NOT_FOUND), "not_found") || str_find() + log_append() != 3;
}
END
export PKG_CONFIG_PATH="$place/usr/lib/pkgconfig"
# shellcheck disable=SC2046
cc -Wall -Wextra -Werror "$place/host.c" -o "$place/host" $(pkg-config --cflags --libs librein)
"$place/host"
