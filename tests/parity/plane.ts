import { planeBytes } from "../../wasm/bytes.ts";
import { Plane } from "../../wasm/mod.ts";

const compiled = new WebAssembly.Module(planeBytes());

/** A plane of its own for a scenario. */
export function openPlane(): Plane {
  return Plane.open(compiled, { seed: 1 });
}
