#!/usr/bin/env bash
# Makes pictures of a study's report, to look at: as a screen, a phone and paper (A4) show it.
#
#   tools/screenshots.sh OUT [FOLDER]
#
# Reads OUT/report.html; writes screen.png (1280 px wide), phone.png (390 px), report.pdf and, where pdftoppm is
# (Debian: poppler-utils), page-N.png into FOLDER (OUT/screenshots). Exit status: 0 done, 2 usage, 3 no report, 77 no
# Chromium.
set -euo pipefail

fail() {
  printf 'screenshots.sh: %s\n' "$2" >&2
  exit "$1"
}

[[ $# -eq 1 || $# -eq 2 ]] || fail 2 "usage: screenshots.sh OUT [FOLDER]"
[ -f "$1/report.html" ] || fail 3 "no report: $1/report.html is not there"
report=$(realpath "$1/report.html")
folder=${2:-$1/screenshots}
mkdir -p "$folder"
folder=$(realpath "$folder")

chromium=
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && chromium=$name && break
done
[ -n "$chromium" ] || fail 77 "no Chromium found (Debian: apt install chromium)"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
browse() {
  "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files \
    --user-data-dir="$scratch/profile" "$@" 2>"$scratch/log" || fail 1 "Chromium: $(tail -n 1 "$scratch/log")"
}

# A browser window can't be as narrow as a phone, a frame can.
for view in screen:1280:11000 phone:390:15000; do
  IFS=: read -r name width height <<<"$view"
  printf '<body style="margin:0"><iframe src="file://%s" style="border:0;width:%spx;height:%spx"></iframe>' \
    "$report" "$width" "$height" >"$scratch/$name.html"
  browse --window-size="$width,$height" --screenshot="$folder/$name.png" "file://$scratch/$name.html"
done
browse --no-pdf-header-footer --print-to-pdf="$folder/report.pdf" "file://$report"
if command -v pdftoppm >/dev/null; then
  rm -f "$folder"/page-*.png
  pdftoppm -r 70 -png "$folder/report.pdf" "$folder/page"
fi
printf 'written: %s\n' "$folder"
