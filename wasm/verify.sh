#!/usr/bin/env bash
# The committed module matches its source: builds it anew and compares. Under the compiler of rust-toolchain.toml the bytes must be
# equal; under another, or without rust-src, the plane's tests run on the fresh build instead. The committed files stay as they were.
set -euo pipefail
cd "$(dirname "$0")"
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

kept=$(mktemp -d)
fresh=$(mktemp -d)
cp -r pkg bytes.ts "$kept/"
restore() {
  rm -rf pkg && cp -r "$kept/pkg" pkg && cp "$kept/bytes.ts" bytes.ts
  rm -rf "$kept" "$fresh"
}
trap restore EXIT

# Debian's compiler has no std for the target in its sysroot: it is built on the way (toolchain.sh).
if ! ls "$(rustc --print sysroot)"/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib >/dev/null 2>&1; then
  export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
fi
# build.sh and the tests call deno; where there is only Node, it comes from npm.
if ! command -v deno >/dev/null; then
  mkdir "$kept/bin"
  printf '#!/bin/sh\nexec npx -y deno@2.9.6 "$@"\n' >"$kept/bin/deno"
  chmod +x "$kept/bin/deno"
  export PATH="$kept/bin:$PATH"
fi
bash build.sh
cp -r pkg bytes.ts "$fresh/"

pinned=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)
actual=$(rustc --version | awk '{print $2}')
if [ "$actual" = "$pinned" ] && [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
  if ! diff -r -x bin "$kept" "$fresh" >/dev/null; then
    echo "verify.sh: the committed module is not what its source gives; run wasm/build.sh and commit wasm/pkg and wasm/bytes.ts" >&2
    diff -rq -x bin "$kept" "$fresh" >&2 || true
    exit 1
  fi
  echo "verify.sh: the committed module is, byte for byte, what its source gives under Rust $actual"
  exit 0
fi
echo "verify.sh: Rust $actual is not the pinned $pinned with rust-src, so the tests run on the fresh build instead of comparing bytes"
(cd .. && deno test --no-prompt --allow-read -q wasm)
