#!/usr/bin/env bash
# Rewrites nodeapi/ from ../../schemas. The schemas carry no Go annotations: copies get them here.
# Needs the capnp tool and Go; with --check it only compares.
set -euo pipefail
cd "$(dirname "$0")"
version=v3.1.0-alpha.2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
GOBIN="$scratch/bin" go install "capnproto.org/go/capnp/v3/capnpc-go@$version"
std="$(go list -m -f '{{.Dir}}' capnproto.org/go/capnp/v3)/std"
mkdir "$scratch/schemas" "$scratch/out"
for schema in node; do
  {
    head -n 1 "../../schemas/$schema.capnp"
    printf 'using Go = import "/go.capnp";\n$Go.package("nodeapi");\n$Go.import("quicnprotochat.example/interop/nodeapi");\n'
    tail -n +2 "../../schemas/$schema.capnp"
  } >"$scratch/schemas/$schema.capnp"
done
(cd "$scratch/schemas" && PATH="$scratch/bin:$PATH" capnp compile -I"$std" "-ogo:$scratch/out" node.capnp)
if [[ ${1:-} == --check ]]; then
  diff -r "$scratch/out" nodeapi && echo 'nodeapi/ is that of the schemas'
else
  mkdir -p nodeapi && cp "$scratch"/out/*.go nodeapi/
fi
