import { diff as difference, type DiffRow, Lab, type Variant } from "../mod.ts";
import { labOptions, readFiles } from "./files.ts";
import { readWords, UsageError, type Words } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** `podwire diff`: which flows end differently; exit status 0 where none does, 1 where some do. */
export const diff: Verb = {
  usage: "-f LAB... --proxy A,B... | --network A,B... | --with CHANGE.yaml [--json]",
  does: "what would change, flow by flow: with other modes of kube-proxy, another pod network, or a change of objects",
  async run(argv) {
    const words = readWords(argv, { string: ["with"] });
    const variants = await variantsOf(words);
    const rows = await difference(variants);
    console.log(words.flag["json"] ? JSON.stringify(rows, null, 2) : printDiff(rows, variants));
    return rows.length === 0 ? 0 : 1;
  },
};

async function variantsOf(words: Words): Promise<Variant[]> {
  const { proxy, network, with: change } = words.text;
  const lists = [proxy, network].filter((text) => text?.includes(",")).length;
  if (lists + Number(change !== undefined) !== 1) {
    throw new UsageError("one of --proxy A,B, --network A,B and --with CHANGE.yaml is needed");
  }
  const options = labOptions(words);
  if (change !== undefined) {
    const [before, after] = [await Lab.open(options), await Lab.open(options)];
    await after.apply(readFiles([change]));
    return [{ name: "before", lab: before }, { name: "after", lab: after }];
  }
  const [field, names] = proxy?.includes(",") ? ["proxy", proxy.split(",")] : ["network", (network ?? "").split(",")];
  const variants: Variant[] = [];
  for (const name of names) variants.push({ name, lab: await Lab.open({ ...options, [String(field)]: name }) });
  return variants;
}

/** A paragraph a flow: how each lab ends it, and by which rule. */
function printDiff(rows: readonly DiffRow[], variants: readonly Variant[]): string {
  const width = Math.max(...variants.map(({ name }) => name.length));
  const paragraphs = rows.map(({ from, to, proto, outcomes }) => {
    const lines = outcomes.map(({ variant, verdict, receiver, sees, why }) => {
      const end = receiver === null ? verdict : `${verdict} to ${receiver}, which sees ${sees}`;
      return `  ${variant.padEnd(width)}  ${end}\n  ${" ".repeat(width)}    ${why}`;
    });
    return [`${from} > ${to} ${proto}`, ...lines].join("\n");
  });
  const count = rows.length === 1 ? "1 flow ends differently" : `${rows.length} flows end differently`;
  return [...paragraphs, count].join("\n\n");
}
