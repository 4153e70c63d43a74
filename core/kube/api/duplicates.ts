/** Finds keys that stand twice in one JSON object, which `JSON.parse` passes over. */

interface Level {
  readonly path: string;
  readonly keys?: Set<string>;
  index: number;
  key: string;
}

/** Paths of repeated fields in a valid JSON text, as the server prints them: `spec.ports[0].port`. */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:)?|[{}[\],]/g);
  for (const [token, colon] of tokens) {
    const level = levels.at(-1);
    if (token === "{") levels.push({ path: pathIn(level), keys: new Set(), index: 0, key: "" });
    else if (token === "[") levels.push({ path: pathIn(level), index: 0, key: "" });
    else if (token === "}" || token === "]") levels.pop();
    else if (token === "," && level !== undefined) level.index++;
    else if (colon !== undefined && level?.keys !== undefined) note(level, token, found);
  }
  return found;
}

function note(level: Level, token: string, found: string[]): void {
  level.key = JSON.parse(token.slice(0, token.lastIndexOf(":")).trim()) as string;
  if (level.keys?.has(level.key)) found.push(pathIn(level));
  level.keys?.add(level.key);
}

function pathIn(level: Level | undefined): string {
  if (level === undefined) return "";
  if (level.keys === undefined) return `${level.path}[${level.index}]`;
  return level.path === "" ? level.key : `${level.path}.${level.key}`;
}
