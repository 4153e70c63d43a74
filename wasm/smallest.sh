# Puts a module's functions into that order, of some (order.js), which makes its gzip smallest. Needs wasm-opt in PATH and $features.
module=$1
tried=$(mktemp -d)
for gram in 6 7; do
  for window in 30000 31000 32000; do
    for small in 4 12 20; do
      out="$tried/$gram-$window-$small.wasm"
      deno run --allow-read="$module" --allow-write="$tried" order.js "$module" "$out" $gram $window $small
      wasm-opt --mvp-features $features --reorder-functions-by-name --strip-debug --strip-producers --strip-target-features "$out" -o "$out"
      echo "$(gzip -9 -c "$out" | wc -c) $out" >>"$tried/sizes"
    done
  done
done
cp "$(sort -n "$tried/sizes" | head -1 | cut -d' ' -f2)" "$module"
rm -r "$tried"
