#!/bin/bash
# A study over eight tasks of a job array: each does its part, all fill one folder. Submit it again where time ran out.
#SBATCH --job-name=layergym
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@60
#SBATCH --requeue

run="${LAYERGYM_RUN:-$SLURM_SUBMIT_DIR/runs/study}"
# The command itself, in a clone bin/layergym.mjs: npx would keep USR1 for itself.
layergym="${LAYERGYM:-$SLURM_SUBMIT_DIR/node_modules/.bin/layergym}"

"$layergym" study --config "${LAYERGYM_CONFIG:-study.yaml}" --out "$run" \
  --shard auto --workers "$SLURM_CPUS_PER_TASK" &
task=$!
trap 'kill -USR1 "$task"' USR1 TERM
wait "$task"
# A signal ends the first wait, not the task: it saves what it has.
wait "$task"
code=$?
# 138: stopped by USR1, a minute before the end of its time. What is done is in the folder; the rest is done next time.
if [ "$code" -eq 138 ]; then scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"; fi
exit "$code"
