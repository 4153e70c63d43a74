/** The same Rust sources in other builds: native, and the slow twins in Wasm. Both need cargo; without it they take no part, and say so. */

const CRATE = new URL("./native/", import.meta.url);
const TARGET = Deno.env.get("CARGO_TARGET_DIR");

function built(path: string): URL {
  return TARGET === undefined ? new URL(`target/${path}`, CRATE) : new URL(`file://${TARGET}/${path}`);
}

/** Says on standard error what takes no part, and why. */
export function skipped(what: string, why: string): undefined {
  console.error(`SKIPPED: ${what}: ${why}`);
  return undefined;
}

async function cargo(args: readonly string[], rustflags: string): Promise<boolean> {
  try {
    const command = new Deno.Command("cargo", {
      args: ["build", "--release", "--quiet", "--locked", ...args],
      cwd: CRATE,
      env: { RUSTFLAGS: rustflags },
      stdout: "null",
      stderr: "inherit",
    });
    return (await command.output()).success;
  } catch {
    return false;
  }
}

/** A native program that answers requests, one number each. */
export class Native {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";

  private constructor(program: URL) {
    this.#process = new Deno.Command(program, { stdin: "piped", stdout: "piped" }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Builds and starts it, for this machine's own processor. */
  static async open(): Promise<Native | undefined> {
    if (!await cargo(["--bin", "plane-bench"], "-C target-cpu=native")) {
      return skipped("native Rust", "cargo cannot build it here");
    }
    return new Native(built("release/plane-bench"));
  }

  /** Sends a request and waits for its number. */
  async ask(request: string): Promise<number> {
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

  /** Ends it. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#reader.cancel();
    await this.#process.status;
  }
}

/** Plain exports over a region of words. */
export type Exports = Readonly<Record<string, (count: number) => number>> & { readonly memory: WebAssembly.Memory };

/** The slow twins in Wasm. */
export async function golden(): Promise<Exports | undefined> {
  if (!await cargo(["--lib", "--target", "wasm32-unknown-unknown"], "")) {
    return skipped("golden twins", "cargo cannot build them here");
  }
  const bytes = await Deno.readFile(built("wasm32-unknown-unknown/release/plane_bench.wasm"));
  return instance(bytes);
}

/** The plane's own module, as it ships. */
export async function shipped(): Promise<Exports> {
  return instance(await Deno.readFile(new URL("../wasm/pkg/plane_bg.wasm", import.meta.url)));
}

/** Runs a module without its glue: plain exports call none of its imports. */
function instance(bytes: Uint8Array<ArrayBuffer>): Exports {
  const module = new WebAssembly.Module(bytes);
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const unused = () => {
      throw new Error(`${from} ${name} is glue and not for plain exports`);
    };
    if (kind === "function") (imports[from] ??= {})[name] = unused;
  }
  return new WebAssembly.Instance(module, imports).exports as unknown as Exports;
}
