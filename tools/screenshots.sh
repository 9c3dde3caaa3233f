#!/usr/bin/env bash
# Makes pictures of a study's report, to look at: as a screen, a phone and paper (A4) show it.
#
#   tools/screenshots.sh OUT [FOLDER]
#
# Reads OUT/report.html; writes screen-N.png (1280 px wide), phone-N.png (390 px), report.pdf and, where pdftoppm is
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

# A browser window can't be as narrow as a phone, a frame can. Pictures have a largest height, so that a long report takes
# several: the frame, as high as what is in it, is moved up behind each.
page_of() { # WIDTH HEIGHT TOP
  printf '<body style="margin:0"><iframe src="file://%s" style="border:0;width:%spx;height:%spx;margin-top:-%spx"></iframe>' \
    "$report" "$@"
}
measure='<script>onload=()=>document.title="height "+frames[0].document.documentElement.scrollHeight</script>'
part=4000
rm -f "$folder"/{screen,phone}-*.png
for view in screen:1280 phone:390; do
  IFS=: read -r name width <<<"$view"
  { page_of "$width" 1000 0 && printf '%s' "$measure"; } >"$scratch/measure.html"
  height=$(browse --window-size="$width,1000" --dump-dom "file://$scratch/measure.html" | grep -oP "(?<=height )[0-9]+") ||
    fail 1 "the height of $report is unknown"
  for ((top = 0; top < height; top += part)); do
    page_of "$width" "$height" "$top" >"$scratch/part.html"
    browse --window-size="$width,$part" --screenshot="$folder/$name-$((top / part + 1)).png" "file://$scratch/part.html"
  done
done
browse --no-pdf-header-footer --print-to-pdf="$folder/report.pdf" "file://$report"
if command -v pdftoppm >/dev/null; then
  rm -f "$folder"/page-*.png
  pdftoppm -r 70 -png "$folder/report.pdf" "$folder/page"
fi
printf 'written: %s\n' "$folder"
