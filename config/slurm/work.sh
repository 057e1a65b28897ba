#!/bin/bash
# Imports one shard of a plan as a task of a Slurm array; config/slurm/submit.sh says how all of it is started.
#
# Before its time is up, or when it gives way to another job, Slurm sends SIGTERM (--signal): what is in flight lands, and
# the task is put back into the queue, where it resumes. So it is with a node that fails (--requeue), and with an exit code
# after which the same command may run again by itself. Any other one ends the task, for a person to look at.
#SBATCH --job-name=labels-work
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=512M
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=labels-work-%A_%a.log
set -uo pipefail

plan=${1:?"usage: sbatch --array=0-63%8 work.sh PLAN"}
most_tries=${MOST_TRIES:-8}

# exit codes: written by config/exit_codes.py
again=" 5 6 7 9 70 129 130 143 "
# exit codes: end

# The shell gets the signal, as the batch step (B:), and hands it on; one that comes before there is a worker, as soon as
# there is one. A trap ends `wait`, which then has to be asked again.
signal=
handed_to=
trap 'signal=TERM; handed_to=${!-}; kill -TERM "$handed_to" 2>/dev/null' TERM
trap 'signal=INT; handed_to=${!-}; kill -INT "$handed_to" 2>/dev/null' INT
bulk-importer work "$plan" --index "$SLURM_ARRAY_TASK_ID" --rejections-exit 0 &
worker=$!
[ -z "$signal" ] || [ -n "$handed_to" ] || kill -s "$signal" "$worker" 2>/dev/null
wait "$worker"
code=$?
while [ -n "$signal" ]; do
  signal=
  wait "$worker"
  last=$?
  [ "$last" -eq 127 ] || code=$last  # 127: it had ended, and was waited for, when the signal came
done

if [[ $again == *" $code "* ]] && [ "${SLURM_RESTART_COUNT:-0}" -lt "$most_tries" ]; then
  echo "Exit code $code: shard $SLURM_ARRAY_TASK_ID is tried again." >&2
  # It ends this task as well, so nothing may stand behind it but the code, for a cluster that does not requeue.
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
