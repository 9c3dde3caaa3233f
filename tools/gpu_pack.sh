#!/usr/bin/env bash
# Makes the bundle that tools/gpu_check.sh needs on a machine with a GPU but without network and Debian packages.
#
#   tools/gpu_pack.sh [--images FOLDER|none] [--limit MIB] [BUNDLE]
#
# BUNDLE (default build/gpu-bundle) gets kindling.tar.xz (the tracked files, as they are), prefix.tar.xz (headers and
# libraries of the packages, from this Debian), images/ (a copy of FOLDER's make_cifar10.py and the JPEG archive beside
# it, CIFAR-10 itself being too large; default ../shared/data) and bundle.txt (what it is made of); all together at
# most MIB (50).
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

limit=50
images=$root/../shared/data
bundle=$root/build/gpu-bundle

while [ $# -gt 0 ]; do
  case $1 in
    --images)
      [ $# -ge 2 ] || die "--images needs a folder, or none"
      images=$2
      shift
      ;;
    --limit)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--limit needs a number of MiB"
      limit=$2
      shift
      ;;
    -h | --help)
      sed -n '2,10s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    -*) die "unknown option $1 (known: --images, --limit)" ;;
    *) bundle=$1 ;;
  esac
  shift
done
command -v dpkg-query >/dev/null || die "this is not Debian: the packages' files are found through dpkg"

# The packages with headers, and zlib's, which libpng's static library needs.
packages() {
  packages_of build tests | grep -E -- '-dev$' | grep -v openblas
  echo zlib1g-dev
}

# chain FILE: the file and what its symbolic links lead to, one path a line.
chain() {
  local file=$1
  while [ -L "$file" ]; do
    echo "$file"
    file=$(dirname "$file")/$(basename "$(readlink "$file")")
  done
  [ ! -f "$file" ] || echo "$file"
}

# add_package NAME LIB: its headers, CMake files and libraries; the static library where there is one.
add_package() {
  local file
  dpkg-query -L "$1" | grep -E '^/usr/(include/|share/cmake/|lib/[^/]+/cmake/|lib/[^/]+/[^/]+\.(a|so)$)' |
    while read -r file; do
      case $file in
        *.so) if [ ! -e "${file%.so}.a" ]; then chain "$file" | xargs cp -d -t "$2"; fi ;;
        *.a) cp -d "$file" "$2" ;;
        *) if [ ! -d "$file" ]; then (cd /usr && cp -dL --parents "${file#/usr/}" "$prefix"); fi ;;
      esac
    done
  # What is in the folder of the architecture is found without it too.
  if [ -d "$prefix/include/$triplet" ]; then
    cp -r "$prefix/include/$triplet/." "$prefix/include/"
    rm -r "${prefix:?}/include/$triplet"
  fi
}

# add_blas LIB: the shared OpenBLAS (the static one is larger, and would be linked into every program), the headers of
# the C interface, and the Fortran libraries that it needs.
add_blas() {
  local library header
  library=$(readlink -f "/usr/lib/$triplet/libopenblas.so.0") || die "libopenblas is not installed"
  cp "$library" "$1/libopenblas.so.0"
  ln -s libopenblas.so.0 "$1/libopenblas.so"
  ldd "$library" | awk '/libgfortran|libquadmath/ { print $3 }' | while read -r library; do
    cp -L "$library" "$1/"
  done
  for header in cblas.h openblas_config.h; do
    cp -L "/usr/include/$triplet/$header" "$prefix/include/" 2>/dev/null ||
      cp -L "/usr/include/$triplet/openblas-pthread/$header" "$prefix/include/"
  done
}

# The newest symbol versions that the shared libraries ask of the other machine.
needed_versions() {
  local name
  for name in GLIBC GLIBCXX; do
    objdump -T "$1"/*.so* 2>/dev/null | grep -oE "\b${name}_[0-9.]+" | sort -uV | tail -n 1
  done | paste -sd ' '
}

describe_bundle() {
  local package
  echo "commit: $(source_id)"
  echo "packed: $(date -u +%F)"
  echo "from: $(. /etc/os-release && echo "$PRETTY_NAME"), $(uname -m)"
  echo "needs at least: $(needed_versions "$prefix/lib/$triplet")"
  echo "images: $1"
  for package in $(packages) libopenblas0-pthread; do
    # shellcheck disable=SC2016  # ${Version} is dpkg-query's
    printf 'package: %s %s\n' "$package" "$(dpkg-query -W -f '${Version}' "$package")"
  done
}

add_images() {
  if [ "$images" = none ]; then
    echo none
    return
  fi
  [ -f "$images/make_cifar10.py" ] || die "no make_cifar10.py in $images (--images FOLDER, or --images none)"
  mkdir "$work/images"
  cp "$images/make_cifar10.py" "$images"/*.tar.xz "$work/images/"
  echo "CIFAR-10 (JPEG copy)"
}

triplet=$(g++ -print-multiarch)
mkdir -p "$(dirname "$bundle")"
work=$(mktemp -d "$(dirname "$bundle")/.gpu-bundle.XXXXXX")
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
mkdir -p "$prefix/include" "$prefix/lib/$triplet"

say "headers and libraries"
for package in $(packages); do add_package "$package" "$prefix/lib/$triplet"; done
add_blas "$prefix/lib/$triplet"
said=$(add_images)
describe_bundle "$said" >"$work/bundle.txt"
say "packing"
tar -C "$work" --owner 0 --group 0 -cJf "$work/prefix.tar.xz" prefix
rm -r "$prefix"
git -C "$root" ls-files -z |
  tar -C "$root" --null -T - --transform 's,^,kindling/,' --owner 0 --group 0 -cJf "$work/kindling.tar.xz"

bytes=$(du -sb --apparent-size "$work" | cut -f 1)
[ "$bytes" -le $((limit << 20)) ] ||
  die "the bundle would have $((bytes >> 20)) MiB, at most $limit are allowed: leave out the images (--images none)"
rm -rf "$bundle"
mv "$work" "$bundle"
chmod 755 "$bundle"
du -ah --apparent-size "$bundle" | sort -k 2
cat "$bundle/bundle.txt"
