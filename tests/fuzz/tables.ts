/** Random and mutated texts for iptables-restore: taken or refused with words, and what is taken prints and loads the same. */
import { Random } from "../../core/base/mod.ts";
import { namespaceOf, netfilterOf, restoreSets, restoreTables } from "../../core/linux/mod.ts";
import { openPlane } from "../parity/plane.ts";
import { randomScenario } from "../parity/random/mod.ts";
import type { Fuzz, Report } from "./fuzz.ts";
import { mutateText } from "./mutate.ts";

/** How iptables-save prints `! --weekdays` with every day: what it does not read again itself. */
const NO_DAY = "--weekdays  ";

/** Texts made of one scenario's rules. */
const A_TEXT = 40;

/** Texts for iptables-restore. */
export const tables: Fuzz = {
  name: "tables",
  share: 0.08,
  run: (seed, count, report) => {
    for (let number = 0, left = count; left > 0; number++) {
      const scenario = randomScenario(seed ^ 0x5bd1e995, number);
      const random = new Random(seed ^ Math.imul(number + 1, 0x85ebca6b));
      const texts = Object.values(scenario.iptables ?? {}).map((lines) => [lines].flat().join("\n") + "\n");
      if (texts.length === 0) continue;
      const most = Math.min(A_TEXT, left);
      loadAll(random, { texts, most, sets: Object.values(scenario.ipset ?? {}).join("") }, report);
      left -= most;
    }
    return Promise.resolve();
  },
};

interface Load {
  readonly texts: readonly string[];
  readonly sets: string;
  readonly most: number;
}

function loadAll(random: Random, { texts, sets, most }: Load, report: Report): void {
  const plane = openPlane();
  const ns = plane.addNamespace();
  const netfilter = netfilterOf(namespaceOf(plane, ns));
  restoreSets(namespaceOf(plane, ns), sets);
  for (let tried = 0; tried < most; tried++) {
    const text = tried === 0 ? texts[0] as string : mutateText(random, random.pick(texts));
    report.began();
    report.ended(problemOf(netfilter, text), text);
  }
  plane.free();
}

function problemOf(netfilter: ReturnType<typeof netfilterOf>, text: string): string | undefined {
  const answer = restoreTables(netfilter, text);
  if (answer.exit !== 0) return answer.err === "" ? `refused without a word: ${JSON.stringify(text)}` : undefined;
  const printed = netfilter.save();
  const again = restoreTables(netfilter, printed);
  if (again.exit !== 0 && printed.includes(NO_DAY)) return undefined;
  if (again.exit !== 0) return `its own text is refused: ${again.err}\n${printed}`;
  return netfilter.save() === printed ? undefined : `its own text loads as another: ${JSON.stringify(text)}`;
}
