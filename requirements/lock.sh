#!/bin/sh
# Writes the lock files anew from pyproject.toml and requirements/npm/package.json: every package with its hashes, without
# index addresses.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 "$@"; }
lock --group dev pyproject.toml --output-file requirements/dev.txt
lock --group local --output-file requirements/local.txt
lock --group audit --output-file requirements/audit.txt
lock --group zip --no-deps --python-platform x86_64-manylinux2014 --output-file requirements/zip.txt
lock --group engines --output-file requirements/engines.txt
uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.13 \
    --group localstack --output-file requirements/localstack.txt
(cd requirements/npm && rm -f package-lock.json && npm install --package-lock-only --omit-lockfile-registry-resolved)
