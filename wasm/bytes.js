// Writes the module into bytes.ts as base64, for runtimes that neither fetch nor read files.
const bytes = Deno.readFileSync("pkg/plane_bg.wasm");
Deno.writeTextFileSync(
  "bytes.ts",
  `/** The plane's Wasm module, written by wasm/build.sh. */
export const BASE64 =
  "${bytes.toBase64()}";

let bytes: Uint8Array<ArrayBuffer> | undefined;

/** The module's bytes; decoded once. */
export function planeBytes(): Uint8Array<ArrayBuffer> {
  bytes ??= Uint8Array.from(atob(BASE64), (char) => char.charCodeAt(0));
  return bytes;
}
`,
);
