/**
 * podwire at the edge: the HTTP API as a fetch handler for Cloudflare's workerd and its like.
 *
 *     client --> workerd --> fetch(request) --> labs, planes from one precompiled WebAssembly.Module
 *
 * An isolate may not compile Wasm at run time; there the import below is the module, compiled already.
 */
import "./edge_require.ts";
// @ts-types="./edge_module.d.ts"
import module from "./plane_bg.wasm";
import { createApp } from "../http/mod.ts";

const app = createApp({ module, turn: () => new Promise((settled) => setTimeout(settled, 0)) });

export default { fetch: (request: Request): Response | Promise<Response> => app.fetch(request) };
