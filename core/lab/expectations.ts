/**
 * Expectations: what must reach what, and what must not, as objects of podwire.dev/v1.
 *
 *     kind: Expectations
 *     expect:
 *     - {from: deploy/frontend, to: "svc/cartservice:7070", verdict: delivered}
 *     - {from: a, to: "svc/b:53", proto: udp, verdict: dropped, decidedBy: NetworkPolicy/shop/deny-all}
 */
import { z } from "zod";
import { TextError } from "../base/mod.ts";
import { type Draft, type Located, parseManifest } from "../kube/mod.ts";
import type { DecidedBy, Why } from "./answers.ts";
import type { LabFile } from "./files.ts";
import type { Lab } from "./lab.ts";
import { PlaceError } from "./places.ts";

const Wanted = z.strictObject({
  from: z.string().min(1),
  to: z.string().min(1),
  proto: z.enum(["tcp", "udp", "icmp", "sctp"]).default("tcp"),
  verdict: z.enum(["delivered", "refused", "dropped", "unreachable", "timeout"]),
  /** `ns/pod` that must receive it. */
  backend: z.string().optional(),
  /** `KIND/[NS/]NAME` of the object whose rule must have decided. */
  decidedBy: z.string().regex(/^[A-Za-z]+(\/[^/\s]+){1,2}$/, "expected KIND/[NAMESPACE/]NAME").optional(),
  /** Addresses as the receiver must see them. */
  sees: z.strictObject({ src: z.string().optional(), dst: z.string().optional() }).optional(),
});

/** One line of a list, and where it stands. */
export interface Expectation extends z.infer<typeof Wanted> {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An expectation as it went; no differences mean that it held. */
export interface Tested {
  readonly expectation: Expectation;
  /** `verdict dropped, expected delivered`, one a field that differs. */
  readonly differences: readonly string[];
  readonly why: Why;
}

/** The expectations in files, in their order. Throws a TextError at the first mistake. */
export function readExpectations(files: readonly LabFile[]): Expectation[] {
  return files.flatMap(({ name, text }) => parseManifest(text, name).expectations).flatMap(readList);
}

function readList(located: Located<Draft>): Expectation[] {
  const { expect } = located.value as unknown as { expect?: unknown };
  if (!Array.isArray(expect)) {
    throw wrong(located, ["expect"], "no list of expectations", "expect: [{from, to, verdict}]");
  }
  return expect.map((item, i) => {
    const read = Wanted.safeParse(item);
    const at = { file: located.file, ...located.at(["expect", i]) };
    if (read.success) return { ...read.data, ...at };
    const [issue] = read.error.issues as [z.core.$ZodIssue];
    const unknown = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
    if (unknown !== undefined) {
      throw wrong(
        located,
        ["expect", i, unknown],
        `unknown field "${unknown}"`,
        `one of ${Object.keys(Wanted.shape).join(" ")}`,
      );
    }
    const path = issue.path.filter((part) => typeof part !== "symbol");
    throw wrong(located, ["expect", i, ...path], `${path.join(".")}: not what it must be`, expected(issue.message));
  });
}

/** The part of a message behind `expected`. */
function expected(message: string): string {
  return message.replace(/^.*?expected (one of )?/, (_, one: string | undefined) => one ?? "");
}

function wrong(
  located: Located<Draft>,
  path: readonly (string | number)[],
  problem: string,
  expected: string,
): TextError {
  const { line, column } = located.at(path, problem.startsWith("unknown") ? "name" : "value");
  return new TextError(located.file, line, column, problem, expected);
}

/** Asks a lab for one expectation. A place that is not there is a TextError at the expectation's line. */
export async function testExpectation(lab: Lab, expectation: Expectation): Promise<Tested> {
  const { from, to, proto, file, line, column } = expectation;
  try {
    const why = await lab.why(from, to, { proto });
    return { expectation, why, differences: differences(expectation, why) };
  } catch (error) {
    if (error instanceof PlaceError) throw new TextError(file, line, column, error.message, "places of this lab");
    throw error;
  }
}

function differences({ verdict, backend, decidedBy, sees }: Expectation, why: Why): string[] {
  const pairs: readonly (readonly [string, string | undefined, string])[] = [
    ["verdict", verdict, why.verdict],
    ["backend", backend, why.backend ?? "none"],
    ["decidedBy", decidedBy, why.decidedBy?.also?.find((each) => each === decidedBy) ?? printDecider(why.decidedBy)],
    ["sees.src", sees?.src, why.sees?.src ?? "none"],
    ["sees.dst", sees?.dst, why.sees?.dst ?? "none"],
  ];
  return pairs.filter(([, wanted, got]) => wanted !== undefined && wanted !== got).map(([field, wanted, got]) =>
    `${field} ${got}, expected ${wanted}`
  );
}

/** `NetworkPolicy/shop/deny-all`, `Machine/r`, or `none`. */
function printDecider(decider: DecidedBy | null): string {
  if (decider === null) return "none";
  return [decider.kind, decider.namespace, decider.name].filter((part) => part !== "").join("/");
}
