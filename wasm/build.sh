#!/usr/bin/env bash
# Builds wasm/pkg and wasm/bytes.ts from the Rust sources, byte for byte the same under one compiler (rust-toolchain.toml).
# Needs cargo with the wasm32-unknown-unknown target, wasm-pack 0.15.1 and wasm-bindgen 0.2.127 in PATH; deno for bytes.ts.
set -euo pipefail
cd "$(dirname "$0")"
home="${CARGO_HOME:-$HOME/.cargo}"
# Paths of this machine stay out of the module.
# A panic is a defect: its text and place are read in the native build, and 15 KB of them stay out of the module. rustc asks for
# the variable before it takes these two flags; the compiler is pinned, so they mean the same everywhere.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zlocation-detail=none -Zfmt-debug=none --remap-path-prefix=$PWD=wasm --remap-path-prefix=$home=cargo --remap-path-prefix=$(rustc --print sysroot)=rust"
wasm-pack build --target web --release --mode no-install --no-pack --out-name plane --out-dir pkg
rm -f pkg/.gitignore pkg/package.json pkg/README.md
deno run --allow-read=pkg/plane_bg.wasm --allow-write=bytes.ts bytes.js
raw=$(wc -c <pkg/plane_bg.wasm)
small=$(gzip -9 -c pkg/plane_bg.wasm | wc -c)
echo "plane_bg.wasm: $raw bytes, $small gzipped"
