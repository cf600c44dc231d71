#!/usr/bin/env bash
# Writes framemd5.json: for each clip the number of its frames and the MD5 of the list of their MD5s, as ffmpeg's own
# framemd5 muxer computes them (first video stream, rgb24).
#   FFMPEG=ffmpeg test/golden/framemd5.sh FOLDER [CLIP ...] > test/golden/framemd5.json
# FOLDER is what the names in the file are relative to; without CLIPs, every file below it is listed that decodes.
set -euo pipefail
ffmpeg=${FFMPEG:-ffmpeg}
cd "$1"
shift
if [ $# -eq 0 ]; then
  mapfile -t clips < <(find . -type f ! -name '*.csv' ! -name '*.align' | sed 's|^\./||' | LC_ALL=C sort)
else
  clips=("$@")
fi
echo '{'
separator=''
for clip in "${clips[@]}"; do
  list=$("$ffmpeg" -nostdin -v quiet -i "$clip" -map 0:v:0 -pix_fmt rgb24 -f framemd5 - 2>/dev/null |
    sed -n 's/^0,.*, *\([0-9a-f]\{32\}\)$/\1/p' || true)
  [ -n "$list" ] || continue
  printf '%b  "%s": { "frames": %d, "md5": "%s" }' "$separator" "$clip" \
    "$(wc -l <<<"$list")" "$(printf '%s' "$list" | md5sum | cut -d' ' -f1)"
  separator=',\n'
done
printf '\n}\n'
