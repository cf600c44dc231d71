#!/bin/bash
# Everything that is to be known of a GPU, in about a quarter of an hour on a machine with an NVIDIA card:
#   LAYERGYM_PYTHON=path/to/python bench/gpu.sh [OUT]
# The Python is to have PyTorch for CUDA; without it, our figures stand alone. A part that fails or takes too long is
# written down, and the next one follows. OUT (default gpu-results) gets a log a part; the last lines are for docs/results/gpu.md.
# Without a card it measures the CPU: that is how it can be tried.
cd "$(dirname "$0")/.." || exit 1
out=${1:-gpu-results}
mkdir -p "$out"
export TF_FORCE_GPU_ALLOW_GROWTH=true
layergym="node bin/layergym.mjs"
has_card() { [ -e /dev/nvidiactl ] || [ -e /dev/dxg ]; }
device=$(has_card && echo --cuda)

# part SECONDS NAME COMMAND...
part() {
  local limit=$1 name=$2 started=$SECONDS
  shift 2
  timeout -k 5 "$limit" "$@" >"$out/$name.log" 2>&1
  echo "== $name: code $? after $((SECONDS - started)) s" | tee -a "$out/summary"
}

tune() {
  $layergym fine-tune --model models/mobilenet_v2_035_224_tm --data data/grid_command --agent reinforce --seed 1 \
    --groups 4 --size 64 --frames 8 --episodes 2 --budget-steps 24 --baselines none --executor compiled --json "$@"
}

: >"$out/summary"
has_card && nvidia-smi >"$out/card.log" 2>&1
part 300 setup node scripts/setup.mjs
part 60 doctor $layergym doctor --json
part 180 fp32 env NVIDIA_TF32_OVERRIDE=0 node scripts/bench.mjs step $device --rounds 3 --steps 10 --rows \
  ${GPU_ROWS:-mobilenet-64,mobilenet-64-train,mobilenet-96,resnet20,host}
part 120 tf32 env NVIDIA_TF32_OVERRIDE=1 node scripts/bench.mjs step $device --tf32 --rounds 3 --steps 10 --rows \
  ${GPU_ROWS:-mobilenet-64,mobilenet-96,host}
for run in 1 2; do part 90 "tune$run" tune --out "$out/run$run" --overwrite; done
part 200 start node scripts/start.mjs --out "$out/start" --overwrite
# Far more than a card holds at once.
part 90 memory tune --size 224 --batch-size ${GPU_LARGE:-192} --frames 64 --out "$out/large" --overwrite

{
  echo; cat "$out/card.log" 2>/dev/null | grep -iE 'driver version|MiB' | head -3
  tail -n 3 "$out/setup.log"
  grep -h '^|' "$out/fp32.log"; echo; grep -h '^|' "$out/tf32.log"
  echo "hashes of two runs: $(grep -ho '"hash": *"[^"]*"' "$out"/tune?.log | sort | uniq -c | tr -s ' \n' ' ')"
  echo "too small a memory: $(grep -hi 'memory' "$out/memory.log" | tail -n 1)"
} | tee -a "$out/summary"
