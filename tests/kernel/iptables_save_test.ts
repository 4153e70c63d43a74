/**
 * What podwire prints as iptables-save is what the real tools print: every text loads into the real iptables-legacy-restore
 * without a complaint, and the real iptables-legacy-save prints the same text back, counters and comment lines aside.
 */
import { assertEquals, assertNotEquals } from "@std/assert";
import { Lab, type LabFile } from "../../mod.ts";
import { readRecording } from "../parity/mod.ts";
import type { Scenario } from "../parity/scenario.ts";
import { box } from "./box.ts";
import { missing, onRealKernel } from "./real.ts";

const ROOT = new URL("../../", import.meta.url);
const SHARED = new URL("../shared/", ROOT);
const TOOLS = ["iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ipset"];
const ignore = await missing("iptables-save against the real tools", TOOLS) !== undefined;

type Tool = "iptables" | "ip6tables";

/** Without comment lines, and with every counter at zero. */
function rulesOf(save: string): string {
  const lines = save.split("\n").filter((line) => !line.startsWith("#"));
  return lines.map((line) => line.replace(/^(:\S+ \S+) \[\d+:\d+\]$/, "$1 [0:0]").replace(/^\[\d+:\d+\] /, "")).join(
    "\n",
  );
}

/**
 * What the real tools make of a text: their complaints, and the rules they print back. A kernel prints the table that was
 * first asked for last, so tables are asked for in the order that gives the text's own.
 */
async function throughReal(text: string, tool: Tool, sets = ""): Promise<{ complaints: string; rules: string }> {
  const tables = [...text.matchAll(/^\*(\w+)$/gm)].map(([, table]) => table).reverse();
  const script = [
    ...(sets === "" ? [] : [`ipset restore <<'SETS' || exit 9\n${sets}\nSETS`]),
    ...tables.map((table) => `${tool}-legacy -t ${table} -S >/dev/null`),
    `${tool}-legacy-restore 1>&2 || echo "exit $?" 1>&2`,
    `${tool}-legacy-save`,
  ];
  const { stdout, stderr } = await onRealKernel(script.join("\n"), text);
  return { complaints: stderr, rules: rulesOf(stdout) };
}

/** Asks a place for its rules, whole and for one table, and holds both against the real tools. */
async function holdAgainstReal(lab: Lab, place: string, tool: Tool): Promise<void> {
  const sets = (await lab.exec(place, "ipset save")).stdout;
  for (const command of [`${tool}-save -t nat`, `${tool}-save`]) {
    const { stdout, stderr, exit } = await lab.exec(place, command);
    assertEquals({ stderr, exit }, { stderr: "", exit: 0 }, `${place}$ ${command}`);
    const real = await throughReal(stdout, tool, sets);
    assertEquals(real.complaints, "", `${place}$ ${command}`);
    assertEquals(rulesOf(stdout), real.rules, `${place}$ ${command}`);
  }
}

async function holdNodes(files: LabFile[]): Promise<number> {
  const lab = await Lab.open({ files, nodes: 3 });
  let rules = 0;
  for (const { name } of lab.overview().nodes) {
    for (const tool of ["iptables", "ip6tables"] as const) await holdAgainstReal(lab, `node/${name}`, tool);
    rules += (await lab.exec(`node/${name}`, "iptables-save")).stdout.split("\n-A ").length - 1;
  }
  lab.close();
  return rules;
}

function manifests(folder: URL, accept: RegExp): LabFile[] {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => accept.test(name)).sort();
  return names.map((name) => ({ name, text: Deno.readTextFileSync(new URL(name, folder)) }));
}

Deno.test({
  name: "the shop's nodes print rules that the real iptables loads and prints back",
  ignore,
  fn: async () => assertNotEquals(await holdNodes(manifests(new URL("examples/shop/", ROOT), /\.yaml$/)), 0),
});

const boutique = new URL("data/online-boutique/", SHARED);
const boutiqueHere = await Deno.stat(boutique).then(() => true, () => false);
if (!boutiqueHere) console.error("SKIPPED: iptables-save of the online boutique: its manifests are not at hand");

Deno.test({
  name: "the online boutique's nodes print rules that the real iptables loads and prints back",
  ignore: ignore || !boutiqueHere,
  fn: async () => assertNotEquals(await holdNodes(manifests(boutique, /kubernetes-manifests\.yaml$/)), 0),
});

/** Loads sets and rules into a machine of ours; what it prints as iptables-save. */
async function throughOurs(text: string, tool: Tool, sets = ""): Promise<string> {
  const machine = box();
  if (sets !== "") assertEquals((await machine.run("ipset restore", { stdin: sets })).stderr, "");
  assertEquals((await machine.run(`${tool}-restore`, { stdin: text })).stderr, "");
  return (await machine.run(`${tool}-save`)).stdout;
}

async function holdText(text: string, sets?: string): Promise<void> {
  const ours = await throughOurs(text, "iptables", sets);
  const real = await throughReal(ours, "iptables", sets);
  assertEquals(real, { complaints: "", rules: rulesOf(ours) });
  const tables = (save: string) => save.split("COMMIT\n").sort().join("COMMIT\n");
  const direct = await throughReal(text, "iptables", sets);
  assertEquals({ ...direct, rules: tables(direct.rules) }, { complaints: "", rules: tables(rulesOf(ours)) });
}

/** Every rule set of a scenario with the sets of its namespace. */
function ruleSets({ iptables = {}, ipset = {} }: Scenario): { text: string; sets: string | undefined }[] {
  return Object.entries(iptables).map(([ns, lines]) => ({
    text: typeof lines === "string" ? lines : `${lines.join("\n")}\n`,
    sets: ipset[ns],
  }));
}

Deno.test({
  name: "every recorded rule set is printed as the real iptables-legacy-save prints it",
  ignore,
  fn: async () => {
    const file = new URL("tests/vectors/parity.json.gz", ROOT).pathname;
    for (const { scenario } of (await readRecording(file)).cases) {
      for (const { text, sets } of ruleSets(scenario)) await holdText(text, sets);
    }
  },
});

const overall = new URL("vectors/kubeproxy_overall.iptables-restore.txt", SHARED);
const overallHere = await Deno.stat(overall).then(() => true, () => false);

Deno.test({
  name: "kube-proxy's own example of everything is printed as the real iptables-legacy-save prints it",
  ignore: ignore || !overallHere,
  fn: async () => await holdText(await Deno.readTextFile(overall)),
});

Deno.test({
  name: "a rule the real tools refuse, and one they print otherwise, are noticed",
  ignore,
  fn: async () => {
    const around = (rule: string) =>
      `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rule}\nCOMMIT\n`;
    const refused = await throughReal(around("-A INPUT -p icmp --dport 1 -j ACCEPT"), "iptables");
    assertNotEquals(refused.complaints, "");
    const other = around("-A INPUT -p tcp --dport 080 -j ACCEPT");
    assertNotEquals(rulesOf(other), (await throughReal(other, "iptables")).rules);
  },
});
