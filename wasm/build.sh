#!/usr/bin/env bash
# Builds wasm/pkg and wasm/bytes.ts from the Rust sources, byte for byte the same under one compiler (rust-toolchain.toml).
# Needs cargo with the wasm32-unknown-unknown target and rust-src, wasm-pack 0.15.1 and wasm-bindgen 0.2.127 in PATH; deno for
# bytes.ts; npx for wasm-opt (npm binaryen 132.0.0; a wasm-opt in PATH is left alone).
set -euo pipefail
cd "$(dirname "$0")"
home="${CARGO_HOME:-$HOME/.cargo}"
root="$(rustc --print sysroot)"
# A panic is a defect: its text and place are read in the native build, and 30 KB of them stay out of the module: std is built anew,
# and panics trap at once. rustc and cargo ask for RUSTC_BOOTSTRAP before they take such flags; the compiler is pinned, so they
# mean the same everywhere. --remap-path-prefix keeps paths of this machine out of the module. Small functions are put into their
# callers before LLVM sees them, and neither loops are rewritten for addressing modes that Wasm has not nor expressions doubled
# to spare them on some ways (1% of the module).
export RUSTC_BOOTSTRAP=1
small="-Zinline-mir=yes -Zinline-mir-threshold=20 -Zinline-mir-hint-threshold=40 -Cllvm-args=-disable-lsr -Cllvm-args=-enable-pre=false"
export RUSTFLAGS="$small --cfg hot -Zlocation-detail=none -Zfmt-debug=none --remap-path-prefix=$PWD=wasm --remap-path-prefix=$home=cargo --remap-path-prefix=$root=rust"
if [ -d "$root/lib/rustlib/src/rust/library" ]; then
  export CARGO_UNSTABLE_BUILD_STD=std,panic_abort RUSTFLAGS="-Zunstable-options -Cpanic=immediate-abort $RUSTFLAGS"
else
  echo "build.sh: no rust-src (rustup component add rust-src): the module will be larger than the committed one" >&2
fi
wasm-pack build --target web --release --mode no-install --no-pack --out-name plane --out-dir pkg
rm -f pkg/.gitignore pkg/package.json pkg/README.md
# Inlining, sorting functions by use, finding common parts, and making locals and their uses shorter make the module smaller and its gzip larger. Alike functions next to
# each other make the gzip smaller. Nothing lies in the first kilobyte: it is the far end of the stack (--low-memory-unused).
features="--enable-bulk-memory --enable-bulk-memory-opt --enable-sign-ext --enable-nontrapping-float-to-int --enable-mutable-globals --enable-reference-types --enable-multivalue"
binaryen="npx -y --package=binaryen@132.0.0 --"
$binaryen wasm-opt --mvp-features $features --low-memory-unused --generate-global-effects -Oz -Oz -Oz \
  --skip-pass=inlining-optimizing --skip-pass=reorder-functions --skip-pass=local-cse --skip-pass=memory-packing \
  --skip-pass=simplify-locals --skip-pass=merge-locals pkg/plane_bg.wasm -o pkg/plane_bg.wasm
# What order is best is luck, 0.2% up or down: some are tried, and the smallest gzip stays.
features="$features" $binaryen bash -eu smallest.sh pkg/plane_bg.wasm
deno run --allow-read=pkg/plane_bg.wasm --allow-write=bytes.ts bytes.js
raw=$(wc -c <pkg/plane_bg.wasm)
small=$(gzip -9 -c pkg/plane_bg.wasm | wc -c)
echo "plane_bg.wasm: $raw bytes, $small gzipped"
