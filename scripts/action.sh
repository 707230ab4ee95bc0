#!/usr/bin/env bash
# What the GitHub Action (action.yml) runs: the suite with every report, the summary on the page of the job. Exits as the suite does.
set -euo pipefail
suite=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

folder=${INPUT_REPORTS:-conformance}
args=()
if [[ -n ${INPUT_TARGET:-} ]]; then args+=("--target=$INPUT_TARGET"); fi
if [[ -n ${INPUT_ACCOUNTS:-} ]]; then args+=("--accounts=$INPUT_ACCOUNTS"); fi
if [[ ${INPUT_OPEN:-} == true ]]; then args+=(--open); fi
if [[ ${INPUT_STRICT:-} == true ]]; then args+=(--strict); fi
if [[ -n ${INPUT_CONFIG:-} ]]; then args+=("--config=$INPUT_CONFIG"); fi
if [[ -n ${INPUT_REQUIRE:-} ]]; then args+=("--require=$INPUT_REQUIRE"); fi
if [[ -n ${INPUT_KNOWN_FAILING:-} ]]; then args+=("--known-failing=$INPUT_KNOWN_FAILING"); fi
if [[ -n ${INPUT_SHARD:-} ]]; then args+=("--shard=$INPUT_SHARD"); fi
if [[ -n ${INPUT_LABEL:-} ]]; then args+=("--label=$INPUT_LABEL"); fi
if [[ -n ${INPUT_SPEC_URL:-} ]]; then args+=("--spec-url=$INPUT_SPEC_URL"); fi
while IFS= read -r line; do
  if [[ -n $line ]]; then args+=("$line"); fi
done <<<"${INPUT_ARGS:-}"
for report in html=report.html json=report.json junit=junit.xml md=summary.md badge=badge.svg; do
  args+=("--report=${report%%=*}=$folder/${report#*=}")
done

status=0
node "$suite/harness/bin/conformance.js" "${args[@]}" || status=$?
if [[ -s $folder/summary.md ]]; then cat "$folder/summary.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"; fi
{
  echo "exit-code=$status"
  echo "reports=$folder"
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$status"
