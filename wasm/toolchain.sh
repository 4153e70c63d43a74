#!/usr/bin/env bash
# Installs what building the plane needs, and skips what is there:
#   Rust with wasm32-unknown-unknown and rust-src  by rustup where it is, else Debian 12's rustc-web packages
#   wasm-bindgen-cli 0.2.127, wasm-pack 0.15.1    by cargo, into CARGO_HOME (a cache folder that CI keeps when it can)
# As root on Debian it may call apt-get. `toolchain.sh --print` only says what would be done.
set -euo pipefail
cd "$(dirname "$0")"

WASM_BINDGEN=0.2.127 # the version that Cargo.toml pins
WASM_PACK=0.15.1
TARGET=wasm32-unknown-unknown

dry=; [ "${1:-}" = --print ] && dry=1
run() {
  echo "+ $*"
  [ -n "$dry" ] || "$@"
}

channel=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)

# With rustup: the pinned compiler and its target. Where rustup's servers are out of reach the default compiler has to do (set
# RUSTUP_TOOLCHAIN for later steps too); verify.sh then compares by tests.
with_rustup() {
  if ! rustup toolchain list | grep -q "^$channel"; then
    run rustup toolchain install "$channel" --profile minimal --component clippy --component rustfmt || export RUSTUP_TOOLCHAIN=stable
  fi
  if ! rustup target list --installed | grep -q "^$TARGET$"; then
    run rustup target add "$TARGET"
  fi
  if [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    run rustup component add rust-src || echo "toolchain.sh: no rust-src: build.sh builds without it, verify.sh compares by tests"
  fi
}

# Without rustup, on bare Debian 12: its browser-building compiler, and std for the target from source.
with_debian() {
  if ! command -v rustc >/dev/null || ! command -v cargo >/dev/null || [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust" ]; then
    run apt-get update -qq
    run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      rustc-web cargo-web rust-web-src lld-22 gcc libc6-dev pkg-config libssl-dev
  fi
  # wasm-pack looks for the target in the sysroot before it builds; verify.sh has std built on the way.
  local place
  place="$(rustc --print sysroot)/lib/rustlib/$TARGET/lib"
  if [ ! -d "$place" ]; then
    run mkdir -p "$place"
    echo "toolchain.sh: to build by hand, set what verify.sh sets, then bash wasm/build.sh"
  fi
}

have() { # have PROGRAM VERSION
  command -v "$1" >/dev/null && [ "$("$1" --version | awk '{print $2}')" = "$2" ]
}

if command -v rustup >/dev/null; then
  with_rustup
else
  with_debian
fi

export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
have wasm-bindgen $WASM_BINDGEN || run cargo install --locked --quiet wasm-bindgen-cli --version $WASM_BINDGEN
have wasm-pack $WASM_PACK || run cargo install --locked --quiet wasm-pack --version $WASM_PACK

# A wasm-opt in PATH is used silently by wasm-pack, and Debian's 108 breaks the module: Cargo.toml must switch it off.
if ! grep -q '^wasm-opt = false$' Cargo.toml; then
  echo "toolchain.sh: Cargo.toml must say wasm-opt = false under [package.metadata.wasm-pack.profile.release]" >&2
  exit 1
fi
echo "toolchain.sh: $(rustc --version), wasm-bindgen $WASM_BINDGEN, wasm-pack $WASM_PACK"
