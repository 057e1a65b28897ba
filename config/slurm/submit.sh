#!/bin/bash
# Imports one source by an array of Slurm tasks: a plan now, then the array, then what came of all, each after the other.
#
#     export BULK_IMPORTER_SERVER=https://... BULK_IMPORTER_PROJECT=... BULK_IMPORTER_TOKEN_FILE=/home/me/.datagym-token
#     config/slurm/submit.sh /scratch/labels.json /scratch/labels.plan
#
# The plan's folder has to be on a file system that all nodes share (Lustre, GPFS, NFS), or in a bucket (s3://...). Slurm
# hands the environment on, so the names of server and project and the token's file are set here alone. SHARDS is how many
# parts there are, AT_ONCE how many send at a time; what may be in flight is divided among these.
#
# Once more with the same arguments after a failure: the plan is there, and what is delivered is not sent again. What is
# in a site's own rules (--account, --partition, --time) stands in SBATCH_ACCOUNT and the like, or in work.sh.
set -euo pipefail

source=${1:?"usage: submit.sh SOURCE PLAN"}
plan=${2:?"usage: submit.sh SOURCE PLAN"}
shards=${SHARDS:-64}
at_once=${AT_ONCE:-8}
here=$(cd "$(dirname "$0")" && pwd)

bulk-importer plan "$source" --output "$plan" --shards "$shards" --at-once "$at_once"
array=$(sbatch --parsable --array="0-$((shards - 1))%$at_once" "$here/work.sh" "$plan")
# After any end of the tasks, because it is what says which of them have something left.
sbatch --dependency="afterany:${array%%;*}" --job-name=labels-gather --output=labels-gather-%j.log \
  --wrap="bulk-importer gather $(printf %q "$plan")"
