/**
 * The API's types as data: which fields an object has, of which type, in which order, and how lists are merged.
 *
 *     schema = *( aliases / struct )
 *     aliases = NAME "=" type *( ";" NAME "=" type )
 *     struct = NAME [ "atomic" ] newline 1*( field "," )            ; field lines are indented
 *     field  = NAME [ "?" | "??" ] " " type *mark                   ; "?" left out when empty, "??" also when zero
 *     type   = [ "*" ] ( "[]" type | "map " type | scalar | NAME )
 *     scalar = "string" | "bool" | "int" | "int32" | "int64" | "bytes" | "quantity" | "intstr" | "time" | "microtime" |
 *              "duration" | "raw"
 *     mark   = "merge(" [ KEY ] ")" | "retain" | "replace" | "keys(" KEY *( "," KEY ) ")" | "set" | "atomic"
 *
 * `merge(KEY)` is the strategic merge patch key, `keys(...)` the list map keys of server-side apply.
 */

/** A type: `go` is its name in the server's messages. */
export type TypeRef =
  | { readonly type: "scalar"; readonly scalar: Scalar; readonly go: string }
  | { readonly type: "list"; readonly of: TypeRef; readonly go: string }
  | { readonly type: "map"; readonly of: TypeRef; readonly go: string }
  | { readonly type: "struct"; readonly struct: Struct; readonly go: string };

/** Types without parts. */
export type Scalar =
  | "string"
  | "bool"
  | "int"
  | "int32"
  | "int64"
  | "bytes"
  | "quantity"
  | "intstr"
  | "time"
  | "microtime"
  | "duration"
  | "raw";

/** One field of a struct. */
export interface Field {
  readonly name: string;
  readonly ref: TypeRef;
  /** Whether "not there" differs from the zero value. */
  readonly pointer: boolean;
  /** When it is left out of the server's JSON. */
  readonly omit: "never" | "empty" | "zero";
  /** Strategic merge patch: the key of a merged list, "" for a list of scalars; undefined: replaced. */
  readonly merge?: string;
  readonly retainKeys: boolean;
  readonly keys: readonly string[];
  readonly set: boolean;
  readonly atomic: boolean;
}

/** A struct: its fields in declaration order. */
export interface Struct {
  readonly name: string;
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, Field>;
}

interface Pending {
  readonly name: string;
  readonly atomic: boolean;
  readonly fields: Map<string, Field>;
  text: string;
}

const SCALARS: Readonly<Record<string, string>> = {
  string: "string",
  bool: "bool",
  int: "int",
  int32: "int32",
  int64: "int64",
  bytes: "[]uint8",
  quantity: "resource.Quantity",
  intstr: "intstr.IntOrString",
  time: "v1.Time",
  microtime: "v1.MicroTime",
  duration: "v1.Duration",
  raw: "runtime.RawExtension",
};

/** One group's types by name; names it does not know are looked for in its base. */
export class Schema {
  readonly #structs = new Map<string, Pending>();
  readonly #aliases = new Map<string, string>();

  constructor(text: string, readonly base?: Schema) {
    this.#read(text);
    for (const struct of this.#structs.values()) {
      for (const part of splitFields(struct.text)) {
        const field = this.#field(part);
        struct.fields.set(field.name, field);
      }
    }
  }

  /** The struct of that name; throws on an unknown one. */
  struct(name: string): Struct {
    const found = this.#structs.get(name) ?? this.base?.struct(name);
    if (found === undefined) throw new Error(`schema has no type ${name}`);
    return found;
  }

  #read(text: string): void {
    let open: Pending | undefined;
    for (const line of text.split("\n")) {
      if (line.trim() === "") continue;
      if (line.startsWith(" ")) {
        if (open === undefined) throw new Error(`schema: fields without a struct: ${line}`);
        open.text += " " + line.trim();
      } else if (line.includes("=")) {
        for (const alias of line.split(";")) {
          const [name = "", type = ""] = alias.split("=").map((part) => part.trim());
          this.#aliases.set(name, type);
        }
      } else {
        const [name = "", mark] = line.trim().split(" ");
        open = { name, atomic: mark === "atomic", fields: new Map(), text: "" };
        this.#structs.set(name, open);
      }
    }
  }

  #field(text: string): Field {
    const [named = "", ...rest] = text.trim().split(" ");
    const marks = rest.slice(rest[0] === "map" || rest[0] === "*map" || rest[0] === "[]map" ? 2 : 1);
    const type = rest.slice(0, rest.length - marks.length).join(" ");
    const merge = marks.find((mark) => mark.startsWith("merge("))?.slice(6, -1);
    return {
      name: named.replace(/\?+$/, ""),
      pointer: type.startsWith("*"),
      ref: this.#ref(type.replace(/^\*/, "")),
      omit: named.endsWith("??") ? "zero" : named.endsWith("?") ? "empty" : "never",
      ...(merge === undefined ? {} : { merge }),
      retainKeys: marks.includes("retain"),
      keys: marks.find((mark) => mark.startsWith("keys("))?.slice(5, -1).split(",") ?? [],
      set: marks.includes("set"),
      atomic: marks.includes("atomic"),
    };
  }

  #ref(type: string): TypeRef {
    if (type.startsWith("*")) return this.#ref(type.slice(1));
    if (type.startsWith("[]")) {
      const of = this.#ref(type.slice(2));
      return { type: "list", of, go: `[]${of.go}` };
    }
    if (type.startsWith("map ")) {
      const of = this.#ref(type.slice(4));
      return { type: "map", of, go: `map[string]${of.go}` };
    }
    const go = SCALARS[type];
    if (go !== undefined) return { type: "scalar", scalar: type as Scalar, go };
    return this.#named(type);
  }

  #named(name: string): TypeRef {
    if (name === "UID") return { type: "scalar", scalar: "string", go: "types.UID" };
    const alias = this.#aliases.get(name);
    if (alias !== undefined) return { ...this.#ref(alias), go: `v1.${name}` };
    const struct = this.#structs.get(name);
    if (struct !== undefined) return { type: "struct", struct, go: `v1.${name}` };
    if (this.base === undefined) throw new Error(`schema has no type ${name}`);
    return this.base.#named(name);
  }
}

function splitFields(text: string): string[] {
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  return parts.filter((part) => part !== "");
}
