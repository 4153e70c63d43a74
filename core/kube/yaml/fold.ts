/** Where Go's YAML breaks long scalars: at a single blank behind column 80, once the line is that long. */

const WIDTH = 80;

/** How a scalar is written. */
export type Style = "plain" | "single" | "double";

/** A written character, and what it stands for. */
interface Mark {
  readonly source: string;
  readonly written: string;
}

/** The lines of a scalar that begins at `column`; those after the first are indented by `indent` blanks. */
export function foldScalar(text: string, style: Style, column: number, indent: number): string[] {
  const quote = QUOTES[style];
  const marks = [...text].map((source) => ({ source, written: WRITERS[style](source) }));
  const rows = [quote];
  let [width, blanks] = [column + quote.length, false];
  for (const [at, { source, written }] of marks.entries()) {
    const breaks = source === " " && !blanks && width > WIDTH && mayBreak(marks, at, style);
    if (breaks) {
      rows.push(" ".repeat(indent) + (isBlank(marks[at + 1]) ? "\\" : ""));
      width = (rows.at(-1) as string).length;
    } else {
      rows[rows.length - 1] += written;
      width += [...written].length;
    }
    blanks = source === " ";
  }
  rows[rows.length - 1] += quote;
  return rows;
}

const QUOTES: Readonly<Record<Style, string>> = { plain: "", single: "'", double: '"' };

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

const WRITERS: Readonly<Record<Style, (one: string) => string>> = {
  plain: (one) => one,
  single: (one) => (one === "'" ? "''" : one),
  double: (one) =>
    ESCAPES[one] ?? (one < " " || one === "\x7f" ? `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}` : one),
};

/** Quotes keep blanks at their ends; only double ones can break before another blank. */
function mayBreak(marks: readonly Mark[], at: number, style: Style): boolean {
  const inside = at > 0 && at < marks.length - 1;
  return (style === "plain" || inside) && (style === "double" || !isBlank(marks[at + 1]));
}

function isBlank(mark: Mark | undefined): boolean {
  return mark?.source === " ";
}
