#!/usr/bin/env bash
# Downloads CIFAR-10 (binary version, 162 MiB) and unpacks it into FOLDER/cifar-10-batches-bin.
#
#   tools/fetch_cifar10.sh [--url URL] [--md5 SUM] [--timeout SECONDS] FOLDER
#
# The folder appears complete or not at all: archive and files are made in a temporary folder beside it, the archive's
# md5 is checked, and one rename publishes them. Exit status: 0 it is there, 2 usage, 3 the archive is not the expected
# one, 4 the download failed (no network, cut, no byte for --timeout seconds), 8 the folder can't be written.
set -euo pipefail

url=https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz
md5=c32a1d4ab5d03f1284b67883e8d87530
timeout=30
folder=

fail() {
  printf 'fetch_cifar10.sh: %s\n' "$2" >&2
  exit "$1"
}

while [ $# -gt 0 ]; do
  case $1 in
    --url | --md5 | --timeout)
      [ $# -ge 2 ] || fail 2 "$1 needs a value"
      declare "${1#--}=$2"
      shift 2
      ;;
    -h | --help)
      sed -n '2,8s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    -*) fail 2 "unknown option $1" ;;
    *)
      [ -z "$folder" ] || fail 2 "one folder wanted, found $folder and $1"
      folder=$1
      shift
      ;;
  esac
done
[ -n "$folder" ] || fail 2 "which folder? usage: fetch_cifar10.sh [--url URL] [--md5 SUM] [--timeout SECONDS] FOLDER"
[[ $timeout =~ ^[1-9][0-9]*$ ]] || fail 2 "--timeout wants whole seconds, found $timeout"

target=$folder/cifar-10-batches-bin
if [ -d "$target" ]; then
  echo "CIFAR-10 is already in $target"
  exit 0
fi
command -v curl >/dev/null || fail 4 "curl is not installed"
mkdir -p "$folder" 2>/dev/null || fail 8 "can't make the folder $folder"
work=$(mktemp -d "$folder/.cifar-10.XXXXXX" 2>/dev/null) || fail 8 "can't write in $folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --speed-time ends a transfer that stands still, also before the first byte; --max-time is only the last resort.
progress=--silent
if [ -t 2 ]; then progress=--progress-bar; fi
echo "downloading $url"
if ! message=$(curl --fail --location "$progress" --connect-timeout "$timeout" --speed-limit 1 \
  --speed-time "$timeout" --max-time 3600 --write-out '%{errormsg}' --output "$work/archive.tar.gz" "$url"); then
  fail 4 "$url: ${message:-curl failed}"
fi

found=$(md5sum "$work/archive.tar.gz" | cut -d ' ' -f 1)
[ "$found" = "$md5" ] ||
  fail 3 "$url: md5 $md5 expected, $found found ($(stat -c %s "$work/archive.tar.gz") bytes); nothing was kept"

mkdir "$work/unpacked"
tar -xzf "$work/archive.tar.gz" -C "$work/unpacked" --no-same-owner 2>"$work/tar.log" ||
  fail 8 "can't unpack the archive in $folder: $(head -n 1 "$work/tar.log")"
[ -d "$work/unpacked/cifar-10-batches-bin" ] || fail 3 "$url: the archive holds no cifar-10-batches-bin"

# Another fetch may have won the race; its files are the same.
mv -T "$work/unpacked/cifar-10-batches-bin" "$target" 2>/dev/null || [ -d "$target" ] || fail 8 "can't write $target"
echo "CIFAR-10 is in $target"
