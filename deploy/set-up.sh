#!/bin/sh
# What make needs before there is a Python environment: find Python, make the environment, link the project into it.
set -eu

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
        if new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "Obhut needs Python 3.11 or newer, and none was found. Install it (on Debian: apt-get install python3 python3-venv)" \
        "or say where it is: make PYTHON=/path/to/python3"
}

# Debian keeps the module that fills an environment in a package of its own.
add_venv_module() {
    package=$("$1" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "$1 cannot make virtual environments. Install its venv module (on Debian: sudo apt-get install $package)" \
            "and start again."
    fi
    echo "Installing $package …"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"; } \
        >/dev/null || fail "apt-get could not install $package; install it by hand and start again."
}

# make_venv FOLDER: also mends one whose interpreter has gone away.
make_venv() {
    python=$(find_python)
    echo "Making a Python environment with $python …"
    [ -x "$1/bin/python" ] || rm -rf "$1"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || add_venv_module "$python"
    "$python" -m venv "$1"
}

# link FOLDER: the packages import from the working copy, and the command `obhut` is there. Doing it by hand spares
# a build tool that would have to be fetched; paths are relative, so that the folder may be moved.
link() {
    for packages in "$1"/lib/python3.*/site-packages; do
        echo ../../../.. >"$packages/obhut.pth"
    done
    cat >"$1/bin/obhut" <<'SCRIPT'
#!/bin/sh
'''exec' "$(dirname "$0")/python" "$0" "$@"
'''
import sys

from config.cli import main

sys.exit(main())
SCRIPT
    chmod +x "$1/bin/obhut"
}

case "${1:-}" in
    venv) make_venv "$2" ;;
    link) link "$2" ;;
    *) fail "usage: $0 venv|link FOLDER" ;;
esac
