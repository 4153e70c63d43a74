/** Prometheus metrics in memory: families with help and type, samples by label text. */
export class Metrics {
  readonly #families = new Map<string, Family>();

  /** Declares a family; a family nobody declared cannot be counted. */
  declare(name: string, type: Family["type"], help: string): void {
    if (!this.#families.has(name)) this.#families.set(name, { name, type, help, samples: new Map() });
  }

  /** Whether a family was declared. */
  has(name: string): boolean {
    return this.#families.has(name);
  }

  /** A sample to count on again and again; its label text is made once. */
  cell(name: string, labels: Readonly<Record<string, string>>): Cell {
    const { samples } = this.#family(name);
    const key = labelText(labels);
    const cell = samples.get(key) ?? { value: 0 };
    samples.set(key, cell);
    return cell;
  }

  /** Counts up one sample, which is there from the first time on. */
  tally(name: string, labels: Readonly<Record<string, string>>): () => void {
    let cell: Cell | undefined;
    return () => {
      cell ??= this.cell(name, labels);
      cell.value++;
    };
  }

  /** Adds to a counter or gauge. */
  add(name: string, labels: Readonly<Record<string, string>>, by = 1): void {
    this.cell(name, labels).value += by;
  }

  /** Sets a gauge. */
  set(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    this.cell(name, labels).value = value;
  }

  /** The exposition text, families and samples sorted; families without samples are left out. */
  print(): string {
    const families = [...this.#families.values()].filter((family) => family.samples.size > 0);
    return families.sort((a, b) => (a.name < b.name ? -1 : 1)).map(printFamily).join("");
  }

  #family(name: string): Family {
    const family = this.#families.get(name);
    if (family === undefined) throw new Error(`undeclared metric ${name}`);
    return family;
  }
}

interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: Map<string, Cell>;
}

/** One sample of a family. */
export interface Cell {
  value: number;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? "" : `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}}`;
}

function printFamily({ name, type, help, samples }: Family): string {
  const lines = [...samples].sort(([a], [b]) => (a < b ? -1 : 1)).map(([labels, { value }]) =>
    `${name}${labels} ${value}\n`
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}
