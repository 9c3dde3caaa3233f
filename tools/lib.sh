# shellcheck shell=bash
# What the scripts in tools/ and .ci/ share. Sourced, never run; the caller sets `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)

say() { printf '== %s\n' "$*"; }
warn() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() {
  warn "$*"
  exit 1
}

# packages_of GROUP...: their packages, one a line.
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' "$root/tools/packages.txt"
  done
}

# missing_packages GROUP...: those that dpkg doesn't know as installed, one a line.
missing_packages() {
  local package
  for package in $(packages_of "$@"); do
    # shellcheck disable=SC2016  # ${Status} is dpkg-query's
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || printf '%s\n' "$package"
  done
}

# as_root COMMAND...: runs it as root, through sudo where needed.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages GROUP...: installs what is missing; does nothing (and needs neither root nor network) if nothing is.
install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "this is not Debian (no apt-get): install the equivalents of tools/packages.txt ($*), then use --no-install"
  fi
  local missing log="$root/build/apt.log"
  missing=$(missing_packages "$@" | paste -sd ' ')
  if [ -z "$missing" ]; then
    say "packages ($*): all installed"
    return
  fi
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || die "neither root nor sudo here; as root: apt-get install $missing"
  say "packages: installing $missing (log: build/apt.log)"
  mkdir -p "$root/build"
  # Package lists may be absent or old (a fresh container has none). A failed update alone is not fatal.
  as_root apt-get -q -o Acquire::Retries=3 update >"$log" 2>&1 || true
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
    install --no-install-recommends $missing >>"$log" 2>&1 ||
    die "apt-get can't install $missing: $(grep -m1 '^E:' "$log" || echo 'see build/apt.log')"
}

# Rebuilds reuse objects where ccache is installed, those of other worktrees too; nothing depends on it.
use_ccache() {
  if ! command -v ccache >/dev/null; then return; fi
  export CCACHE_BASEDIR="${CCACHE_BASEDIR-$root}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR-1}"
  export CMAKE_CXX_COMPILER_LAUNCHER="${CMAKE_CXX_COMPILER_LAUNCHER-ccache}"
  export CMAKE_CUDA_COMPILER_LAUNCHER="${CMAKE_CUDA_COMPILER_LAUNCHER-ccache}"
}

# build_preset PRESET [TARGET...]: configures and builds it; everything if no target is named.
build_preset() {
  local preset=$1 log="$root/build/configure-$1.log"
  shift
  mkdir -p "$root/build"
  say "configuring $preset"
  (cd "$root" && cmake --preset "$preset") >"$log" 2>&1 ||
    die "cmake can't configure $preset: $(grep -m1 -A2 'CMake Error' "$log" | paste -sd ' ' || true) (log: $log)"
  say "building $preset${*:+ ($*)} with $jobs jobs"
  local targets=() quiet=() start=$SECONDS
  if [ $# -gt 0 ]; then targets=(--target "$@"); fi
  # A log needs no progress, and what it says of tests is found sooner without it.
  if [ ! -t 1 ]; then quiet=(-- --quiet); fi
  (cd "$root" && cmake --build --preset "$preset" -j "$jobs" "${targets[@]}" "${quiet[@]}") || die "$preset does not build"
  say "built in $(minutes $((SECONDS - start)))"
}

# source_id: the commit, marked where tracked files differ from it; in a tree without git what KINDLING_COMMIT says.
source_id() {
  git -C "$root" describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null || echo "${KINDLING_COMMIT:-unknown}"
}

# minutes SECONDS -> 3:07
minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
