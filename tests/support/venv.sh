#!/bin/sh
# Makes the Python environment of a folder of tests in its .venv, once for each state of its requirements.txt:
# `venv.sh clients`.
set -eu
cd "$(dirname "$0")/../$1"

made=.venv/made-from.txt
if cmp -s requirements.txt "$made"; then
    exit 0
fi

# Debian keeps the part of venv that installs pip in a package of its own.
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "Python's venv is missing. On Debian: sudo apt-get install python3-venv" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
fi

rm -rf .venv
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
cp requirements.txt "$made"
