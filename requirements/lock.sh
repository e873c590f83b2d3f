#!/bin/sh
# Writes the lock files again from pyproject.toml and requirements/npm/package.json: every package with the hashes of all
# its files, without index addresses. Extra arguments go to uv: `requirements/lock.sh --upgrade` takes the newest versions of everything.
#
# What people and CI install has one file for all of Linux and macOS and every Python from the oldest on ("universal":
# what only some of them need carries an environment marker). What goes into the zip is resolved for Lambda alone.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header "$@"; }
universal() { lock --universal --python-version 3.11 "$@"; }
universal --group dev pyproject.toml --output-file requirements/dev.txt "$@"
universal --group local --output-file requirements/local.txt "$@"
universal --group audit --output-file requirements/audit.txt "$@"
lock --group zip --no-deps --python-version 3.13 --python-platform x86_64-manylinux2014 \
    --output-file requirements/zip.txt "$@"
# What other engines need (docs/engines.md). LocalStack runs on Python 3.13 only, so its file is for that one.
universal --group engines --output-file requirements/engines.txt "$@"
lock --group localstack --python-version 3.13 --output-file requirements/localstack.txt "$@"
(cd requirements/npm && rm -f package-lock.json && npm install --package-lock-only --omit-lockfile-registry-resolved)
