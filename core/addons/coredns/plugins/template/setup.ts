/**
 * `template CLASS TYPE [ZONE...] { ... }`:
 *
 *     match REGEX...   answer|additional|authority TEMPLATE...   rcode CODE   ederror CODE [TEXT]
 *     var NAME EXPRESSION   expr EXPRESSION   fallthrough [ZONES...]   upstream
 */
import { CLASSES, rcodeNumber, TYPES } from "../../../../dns/mod.ts";
import type { Dispenser } from "../../corefile/dispenser.ts";
import { compileExpression, type Expression, RESERVED } from "../../expression/expression.ts";
import { ExprError } from "../../expression/lexer.ts";
import { queryFunctions } from "../../expression/query.ts";
import type { Kind } from "../../expression/value.ts";
import { compileTemplate, TemplateError } from "../../go_template/template.ts";
import type { TemplateValue } from "../../go_template/value.ts";
import type { Fall } from "../../outcome.ts";
import type { SetupContext } from "../../plugin.ts";
import { fallthroughZones, goRegExp } from "../../setup.ts";
import { zonesOf } from "../../zones.ts";

/** One compiled record template. */
export type Record = (data: ReadonlyMap<string, TemplateValue>) => string;

/** One `template` directive. */
export interface Template {
  readonly class: string;
  readonly type: string;
  readonly zones: readonly string[];
  readonly matches: { readonly regexp: RegExp; readonly source: string }[];
  readonly answer: Record[];
  readonly additional: Record[];
  readonly authority: Record[];
  readonly variables: (readonly [string, Expression])[];
  readonly conditions: Expression[];
  rcode: string;
  ederror: { readonly code: number; readonly text: string } | undefined;
  fall: Fall;
  upstream: boolean;
}

const SECTIONS = ["answer", "additional", "authority"] as const;

/** Reads every directive of a block, in order; throws a CorefileError. */
export function readTemplates(corefile: Dispenser, { zones }: SetupContext): Template[] {
  const templates: Template[] = [];
  while (corefile.next()) {
    if (!corefile.nextArg()) throw corefile.argError("CLASS TYPE");
    const kind = corefile.word();
    if (CLASSES[kind] === undefined) throw corefile.error(`invalid query class ${kind}`, "a class such as IN");
    if (!corefile.nextArg()) throw corefile.argError("a type");
    const type = corefile.word();
    if (TYPES[type] === undefined) throw corefile.error(`invalid RR class ${type}`, "a type such as A");
    const template: Template = {
      class: kind,
      type,
      zones: zonesOf(corefile.remainingArgs(), zones),
      matches: [],
      answer: [],
      additional: [],
      authority: [],
      variables: [],
      conditions: [],
      rcode: "NOERROR",
      ederror: undefined,
      fall: [],
      upstream: false,
    };
    while (corefile.nextBlock()) readProperty(corefile, template);
    if (template.matches.length === 0) template.matches.push({ regexp: /.*/, source: ".*" });
    templates.push(template);
  }
  return templates;
}

function readProperty(corefile: Dispenser, template: Template): void {
  const property = corefile.word();
  const section = SECTIONS.find((name) => name === property);
  if (section !== undefined) return readSection(corefile, template, section);
  switch (property) {
    case "match":
      return readMatch(corefile, template);
    case "rcode":
      if (!corefile.nextArg()) throw corefile.argError("an rcode");
      if (rcodeNumber(corefile.word()) === undefined) {
        throw corefile.error(`unknown rcode ${corefile.word()}`, "an rcode such as NXDOMAIN");
      }
      template.rcode = corefile.word();
      return;
    case "ederror":
      return readError(corefile, template);
    case "var":
      return readVariable(corefile, template);
    case "expr":
      template.conditions.push(readExpression(corefile, template, corefile.remainingArgs()));
      return;
    case "fallthrough":
      template.fall = fallthroughZones(corefile.remainingArgs());
      return;
    case "upstream":
      corefile.remainingArgs();
      template.upstream = true;
      return;
    default:
      throw corefile.argError("match, answer, additional, authority, rcode, ederror, var, expr or fallthrough");
  }
}

function readSection(corefile: Dispenser, template: Template, section: typeof SECTIONS[number]): void {
  const args = corefile.remainingArgs();
  if (args.length === 0) throw corefile.argError("a record");
  for (const text of args) {
    try {
      template[section].push(compileTemplate(section, text));
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw corefile.error(`could not compile template: ${corefile.word()}, ${error.message}`, "a Go template");
    }
  }
}

function readMatch(corefile: Dispenser, template: Template): void {
  const args = corefile.remainingArgs();
  if (args.length === 0) throw corefile.argError("a regular expression");
  for (const source of args) {
    const regexp = goRegExp(source);
    if ("error" in regexp) {
      throw corefile.error(`could not parse regex: ${source}, ${regexp.error}`, "a regular expression");
    }
    template.matches.push({ regexp, source });
  }
}

function readError(corefile: Dispenser, template: Template): void {
  const args = corefile.remainingArgs();
  if (args.length < 1 || args.length > 2) throw corefile.argError("CODE [TEXT]");
  const [code, text = ""] = args as [string, string?];
  const problem = !/^\d+$/.test(code) ? "invalid syntax" : Number(code) > 65535 ? "value out of range" : undefined;
  if (problem !== undefined) {
    const reason = `strconv.ParseUint: parsing ${JSON.stringify(code)}: ${problem}`;
    throw corefile.error(`error parsing extended DNS error code ${corefile.word()}, ${reason}`, "a number");
  }
  template.ederror = { code: Number(code), text };
}

function readVariable(corefile: Dispenser, template: Template): void {
  const [name, ...words] = corefile.remainingArgs();
  if (name === undefined || words.length === 0) throw corefile.argError("NAME EXPRESSION");
  if (!/^[A-Za-z_]\w*$/.test(name)) throw corefile.error(`invalid variable name '${name}'`, "a name");
  const taken = RESERVED.has(name) || name === "group" || queryFunctions().has(name);
  if (taken) throw corefile.error(`variable name '${name}' is reserved`, "another name");
  if (template.variables.some(([known]) => known === name)) {
    throw corefile.error(`variable '${name}' already defined`, "another name");
  }
  template.variables.push([name, readExpression(corefile, template, words)]);
}

function readExpression(corefile: Dispenser, template: Template, words: readonly string[]): Expression {
  if (words.length === 0) throw corefile.argError("an expression");
  const functions = new Map([...queryFunctions(), ["group", { gives: "string" as Kind, call: () => "" }] as const]);
  const variables = new Map(template.variables.map(([name, { kind }]) => [name, kind]));
  try {
    return compileExpression(words.join(" "), { functions, variables });
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    throw corefile.error(error.message, "an expression such as name() == 'a.lab.test.'");
  }
}
