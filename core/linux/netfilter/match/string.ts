import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";
import { readNumber } from "../readers.ts";

/** `-m string`; the pattern as Latin-1 text, one character a byte. */
export interface StringMatch {
  readonly match: "string";
  readonly pattern: string;
  readonly algo: string;
  readonly from: number;
  readonly to: number;
  readonly icase: boolean;
  readonly not: boolean;
}

const LONGEST = 128;
const ALGORITHMS = ["bm", "kmp"];

function latin1(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** `literal|de ad|literal`: hexadecimal bytes between bars, a backslash takes the next character as it is. */
function parseHex(text: string): string {
  let out = "", hexMode = false, digits = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === "|") {
      if (hexMode && digits !== "") usage("Invalid hex block");
      hexMode = !hexMode;
    } else if (hexMode) {
      if (char === " ") continue;
      if (!/[0-9a-f]/i.test(char)) usage(`Invalid hex char '${char}'`);
      digits += char;
      if (digits.length === 2) {
        out += String.fromCharCode(parseInt(digits, 16));
        digits = "";
      }
    } else if (char === "\\" && i + 1 < text.length) out += text[++i];
    else out += latin1(char);
  }
  return out;
}

const printable = (pattern: string) => /^[\x20-\x7e]*$/.test(pattern);

function patternText(pattern: string): string {
  if (printable(pattern) && !(pattern.includes("|"))) return `"${pattern.replace(/["\\]/g, "\\$&")}"`;
  const hex = [...pattern].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  return `"|${hex}|"`;
}

const needsHex = (m: StringMatch) => patternText(m.pattern).startsWith('"|');

function take(pattern: string, text: string): string {
  if (pattern.length > LONGEST) usage(`STRING too long "${text}"`);
  return pattern;
}

/** libxt_string. */
export const string: Extension<StringMatch> = {
  name: "string",
  op: OP.STRING,
  options: [
    {
      names: ["from"],
      value: true,
      take: (draft, text, argument) => draft.from = readNumber(text, argument, { max: 65535 }),
    },
    {
      names: ["to"],
      value: true,
      take: (draft, text, argument) => draft.to = readNumber(text, argument, { max: 65535 }),
    },
    { names: ["algo"], value: true, required: true, take: (draft, text) => draft.algo = text },
    {
      names: ["string"],
      value: true,
      invertible: true,
      excludes: ["hex-string"],
      take: (draft, text, { not }) => Object.assign(draft, { pattern: take(latin1(text), text), not }),
    },
    {
      names: ["hex-string"],
      value: true,
      invertible: true,
      excludes: ["string"],
      take: (draft, text, { not }) => Object.assign(draft, { pattern: take(parseHex(text), text), not }),
    },
    { names: ["icase"], value: false, take: (draft) => draft.icase = true },
  ],
  start: () => ({ match: "string", pattern: "", algo: "", from: 0, to: 65535, icase: false, not: false }),
  finish: (_, seen) => {
    if (!seen.has("string") && !seen.has("hex-string")) {
      usage("STRING match: You must specify `--string' or `--hex-string'");
    }
  },
  refuse(m) {
    if (!ALGORITHMS.includes(m.algo)) return "ENOENT";
    return m.pattern === "" || m.from > m.to ? "EINVAL" : "ok";
  },
  save(m) {
    return `${m.not ? " !" : ""} --${needsHex(m) ? "hex-string" : "string"} ${
      patternText(m.pattern)
    } --algo ${m.algo}` +
      (m.from ? ` --from ${m.from}` : "") + (m.to === 65535 ? "" : ` --to ${m.to}`) + (m.icase ? " --icase" : "");
  },
  list(m) {
    return ` STRING match ${m.not ? "!" : ""} ${patternText(m.pattern)} ALGO name ${m.algo}` +
      (m.from ? ` FROM ${m.from}` : "") + (m.to === 65535 ? "" : ` TO ${m.to}`) + (m.icase ? " ICASE" : "");
  },
  inverted: (m) => m.not,
  encode(m, out) {
    out.push(m.from, m.to, m.icase ? 1 : 0);
    out.text(Uint8Array.from(m.pattern, (char) => char.charCodeAt(0)));
  },
};
