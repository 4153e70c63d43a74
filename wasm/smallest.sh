# Puts a module's functions into that order, of some (order.js), which makes its gzip smallest. Needs wasm-opt in PATH and $features.
export module=$1 features
tried=$(mktemp -d)
export tried
try() {
  local out="$tried/$1-$2-$3.wasm"
  deno run --allow-read="$module" --allow-write="$tried" order.js "$module" "$out" "$1" "$2" "$3"
  wasm-opt --mvp-features $features --reorder-functions-by-name --strip-debug --strip-producers --strip-target-features "$out" -o "$out"
  echo "$(gzip -9 -c "$out" | wc -c) $out" >"$out.size"
}
export -f try
for gram in 6 7; do
  for window in 29000 30000 31000 32000; do
    for small in 4 8 12 20; do
      echo $gram $window $small
    done
  done
done | xargs -P "$(nproc)" -L 1 bash -euc 'try $0 $1 $2'
cp "$(cat "$tried"/*.size | sort -n | head -1 | cut -d' ' -f2)" "$module"
rm -r "$tried"
