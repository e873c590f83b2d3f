#!/bin/sh
# Finds the Pythons of this machine that the project runs on, and prints the path of one:
#
#     sh infra/pythons.sh newest     of those that were tried; 3.15 fails: not all of the lock files has wheels for it
#     sh infra/pythons.sh oldest
#     sh infra/pythons.sh 3.13       that one
#
# It looks along the path, then into pyenv's folder, and starts each once: a name on the path may be a shim that leads
# nowhere. Where there is none it prints nothing and ends with 1; for `newest` it says what to install.
# POSIX shell, because nothing is installed yet.
set -u
TRIED="3.14 3.13 3.12 3.11"

# The path of Python $1 (as 3.13), if it is here and starts. The splitting is meant: the path's colons become spaces,
# its spaces wildcards.
one() {
    for place in $(echo "$PATH" | tr ' :' '? ') "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin; do
        for name in "python$1" python3; do
            [ -x "$place/$name" ] || continue
            said=$("$place/$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
            [ "$said" = "$1" ] && echo "$place/$name" && return
        done
    done
    return 1
}

# The first of the versions given that is here.
first() {
    for version in "$@"; do
        one "$version" && return
    done
    return 1
}

case "${1:-}" in
newest) first $TRIED && exit ;;
oldest) first $(for version in $TRIED; do echo "$version"; done | sort -t . -k 2 -n) && exit ;;
3.*) first "$1" && exit ;;
*) echo "usage: sh infra/pythons.sh newest | oldest | 3.N" >&2 && exit 2 ;;
esac

[ "$1" = newest ] && cat >&2 <<'SAY'
No Python from 3.11 to 3.14 was found on this machine. Install one, then try again:
  Debian 12 and 13, Ubuntu 24.04:  sudo apt-get install python3 python3-venv
  macOS:                           brew install python@3.13
A Python elsewhere is named by:    make PYTHON=/path/to/python3 ...
SAY
exit 1
