/** Libraries from Node's time ask for its modules by `require`; workerd has them as imports (compatibility flag `nodejs_compat`). */
import * as buffer from "node:buffer";

const MODULES: Readonly<Record<string, unknown>> = { "node:buffer": buffer, "buffer": buffer };

Object.defineProperty(globalThis, "require", { value: (name: string): unknown => MODULES[name] });
