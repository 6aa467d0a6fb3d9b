#!/bin/sh
# pythons_cache.sh - the folder of interpreters for the tests, shared by the scripts that fill it.
#
# For sourcing. Each interpreter lies in a folder of its own below
# ${HOLDFAST_PYTHONS:-$HOME/.cache/holdfast/pythons}, and suites/ORDER there names the folder that
# answers an order, so that nothing is fetched twice. One script fills the folder at a time.
cache=${HOLDFAST_PYTHONS:-$HOME/.cache/holdfast/pythons}

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

needs() {
    for tool; do
        command -v "$tool" >/dev/null || die "needs $tool"
    done
}

# Takes the lock and makes $scratch, which goes when the script ends.
open_cache() {
    mkdir -p "$cache/suites"
    exec 9>"$cache/.lock"
    flock 9
    scratch=$(mktemp -d "$cache/.scratch.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT TERM HUP
}

# Whether the order was answered before; says so.
have() { # ORDER
    stamp=$cache/suites/$(echo "$1" | tr / -)
    [ -s "$stamp" ] && [ -d "$cache/$(cat "$stamp")" ] || return 1
    say "$1: $(cat "$stamp") is there"
}

# Notes that a folder of the cache answers the order, once its interpreter says that it does and
# can load the modules.
remember() { # ORDER NAME EXECUTABLE VERSION MODULES
    found=$("$cache/$2/$3" -c "import platform, $5
print(platform.python_version())") || die "$1: $cache/$2/$3 does not run"
    [ "$found" = "$4" ] || die "$1: expected $4, $cache/$2/$3 says $found"
    echo "$2" >"$cache/suites/$(echo "$1" | tr / -)"
    say "$1: $cache/$2/$3 runs"
}

# Moves a tree that is whole to its place.
keep() { # ORDER FRESH NAME EXECUTABLE VERSION MODULES
    rm -rf "${cache:?}/$3"
    mv "$2" "$cache/$3"
    remember "$1" "$3" "$4" "$5" "$6"
}
