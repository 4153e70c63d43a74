import { usage } from "../complaint.ts";
import type { Scope } from "../extension.ts";

/** Which side of the packet each dimension of a set is looked up by. */
export type Dimensions = readonly ("src" | "dst")[];

const MAX_DIMENSIONS = 6;
const MAX_NAME = 31;

/** A set and its dimensions as the set match and the SET target name them. */
export function readSet(name: string, directions: string, scope: Scope): { set: string; dimensions: Dimensions } {
  if (name.length > MAX_NAME) usage(`setname \`${name}' too long, max ${MAX_NAME} characters.`);
  const family = scope.setFamily(name);
  if (family === undefined) usage(`Set ${name} doesn't exist.\n`);
  if (family !== "unspec" && family !== scope.family) {
    usage(`The protocol family of set ${name} is ${family === 4 ? "IPv4" : "IPv6"}, which is not applicable.\n`);
  }
  const words = directions.split(",");
  if (words.length > MAX_DIMENSIONS) usage(`Can't be more src/dst options than ${MAX_DIMENSIONS}.`);
  const dimensions = words.map((word) => {
    if (word === "src" || word === "dst") return word;
    return usage("You must spefify (the comma separated list of) 'src' or 'dst'.");
  });
  return { set: name, dimensions };
}

/** Count and directions in one word: bit i of the second byte is set where dimension i is a source. */
export function packDimensions(dimensions: Dimensions): number {
  let bits = 0;
  dimensions.forEach((side, i) => {
    if (side === "src") bits |= 1 << i;
  });
  return dimensions.length | (bits << 8);
}
