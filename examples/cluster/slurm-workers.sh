#!/bin/bash
# Any number of workers for runs that wait in a folder: begin a run with --queue file:FOLDER elsewhere, and end these at will.
#SBATCH --job-name=layergym-workers
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00

exec "${LAYERGYM:-$SLURM_SUBMIT_DIR/node_modules/.bin/layergym}" worker --queue "${LAYERGYM_QUEUE:-file:$SLURM_SUBMIT_DIR/queue}" \
  --workers "$SLURM_CPUS_PER_TASK" --idle 600
