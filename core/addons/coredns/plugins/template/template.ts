import { parseZoneFile, type Rr, ZoneFileError } from "../../../../dns/mod.ts";
import type { ExprFunction, Run } from "../../expression/expression.ts";
import { queryFunctions } from "../../expression/query.ts";
import type { Value } from "../../expression/value.ts";
import { TemplateError } from "../../go_template/template.ts";
import type { TemplateValue } from "../../go_template/value.ts";
import { emptyReply, extendedError, typeWord } from "../../outcome.ts";
import type { DnsPlugin, DnsQuery, Next, Outcome } from "../../plugin.ts";
import { fallsThrough } from "../../setup.ts";
import { matchingZone } from "../../zones.ts";
import { readTemplates, type Record, type Template } from "./setup.ts";

/** template: replies written by Go templates, for names that match a regular expression. */
export const template: DnsPlugin = {
  name: "template",
  setup(corefile, context) {
    const templates = readTemplates(corefile, context);
    const zones = templates.flatMap((one) => one.zones);
    return {
      handle: (query, next) =>
        matchingZone(zones, query.name) === undefined ? next(query) : answer(templates, query, next),
    };
  },
};

/** A template's data, or whether the next one is to be tried. */
type Match = { readonly data: ReadonlyMap<string, TemplateValue> } | "next" | "servfail" | { readonly error: string };

async function answer(templates: readonly Template[], query: DnsQuery, next: Next): Promise<Outcome> {
  for (const one of templates) {
    const match = matchTemplate(one, query);
    if (match === "servfail") return { rcode: "SERVFAIL" };
    if (match === "next") continue;
    if ("error" in match) return { rcode: "SERVFAIL", error: match.error };
    if (one.rcode === "SERVFAIL") return { rcode: "SERVFAIL" };
    return await reply(one, query, match.data);
  }
  return await next(query);
}

function matchTemplate(one: Template, query: DnsQuery): Match {
  const { question, name } = query;
  const zone = matchingZone(one.zones, name);
  if (zone === undefined) return "next";
  if (one.class !== "ANY" && question.class !== "ANY" && question.class !== one.class) return "next";
  if (one.type !== "ANY" && question.type !== "ANY" && question.type !== one.type) return "next";
  const unmatched = fallsThrough(one.fall, name) ? "next" : "servfail";
  for (const { regexp, source } of one.matches) {
    const found = regexp.exec(name);
    if (found === null) continue;
    const groups = groupsOf(found);
    const judged = judge(one, query, groups);
    if (typeof judged === "string") return { error: judged };
    if (judged === undefined) return unmatched;
    const data = new Map<string, TemplateValue>([
      ["Zone", zone],
      ["Name", name],
      ["Class", question.class === "ANY" ? one.class : question.class],
      ["Type", typeWord(question.type === "ANY" ? one.type : question.type)],
      ["Regex", source],
      ["Match", [...found].map((text) => text ?? "")],
      ["Group", groups],
      ["Var", judged],
      ["Remote", query.client.address],
      ["Question", new Map([["Name", question.name], ["Qtype", question.type], ["Qclass", question.class]])],
      ["Message", new Map<string, TemplateValue>([["Id", query.message.id]])],
      ["Meta", (label) => query.labels?.get(String(label)) ?? ""],
    ]);
    return { data };
  }
  return unmatched;
}

function groupsOf(found: RegExpExecArray): Map<string, string> {
  const numbered = [...found].map((text, i): [string, string] => [String(i), text ?? ""]);
  return new Map([
    ...numbered,
    ...Object.entries(found.groups ?? {}).map(([name, text]): [string, string] => [name, text ?? ""]),
  ]);
}

/** The variables of a template; undefined where an `expr` is not true; what failed as a text. */
function judge(
  one: Template,
  query: DnsQuery,
  groups: ReadonlyMap<string, string>,
): ReadonlyMap<string, TemplateValue> | undefined | string {
  const group: ExprFunction = { gives: "string", call: ([key]) => groups.get(String(key)) ?? "" };
  const functions = new Map([...queryFunctions(query), ["group", group]]);
  const variables = new Map<string, Value>();
  const run: Run = { functions, variables };
  try {
    for (const [name, expression] of one.variables) variables.set(name, expression.run(run));
    if (!one.conditions.every((condition) => condition.run(run) === true)) return undefined;
    return variables as ReadonlyMap<string, TemplateValue>;
  } catch (error) {
    return (error as Error).message;
  }
}

async function reply(
  one: Template,
  query: DnsQuery,
  data: ReadonlyMap<string, TemplateValue>,
): Promise<Outcome> {
  const empty = emptyReply(query, one.rcode);
  let flags = { ...empty.flags, aa: true };
  let rcode = one.rcode;
  try {
    const answers: Rr[] = [];
    for (const record of one.answer) {
      const rr = executed(record, data);
      answers.push(rr);
      if (!one.upstream || rr.type !== "CNAME" || !["A", "AAAA"].includes(query.question.type)) continue;
      const found = await query.ask(rr.data, query.question.type);
      if (found.reply === undefined) rcode = "SERVFAIL";
      else {
        flags = { ...flags, tc: found.reply.flags.tc };
        answers.push(...found.reply.answers);
      }
    }
    const additionals = one.additional.map((record) => executed(record, data));
    const authorities = one.authority.map((record) => executed(record, data));
    const edns = one.ederror === undefined ? {} : { edns: extendedError(one.ederror.code, one.ederror.text) };
    return { rcode: "NOERROR", reply: { ...empty, rcode, flags, answers, authorities, additionals, ...edns } };
  } catch (error) {
    if (error instanceof TemplateError) return { rcode: "SERVFAIL", error: error.message };
    if (error instanceof ZoneFileError) return { rcode: "SERVFAIL", error: error.complaint };
    throw error;
  }
}

/** The record a template writes; throws where it writes none. */
function executed(record: Record, data: ReadonlyMap<string, TemplateValue>): Rr {
  const text = record(data);
  const [rr] = parseZoneFile(text, { origin: ".", file: "template" });
  if (rr === undefined) throw new TemplateError(`no record in ${JSON.stringify(text)}`);
  return rr;
}
