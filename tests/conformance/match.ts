/** Compares what a real system answered with what podwire answers. `*` in a recorded text stands for anything. */

/** The first difference, with its path; undefined where everything matches. */
export function difference(expected: unknown, actual: unknown, path = ""): string | undefined {
  if (expected === "*") return undefined;
  if (typeof expected === "string" && typeof actual === "string" && expected.includes("*")) {
    return glob(expected).test(actual) ? undefined : told(path, expected, actual);
  }
  if (Array.isArray(expected)) return listDifference(expected, actual, path);
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null || Array.isArray(actual)) return told(path, expected, actual);
    return mapDifference(expected as Record<string, unknown>, actual as Record<string, unknown>, path);
  }
  return expected === actual ? undefined : told(path, expected, actual);
}

function listDifference(expected: readonly unknown[], actual: unknown, path: string): string | undefined {
  if (!Array.isArray(actual) || actual.length !== expected.length) return told(path, expected, actual);
  for (const [index, item] of expected.entries()) {
    const found = difference(item, actual[index], `${path}[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function mapDifference(
  expected: Record<string, unknown>,
  actual: Record<string, unknown>,
  path: string,
): string | undefined {
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const inner = path === "" ? key : `${path}.${key}`;
    if (actual[key] === undefined && expected[key] === undefined) continue;
    if (!(key in expected)) return told(inner, undefined, actual[key]);
    const found = difference(expected[key], actual[key], inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function told(path: string, expected: unknown, actual: unknown): string {
  return `${path || "."}: expected ${JSON.stringify(expected)}\n      got ${JSON.stringify(actual)}`;
}

/** A text in which `*` stands for any run of characters. */
export function glob(text: string): RegExp {
  const escaped = text.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`, "s");
}
