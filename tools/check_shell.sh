#!/usr/bin/env bash
# Checks the project's shell scripts with shellcheck; exits 77 (skipped) where it is not installed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null; then
  echo "skipped: shellcheck is not installed"
  exit 77
fi
# Only tracked files: build folders hold copies.
mapfile -t scripts < <(git ls-files -z | xargs -0 grep -lE '^#!.*(/|env )(ba)?sh$|^# shellcheck shell=' -- | sort)
shellcheck --external-sources "${scripts[@]}"
echo "${#scripts[@]} scripts are clean"
