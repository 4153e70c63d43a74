/** Tables about what plugins make of a query or of a reply on its way. */
import { COMBINED } from "../../core/addons/coredns/plugins/log.ts";
import { readLoadbalance } from "../../core/addons/coredns/plugins/loadbalance.ts";
import type { Next, Outcome } from "../../core/addons/coredns/plugin.ts";
import { bench, dispenser, queryOf, setUp } from "./coredns_bench.ts";
import type { Json, JsonObject } from "./coredns_format.ts";
import type { RowCheck } from "./coredns_tables.ts";
import { compareSections, type Problem, replyOf } from "./coredns_vectors.ts";

const lines = (value: Json | undefined) => ((value ?? []) as readonly Json[]).map(String);

/** A template answers, fails, or hands on. */
const template: RowCheck = async (row) => {
  const { config, qname, qtype, md, expectedCode, expectedAnswer, expectedExtra, expectedNs } = row as JsonObject;
  const at = bench();
  const instance = setUp("template", String(config), at);
  const labels = (md ?? {}) as Readonly<Record<string, string>>;
  const query = queryOf({ qname: String(qname), qtype: String(qtype ?? "A"), labels }, at);
  let passed = false;
  const next: Next = () => {
    passed = true;
    return Promise.resolve({ rcode: "NEXT" });
  };
  const { rcode, reply } = await instance.handle?.(query, next) ?? { rcode: "NEXT", reply: undefined };
  if ((expectedCode as JsonObject | undefined)?.symbol !== undefined) return passed ? undefined : "not handed on";
  if (typeof expectedCode === "string") return rcode === expectedCode ? undefined : `got ${rcode}`;
  const sections = { answer: lines(expectedAnswer), extra: lines(expectedExtra), ns: lines(expectedNs) };
  const problems = compareSections(sections, reply, false);
  return problems.length === 0 ? undefined : problems.join("; ");
};

/** The rules as a Corefile has them, one name, and what the line says. */
const logged: RowCheck = async (row) => {
  const { Rules, Domain, ShouldLog, ShouldString, ShouldNOTString } = row as JsonObject;
  const text = (Rules as readonly JsonObject[]).map(({ NameScope, Format }) =>
    `log ${NameScope} "${String(Format).replace("{combined}", COMBINED).replaceAll('"', '\\"')}"`
  );
  const at = bench();
  const instance = setUp("log", text.join("\n"), at);
  const query = queryOf({ qname: String(Domain) }, at);
  const reply = replyOf({ answer: [] }, query.message);
  await instance.handle?.(query, () => Promise.resolve({ rcode: "NOERROR", reply }));
  const line = at.log.join("\n");
  if ((line !== "") !== ShouldLog) return `logged ${JSON.stringify(line)}`;
  if (!line.includes(String(ShouldString ?? ""))) return `${ShouldString} expected in ${line}`;
  return ShouldNOTString && line.includes(String(ShouldNOTString)) ? `${ShouldNOTString} is in ${line}` : undefined;
};

async function balanced(given: Parameters<typeof replyOf>[0], qtype = "A"): Promise<Outcome> {
  const at = bench();
  const instance = setUp("loadbalance", "loadbalance", at);
  const query = queryOf({ qname: "region2.skydns.test.", qtype }, at);
  const reply = replyOf(given, query.message);
  return await instance.handle?.(query, () => Promise.resolve({ rcode: "NOERROR", reply })) ?? { rcode: "NEXT" };
}

/** CNAMEs come first and as they were, addresses after them, mail exchangers last; none is lost. */
const shuffled: RowCheck = async (row) => {
  const given = row as JsonObject;
  const { reply } = await balanced({ answer: lines(given.answer), extra: lines(given.extra) });
  const check = (types: readonly string[], section: "Answer" | "Extra"): Problem => {
    const counts = (["cname", "address", "mx"] as const).map((kind) => Number(given[`${kind}${section}`] ?? 0));
    const kinds = types.map((type) => ({ CNAME: 0, A: 1, AAAA: 1, MX: 2 }[type] ?? 3));
    const want = counts.flatMap((count, kind) => Array.from({ length: count }, () => kind));
    return JSON.stringify(kinds) === JSON.stringify(want) ? undefined : `${section}: ${types.join(" ")}`;
  };
  return check((reply?.answers ?? []).map(({ type }) => type), "Answer") ??
    check((reply?.additionals ?? []).map(({ type }) => type), "Extra");
};

const transferred: RowCheck = async (row) => {
  const answer = [
    "z. 1 IN SOA a. b. 1 2 3 4 5",
    "z. 1 IN MX 10 m.",
    "z. 1 IN A 10.0.0.1",
    "z. 1 IN SOA a. b. 1 2 3 4 5",
  ];
  const { reply } = await balanced({ answer }, String(row));
  const types = (reply?.answers ?? []).map(({ type }) => type).join(" ");
  return types === "SOA MX A SOA" ? undefined : `a transfer came back as ${types}`;
};

const weights: RowCheck = (row) => {
  const { expectedWeightFile, expectedWeightReload } = row as JsonObject;
  const text = `loadbalance weighted ${expectedWeightFile} {\nreload ${expectedWeightReload}\n}`;
  const { weighted } = readLoadbalance(dispenser(text));
  const got = `${weighted?.file} ${(weighted?.reload ?? -1) / 1000}s`;
  return got === `${expectedWeightFile} ${expectedWeightReload}` ? undefined : `got ${got}`;
};

const fallthroughUnsupported: RowCheck = async (row) => {
  const { qname, fall, unsupported, expectFallthrough } = row as JsonObject;
  const zones = Array.isArray(fall) ? fall.map(String) : lines((fall as JsonObject | undefined)?.Zones);
  const at = bench({ files: { hosts: "10.0.0.1 example.org\n" } });
  const words = [`fallthrough ${zones.join(" ")}`, ...(unsupported ? ["fallthrough_unsupported"] : [])];
  const instance = setUp("hosts", `hosts hosts . {\n${words.join("\n")}\n}`, at);
  let passed = false;
  await instance.handle?.(queryOf({ qname: String(qname), qtype: "MX" }, at), () => {
    passed = true;
    return Promise.resolve({ rcode: "NOERROR" });
  });
  return passed === (expectFallthrough === true) ? undefined : `handed on: ${passed}`;
};

const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  baseAnswer: ["example.com. 300 IN A 192.0.2.1"],
  baseNs: ["example.com. 300 IN NS ns.example.com."],
  baseExtra: ["ns.example.com. 300 IN A 192.0.2.53"],
};

function sectionsOf({ Answer, Ns, Extra, Rcode }: JsonObject) {
  const of = (value: Json | undefined) => SECTIONS[String((value as JsonObject | null)?.symbol)] ?? [];
  const rcode = { 0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN" }[Number(Rcode)] ?? "NOERROR";
  return { rcode, answer: of(Answer), ns: of(Ns), extra: of(Extra) };
}

const minimal: RowCheck = async (row) => {
  const { original, minimal } = row as JsonObject;
  const at = bench();
  const instance = setUp("minimal", "minimal", at);
  const query = queryOf({ qname: "example.com." }, at);
  const reply = replyOf(sectionsOf(original as JsonObject), query.message);
  const outcome = await instance.handle?.(query, () => Promise.resolve({ rcode: "NOERROR", reply }));
  const problems = compareSections(sectionsOf(minimal as JsonObject), outcome?.reply, true);
  return problems.length === 0 ? undefined : problems.join("; ");
};

/** The checks by their tables. */
export const REPLIES: Readonly<Record<string, RowCheck>> = {
  "plugin/template/var:TestVar": template,
  "plugin/template/expr:TestExpr": template,
  "plugin/log/log:TestLogged": logged,
  "plugin/loadbalance/loadbalance:TestLoadBalanceRandom": shuffled,
  "plugin/loadbalance/loadbalance:TestLoadBalanceXFR": transferred,
  "plugin/loadbalance/setup:testWeighted": weights,
  "plugin/hosts/hosts:TestFallthroughUnsupportedType": fallthroughUnsupported,
  "plugin/minimal/minimal:TestMinimizeResponse": minimal,
};
