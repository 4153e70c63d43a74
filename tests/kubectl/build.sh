#!/usr/bin/env bash
# Prints the paths of the real kubectls to test with, a line each: the one in PATH, Debian's, and the newest from its Go module.
# What cannot be had here is left out and said on standard error. Built and unpacked once, under ~/.cache/podwire.
set -uo pipefail
cd "$(dirname "$0")"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/podwire"
version=$(sed -n 's/^.*k8s.io\/kubectl v0\./v1./p' newest/go.mod | head -1)
newest="$cache/kubectl-$version"
debian="$cache/debian/usr/bin/kubectl"
mkdir -p "$cache"

if [ ! -x "$newest" ]; then
  if command -v go >/dev/null; then
    name=k8s.io/component-base/version
    (cd newest && go build -buildvcs=false -o "$newest" -ldflags "-s -w -X $name.gitVersion=$version -X $name.gitMajor=1 -X $name.gitMinor=${version:3:2}" .) >&2 ||
      echo "SKIPPED: kubectl $version: it does not build here" >&2
  else
    echo "SKIPPED: kubectl $version: no Go here" >&2
  fi
fi
if [ ! -x "$debian" ]; then
  (cd "$cache" && apt-get download -qq kubernetes-client >/dev/null 2>&1 && dpkg -x kubernetes-client_*.deb debian) ||
    echo "SKIPPED: Debian's kubectl: apt-get has no kubernetes-client here" >&2
fi
for kubectl in "$newest" "$debian" "$(command -v kubectl)"; do
  [ -n "$kubectl" ] && [ -x "$kubectl" ] && "$kubectl" version --client >/dev/null 2>&1 && echo "$kubectl"
done
exit 0
