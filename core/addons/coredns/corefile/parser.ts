/**
 * Corefile (the syntax CoreDNS took over from Caddy 1).
 *
 *     file      = { block }
 *     block     = keys [ "{" directives "}" ]     the braces may be left out only around the last block
 *     keys      = key { [","] blank key }         a key that ends in "," goes on with the next line
 *     snippet   = "(" name ")" "{" tokens "}"     defined before it is imported
 *     directive = name { arg } [ "{" nested "}" ]
 *     import    = "import" snippet | pattern      where a line begins; replaced by what it names
 *
 * `{$NAME}` and `{%NAME%}` in keys, directives and arguments become environment variables. A directive's tokens are kept
 * under its name: repeated ones are one list, in file order, and the order of different ones means nothing.
 */
import { Dispenser, lastLine } from "./dispenser.ts";
import { lexCorefile } from "./lexer.ts";
import type { Token } from "./token.ts";

/** One server block as written. */
export interface Block {
  readonly keys: readonly Token[];
  /** Tokens by directive, the directive's own word included. */
  readonly directives: ReadonlyMap<string, readonly Token[]>;
}

/** What a parser needs from around it. */
export interface CorefileOptions {
  /** The file's name as CoreDNS was given it; imports are relative to it. */
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Names that are directives. */
  readonly known: (directive: string) => boolean;
  /** Text of an imported file by absolute path. */
  readonly read?: (path: string) => string | undefined;
  /** Files a glob pattern stands for, sorted. */
  readonly glob?: (pattern: string) => readonly string[];
}

/** The parsed file, with warnings of the parser (`[WARNING] ...`). */
export interface Corefile {
  readonly blocks: readonly Block[];
  readonly warnings: readonly string[];
}

/** How often snippets are put in before they count as circular. */
const IMPORT_DEPTH = 10_000;

/** Parses a Corefile; throws a {@link CorefileError}. */
export function parseCorefile(text: string, options: CorefileOptions): Corefile {
  return new Parser(text, options).parse();
}

/** The text of a Corefile, one directive a line, four blanks a level. */
export function printCorefile(corefile: Corefile): string {
  return corefile.blocks.map(printBlock).join("");
}

/** Replaces `{%NAME%}` and then `{$NAME}`; unset names become nothing. */
export function replaceEnv(text: string, env: Readonly<Record<string, string>>): string {
  return replaceReferences(replaceReferences(text, "{%", "%}", env), "{$", "}", env);
}

function replaceReferences(text: string, open: string, close: string, env: Readonly<Record<string, string>>): string {
  for (let out = text;;) {
    const start = out.indexOf(open);
    const end = start < 0 ? -1 : out.indexOf(close, start);
    if (end < 0 || end <= start + open.length) return out;
    const reference = out.slice(start, end + close.length);
    out = out.replaceAll(reference, () => env[reference.slice(open.length, -close.length)] ?? "");
  }
}

type Building = { keys: Token[]; directives: Map<string, Token[]> };

class Parser extends Dispenser {
  readonly #options: CorefileOptions;
  readonly #snippets = new Map<string, readonly Token[]>();
  readonly #warnings: string[] = [];
  #imports = 0;
  #ended = false;
  #block: Building = { keys: [], directives: new Map() };

  constructor(text: string, options: CorefileOptions) {
    super(options.file, lexCorefile(text, options.file));
    this.#options = options;
  }

  parse(): Corefile {
    const blocks: Block[] = [];
    while (this.next()) {
      this.#block = { keys: [], directives: new Map() };
      this.#parseBlock();
      if (this.#block.keys.length > 0) blocks.push(this.#block);
    }
    return { blocks, warnings: this.#warnings };
  }

  #parseBlock(): void {
    this.#parseKeys();
    if (this.#ended) return;
    const name = snippetName(this.#block.keys);
    if (name === undefined) return this.#parseContents();
    if (this.#snippets.has(name)) {
      throw this.error(`redeclaration of previously declared snippet ${name}`, "a name no snippet has yet");
    }
    const tokens = this.#snippetTokens();
    if (importsItself(name, tokens)) throw this.#tooDeep("snippet");
    this.#snippets.set(name, tokens);
    this.#block.keys = [];
  }

  #parseKeys(): void {
    for (let more = false;;) {
      const text = this.#withEnv(this.word());
      if (text === "import" && this.isNewLine()) {
        this.#import();
        if (!this.next()) return this.#end();
        continue;
      }
      if (text === "{") {
        if (!more) return;
        throw this.error("Expected another address but had '{' - check for extra comma", "a zone after the comma");
      }
      if (text !== "") {
        more = text.endsWith(",");
        this.#block.keys.push({ ...(this.token as Token), text: more ? text.slice(0, -1) : text });
      }
      const hasNext = this.next();
      if (more && !hasNext) throw this.error("Unexpected EOF", "a zone after the comma");
      if (!hasNext) return this.#end();
      if (!more && this.isNewLine()) return;
    }
  }

  #end(): void {
    this.#ended = true;
  }

  #parseContents(): void {
    const braces = this.word() === "{";
    if (!braces) this.cursor--;
    this.#parseDirectives();
    if (braces && this.word() !== "}") throw this.syntaxError("}");
  }

  #parseDirectives(): void {
    while (this.next()) {
      if (this.word() === "}") return;
      if (this.word() === "import") this.#import();
      else this.#parseDirective();
    }
  }

  #parseDirective(): void {
    const name = this.#withEnv(this.word());
    if (!this.#options.known(name)) throw this.error(`Unknown directive '${name}'`, "the name of a plugin");
    const tokens = this.#block.directives.get(name) ?? [];
    this.#block.directives.set(name, tokens);
    tokens.push(this.token as Token);
    let nesting = 0;
    while (this.next()) {
      if (this.word() === "{") nesting++;
      else if (this.isNewLine() && nesting === 0) {
        this.cursor--;
        return;
      } else if (this.word() === "}" && nesting > 0) nesting--;
      else if (this.word() === "}") {
        throw this.error("Unexpected '}' because no matching opening brace", "the closing brace on a line of its own");
      } else if (this.word() === "import" && this.isNewLine()) {
        this.#import();
        continue;
      }
      tokens.push({ ...(this.token as Token), text: this.#withEnv(this.word()) });
    }
    if (nesting > 0) throw this.error("Unexpected EOF", "'}'");
  }

  #snippetTokens(): Token[] {
    if (this.word() !== "{") throw this.syntaxError("{");
    const tokens: Token[] = [];
    for (let depth = 1; this.next();) {
      if (this.word() === "}" && --depth === 0) return tokens;
      if (this.word() === "{") depth++;
      tokens.push(this.token as Token);
    }
    throw this.syntaxError("}");
  }

  #withEnv(text: string): string {
    return text.includes("{") ? replaceEnv(text, this.#options.env ?? {}) : text;
  }

  /** Puts the imported tokens in the place of `import PATTERN`; the next token is the first of them. */
  #import(): void {
    if (!this.nextArg()) throw this.argError("the name of a snippet or a file");
    const pattern = this.#withEnv(this.word());
    if (pattern === "") throw this.error("Import requires a non-empty filepath", "the name of a snippet or a file");
    if (this.nextArg()) {
      throw this.error("Import takes only one argument (glob pattern or file)", "the end of the line");
    }
    const found = this.#imported(pattern);
    this.tokens = [...this.tokens.slice(0, this.cursor - 1), ...found, ...this.tokens.slice(this.cursor + 1)];
    this.cursor -= 2;
  }

  #imported(pattern: string): readonly Token[] {
    const snippet = this.#snippets.get(pattern);
    if (++this.#imports > IMPORT_DEPTH) throw this.#tooDeep(snippet === undefined ? "file" : "snippet");
    if (snippet !== undefined) return snippet;
    return this.#matchingFiles(pattern).flatMap((path) => this.#fileTokens(path, pattern));
  }

  #tooDeep(kind: "file" | "snippet") {
    return this.error(`maximum ${kind} import depth (${IMPORT_DEPTH}) exceeded`, "imports that end");
  }

  #matchingFiles(pattern: string): readonly string[] {
    const path = pattern.startsWith("/") ? pattern : directoryOf((this.token as Token).file) + pattern;
    const count = (char: string) => pattern.split(char).length - 1;
    if (count("*") > 1 || count("?") > 1 || (pattern.includes("[") && pattern.includes("]"))) {
      const problem = `Glob pattern may only contain one wildcard (*), but has others: ${pattern}`;
      throw this.error(problem, "at most one * and one ?");
    }
    if (!/[*?[\]]/.test(pattern)) return [path];
    const files = this.#options.glob?.(path) ?? [];
    if (files.length === 0) this.#warnings.push(`[WARNING] No files matching import glob pattern: ${pattern}`);
    return files;
  }

  #fileTokens(path: string, pattern: string): readonly Token[] {
    const text = this.#options.read?.(path);
    if (text === undefined) {
      throw this.error(`File to import not found: ${pattern}`, "a snippet defined above, or a file");
    }
    return lexCorefile(text, path);
  }
}

function snippetName(keys: readonly Token[]): string | undefined {
  const text = keys.length === 1 ? (keys[0] as Token).text : "";
  return text.startsWith("(") && text.endsWith(")") ? text.slice(1, -1) : undefined;
}

function importsItself(name: string, tokens: readonly Token[]): boolean {
  return tokens.some((token, i) => {
    const before = tokens[i - 1];
    const starts = before === undefined || before.file !== token.file || before.line !== token.line;
    return token.text === "import" && starts && tokens[i + 1]?.text === name;
  });
}

function directoryOf(file: string): string {
  const slash = file.lastIndexOf("/");
  return slash < 0 ? "" : file.slice(0, slash + 1);
}

function printBlock(block: Block): string {
  const body = [...block.directives.values()].map(printDirective).join("");
  return `${block.keys.map((key) => printWord(key.text)).join(" ")} {\n${body}}\n`;
}

/** Lines as they were, so that blocks and repeated directives come back the same. */
function printDirective(tokens: readonly Token[]): string {
  let out = "";
  let depth = 1;
  tokens.forEach((token, i) => {
    const before = tokens[i - 1];
    const same = before !== undefined && before.file === token.file && lastLine(before) === token.line;
    if (token.text === "}") depth--;
    if (before !== undefined) out += same ? " " : "\n";
    if (!same) out += "    ".repeat(depth);
    out += printWord(token.text);
    if (token.text === "{") depth++;
  });
  return out + "\n";
}

function printWord(text: string): string {
  return text === "" || /[\s"#]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}
