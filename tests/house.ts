/**
 * Checks the plan: floors, wings, doors, no outside world in core/, no circles, no file past the wall.
 * A lower floor never imports a higher one; the Linux wing and the Kubernetes wing meet only in core/node.
 */

/** One source file, by its path from the root. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** Each room and all the rooms it may import. Nothing else is allowed; the garden uses everything and is used by nothing. */
const PLAN: Readonly<Record<string, readonly string[]>> = {
  "core/base": [],
  "wasm": ["core/base"],
  "core/linux": ["core/base", "wasm"],
  "core/dns": ["core/base"],
  "core/tools": ["core/base", "wasm", "core/linux", "core/dns"],
  "core/container": ["core/base", "wasm", "core/linux", "core/dns", "core/tools"],
  "core/kube": ["core/base"],
  "core/node": ["core/base", "wasm", "core/linux", "core/dns", "core/tools", "core/container", "core/kube"],
  "core/addons": [
    "core/base",
    "wasm",
    "core/linux",
    "core/dns",
    "core/tools",
    "core/container",
    "core/kube",
    "core/node",
  ],
  "core/kubectl": ["core/base", "core/kube"],
  "core/lab": [
    "core/base",
    "wasm",
    "core/linux",
    "core/dns",
    "core/tools",
    "core/container",
    "core/kube",
    "core/node",
    "core/addons",
    "core/kubectl",
  ],
  "mod.ts": ["core/base", "core/lab", "wasm"],
  "http": ["core/base", "core/lab", "core/kube", "wasm", "mod.ts"],
  "cli": ["core/base", "core/lab", "http", "wasm", "mod.ts"],
};

/** The garden: uses the house, is never used by it. */
const GARDEN = ["examples", "bench", "tests", "docs"];

/** What core must not touch: the run is a function of (spec, seed) only. */
const OUTSIDE =
  /\b(Deno\.\w+|Date\.now|Math\.random|setTimeout|setInterval|performance\.now|console\.\w+|crypto\.\w+)\b|\bnew Date\(\)|(?<![.\w])fetch\(/;

const WALL = 500;

/** Every breach of the plan, one line each; empty when the house is in order. */
export function checkHouse(sources: readonly Source[]): string[] {
  const plain = sources.filter(({ path }) => !GARDEN.includes(path.split("/")[0] as string));
  return [...sources.flatMap(checkSize), ...plain.flatMap(checkFile), ...checkDoors(plain), ...checkCircles(sources)];
}

function checkSize({ path, text }: Source): string[] {
  if (text.startsWith("// Generated ")) return [];
  const lines = text.split("\n").length - 1;
  return lines > WALL ? [`${path}: ${lines} lines, past the wall of ${WALL}`] : [];
}

function checkFile(source: Source): string[] {
  const { path, text } = source;
  const room = roomOf(path);
  if (room === undefined) return [`${path}: stands in no room of the plan`];
  const code = withoutComments(text);
  const test = path.endsWith("_test.ts");
  const own = withoutStrings(code).replace(
    /\bfetch\(/g,
    (call) => (/\bfetch\(\w+: |\bfetch: \(/.test(code) ? "own(" : call),
  );
  const outside = path.startsWith("core/") && !test ? OUTSIDE.exec(own) : null;
  return [
    ...(outside === null ? [] : [`${path}: core touches the outside world (${outside[0]})`]),
    ...(/^export default/m.test(code) ? [`${path}: default export`] : []),
    ...(test ? [] : importsOf(source).flatMap((target) => checkImport(path, room, target))),
  ];
}

function checkImport(path: string, room: string, target: string): string[] {
  const to = roomOf(target);
  if (to === room) return [];
  if (to === undefined || !(PLAN[room] as readonly string[]).includes(to)) {
    return [`${path}: ${room} may not import ${to ?? target}`];
  }
  const door = target === to || target === `${to}/mod.ts` ||
    (to === "core/addons" && /^core\/addons\/\w+\/mod\.ts$/.test(target));
  return door || target.startsWith("wasm/pkg/") || target === "wasm/bytes.ts"
    ? []
    : [`${path}: enters ${to} by ${target}, not by its mod.ts`];
}

function checkDoors(sources: readonly Source[]): string[] {
  const rooms = new Set(
    sources.map(({ path }) => /^core\/([^/]+)\//.exec(path)?.[0].slice(0, -1)).filter((room) => room !== undefined),
  );
  const paths = new Set(sources.map(({ path }) => path));
  return [...rooms].filter((room) => !paths.has(`${room}/mod.ts`) && !paths.has(`${room}/coredns/mod.ts`)).map((room) =>
    `${room}: has no mod.ts`
  );
}

/** Circles of value imports between files, each told once. */
function checkCircles(sources: readonly Source[]): string[] {
  const graph = new Map(sources.map((source) => [source.path, importsOf(source)]));
  const state = new Map<string, "open" | "done">();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      circles.push(`circle of imports: ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`);
      return;
    }
    state.set(path, "open");
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of graph.keys()) visit(path, []);
  return circles;
}

function roomOf(path: string): string | undefined {
  return Object.keys(PLAN).find((room) => path === room || path.startsWith(`${room}/`));
}

const IMPORT = /^\s*(?:import|export)\s+(?!type\b)(?:[^"';]*?from\s+)?"(\.[^"]+)"/gm;

/** The files a source imports for their values (types are free: they vanish), as paths from the root. */
function importsOf({ path, text }: Source): string[] {
  const base = path.split("/").slice(0, -1);
  return [...withoutComments(text).matchAll(IMPORT)].map(([, target]) => resolve(base, target as string));
}

function resolve(base: readonly string[], target: string): string {
  const parts = [...base];
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}

function withoutStrings(code: string): string {
  return code.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}
