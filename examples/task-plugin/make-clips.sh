#!/bin/sh
# Writes clips of a box that crosses the picture at a speed of its own, and labels.csv.
# usage: make-clips.sh FOLDER [CLIPS]; FFMPEG names another ffmpeg than the one on the path
set -e
folder=$1
clips=${2:-40}
mkdir -p "$folder"
echo 'path,label' > "$folder/labels.csv"
i=0
while [ "$i" -lt "$clips" ]; do
  speed=$((4 + i * 13 % 40))
  row=$((i * 7 % 24))
  # Every other one comes from the right.
  if [ $((i % 2)) -eq 0 ]; then x="t*$speed"; else x="32-t*$speed"; fi
  "${FFMPEG:-ffmpeg}" -v error -y -nostdin \
    -f lavfi -i "color=black:size=40x32:rate=8:duration=1" \
    -f lavfi -i "color=white:size=8x8:rate=8:duration=1" \
    -filter_complex "overlay=x='$x':y=$row" -pix_fmt yuv420p "$folder/$i.mp4"
  echo "$i.mp4,$speed" >> "$folder/labels.csv"
  i=$((i + 1))
done
