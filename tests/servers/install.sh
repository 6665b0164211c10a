#!/usr/bin/env bash
# Installs the servers that the tests speak to, where it may; says what it could not. Running it again does nothing.
set -uo pipefail

has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_chromium() { command -v chromium >/dev/null; }
# Screenshots of a Persian page need some font that has the letters, beside the bundled one.
has_fonts() { compgen -G '/usr/share/fonts/truetype/*/*.ttf' >/dev/null; }

missing() {
  has_postgres || echo postgresql
  has_chromium || echo chromium
  has_fonts || echo fonts-noto-core
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

packages=$(missing)
if [ -n "$packages" ] && command -v apt-get >/dev/null && as_root true 2>/dev/null; then
  as_root apt-get update -qq </dev/null
  # One by one, so that a package this system does not have keeps none of the others away.
  for package in $packages; do
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" </dev/null >/dev/null
  done
fi

packages=$(missing)
if [ -n "$packages" ]; then
  echo "Not installed: ${packages//$'\n'/, }. Their tests will be skipped, or use what a wheel brings." >&2
else
  echo "Servers for the tests: PostgreSQL and Chromium are installed."
fi
