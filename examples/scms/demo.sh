#!/usr/bin/env bash
# The README's four commands on the SCMS export: demo.sh SHIPRISK FOLDER
set -euo pipefail
shiprisk=$1
source=${2:-}
mapping=$(dirname "$0")/mapping.sql

if [ -z "$source" ]; then
  echo "The environment is ready: $shiprisk"
  echo "Say where the SCMS export is to go on: make demo SOURCE=DIR"
  echo "examples/scms/README.md tells where its publisher has it."
  exit 0
fi
mkdir -p out
export SHIPRISK_HOME=${SHIPRISK_HOME:-$PWD/out/home}
"$shiprisk" import "$mapping" --source "$source" --out out/events.parquet
"$shiprisk" train out/events.parquet --until 2015-05-01 --snapshots before=7
"$shiprisk" score out/events.parquet --as-of 2015-05-01 --out out/scores.csv
echo "Serving until Ctrl-C; try:"
echo "  $shiprisk show out/events.parquet --order 'SCMS-275710 2015-06-02' --as-of 2015-05-01 --json > body.json"
echo "  curl -H 'content-type: application/json' -d @body.json http://127.0.0.1:8000/v1/score"
exec "$shiprisk" serve --no-auth --events out/events.parquet
