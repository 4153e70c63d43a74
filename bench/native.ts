/**
 * The plane's parts one by one (`native/`), from the same source in two builds: native for this machine's processor, and Wasm with the
 * slow twins. Both need cargo; without it they take no part, and say so.
 */

const CRATE = new URL("./native/", import.meta.url);

/** Parts by name, in the order of `native/src/lib.rs`. */
const PARTS = ["routes4", "routes6", "golden4", "golden6", "chains", "chains-linear", "flows", "world"] as const;

/** A part's name. */
export type PartName = typeof PARTS[number];

/** A part under measurement, wherever it runs. Times are nanoseconds. */
export interface Part {
  /** Makes the part and gives it its table; how long that took. */
  load(name: PartName, words: Uint32Array): Promise<number>;
  /** Sets the inputs of the next runs. */
  keys(words: Uint32Array): Promise<number>;
  /** Works through the inputs once; how long that took. */
  run(kind?: number): Promise<number>;
}

/** Says on standard error what takes no part, and why. */
export function skipped(what: string, why: string): undefined {
  console.error(`SKIPPED: ${what}: ${why}`);
  return undefined;
}

const NATIVE = "-C target-cpu=native";

function built(path: string): URL {
  const target = Deno.env.get("CARGO_TARGET_DIR");
  return target === undefined ? new URL(`target/${path}`, CRATE) : new URL(`file://${target}/${path}`);
}

async function cargo(args: readonly string[], rustflags: string): Promise<boolean> {
  const command = new Deno.Command("cargo", {
    args: ["build", "--release", "--quiet", "--locked", ...args],
    cwd: CRATE,
    env: { RUSTFLAGS: rustflags },
    stdout: "null",
    stderr: "inherit",
  });
  return await command.output().then((output) => output.success, () => false);
}

/** The program that sends datagrams by the real kernel. */
export async function buildSender(): Promise<string | undefined> {
  if (!await cargo(["--bin", "plane-bench-sender"], NATIVE)) {
    return skipped("the real kernel", "cargo cannot build it here");
  }
  return built("release/plane-bench-sender").pathname;
}

/** A native program that answers requests, one number each. */
export class Native implements Part {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #file: string;
  #rest = "";

  private constructor(program: URL, file: string) {
    this.#process = new Deno.Command(program, { stdin: "piped", stdout: "piped" }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#file = file;
  }

  /** Builds and starts it. */
  static async open(): Promise<Native | undefined> {
    if (!await cargo(["--bin", "plane-bench-native"], NATIVE)) {
      return skipped("native Rust", "cargo cannot build it here");
    }
    return new Native(built("release/plane-bench-native"), await Deno.makeTempFile({ prefix: "podwire-bench-" }));
  }

  async load(name: PartName, words: Uint32Array): Promise<number> {
    await this.#write(words);
    return await this.#ask(`load ${name} ${this.#file}`);
  }

  async keys(words: Uint32Array): Promise<number> {
    await this.#write(words);
    return await this.#ask(`keys ${this.#file}`);
  }

  run(kind = 0): Promise<number> {
    return this.#ask(`run ${kind}`);
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#reader.cancel();
    await this.#process.status;
    await Deno.remove(this.#file);
  }

  async #write(words: Uint32Array): Promise<void> {
    await Deno.writeFile(this.#file, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  }

  async #ask(request: string): Promise<number> {
    await this.#writer.write(new TextEncoder().encode(request + "\n"));
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`the native program ended at: ${request}`);
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const answer = Number(this.#rest.slice(0, end));
    this.#rest = this.#rest.slice(end + 1);
    return answer;
  }
}

/** Plain exports over a region of words. */
export type Exports =
  & Readonly<Record<string, (...words: number[]) => number>>
  & { readonly memory: WebAssembly.Memory };

/** The parts in Wasm; one instance holds one part. */
export class Wasm implements Part {
  readonly #exports: Exports;
  #address = 0;

  private constructor(exports: Exports) {
    this.#exports = exports;
  }

  /** Builds the module once a process, and makes an instance. */
  static async open(): Promise<Wasm | undefined> {
    const module = await (Wasm.#module ??= Wasm.#build());
    return module === undefined ? undefined : new Wasm(instance(module));
  }

  static #module: Promise<WebAssembly.Module | undefined> | undefined;

  static async #build(): Promise<WebAssembly.Module | undefined> {
    if (!await cargo(["--lib", "--target", "wasm32-unknown-unknown"], "")) {
      return skipped("the parts in Wasm and the slow twins", "cargo cannot build them here");
    }
    const bytes = await Deno.readFile(built("wasm32-unknown-unknown/release/plane_bench.wasm"));
    return new WebAssembly.Module(bytes);
  }

  load(name: PartName, words: Uint32Array): Promise<number> {
    this.#put(words);
    return Promise.resolve(this.#timed("load", PARTS.indexOf(name), words.length));
  }

  keys(words: Uint32Array): Promise<number> {
    this.#put(words);
    return Promise.resolve(this.#call("keys", words.length));
  }

  run(kind = 0): Promise<number> {
    return Promise.resolve(this.#timed("run", kind));
  }

  /** What the last run gave for the first `count` inputs. */
  answers(count: number): Uint32Array {
    this.#call("answers");
    return new Uint32Array(this.#exports.memory.buffer, this.#address, count).slice();
  }

  /** Bytes of the structure under test. */
  bytes(): number {
    return this.#call("bytes") >>> 0;
  }

  #put(words: Uint32Array): void {
    this.#address = this.#call("reserve", words.length) >>> 0;
    new Uint32Array(this.#exports.memory.buffer, this.#address, words.length).set(words);
  }

  #timed(name: string, ...words: number[]): number {
    const start = performance.now();
    this.#call(name, ...words);
    return (performance.now() - start) * 1e6;
  }

  #call(name: string, ...words: number[]): number {
    return (this.#exports[`part_${name}`] as (...words: number[]) => number)(...words);
  }
}

/** The plane's own module, as it ships. */
export async function shipped(): Promise<Exports> {
  const bytes = await Deno.readFile(new URL("../wasm/pkg/plane_bg.wasm", import.meta.url));
  return instance(new WebAssembly.Module(bytes));
}

/** Runs a module without its glue: plain exports call none of its imports. */
function instance(module: WebAssembly.Module): Exports {
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const unused = () => {
      throw new Error(`${from} ${name} is glue and not for plain exports`);
    };
    if (kind === "function") (imports[from] ??= {})[name] = unused;
  }
  return new WebAssembly.Instance(module, imports).exports as unknown as Exports;
}
