/** Formats of names, labels and ports, with the server's words for what breaks them (RFC 1123, RFC 6335, qualified names). */
import { invalid, type Issue } from "../issue.ts";

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const SUBDOMAIN_UNDERSCORE = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
const QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = "[-._a-zA-Z0-9]+";

/** A check of a text: what is wrong with it, in the server's words. */
export type Check = (text: string) => string[];

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

/** Go's RegexError: the rule, examples, and the expression. */
function broken(rule: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}'`).join(",  or ");
  const eg = examples.length === 0 ? "" : `e.g. ${shown}, `;
  return `${rule} (${eg}regex used for validation is '${pattern}')`;
}

const longest = (limit: number): string => `must be no more than ${limit} characters`;

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and " +
  "end with an alphanumeric character";

/** A name that becomes part of a path (IsValidPathSegmentName). */
export const pathSegment: Check = (text) => {
  if (text === "." || text === "..") return [`may not be '${text}'`];
  return ["/", "%"].filter((one) => text.includes(one)).map((one) => `may not contain '${one}'`);
};

/** RFC 1123 label: container names, port names, namespaces. */
export const dns1123Label: Check = (text) => {
  const problems = text.length > 63 ? [longest(63)] : [];
  if (whole(LABEL).test(text)) return problems;
  if (whole(SUBDOMAIN).test(text)) return [...problems, "must not contain dots"];
  return [...problems, broken(LABEL_RULE, LABEL, "my-name", "123-abc")];
};

const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and " +
  "must start and end with an alphanumeric character";

/** RFC 1123 subdomain: names of most objects. */
export const dns1123Subdomain: Check = (text) => {
  const problems = text.length > 253 ? [longest(253)] : [];
  if (whole(SUBDOMAIN).test(text)) return problems;
  return [...problems, broken(SUBDOMAIN_RULE, SUBDOMAIN, "example.com")];
};

/** RFC 1123 subdomain with underscores: search domains of a pod. */
export const dns1123SubdomainWithUnderscore: Check = (text) => {
  const rule = SUBDOMAIN_RULE.replace("characters, '-' or '.'", "characters, '_', '-' or '.'");
  const problems = text.length > 253 ? [longest(253)] : [];
  if (whole(SUBDOMAIN_UNDERSCORE).test(text)) return problems;
  return [...problems, broken(rule, SUBDOMAIN_UNDERSCORE, "example.com")];
};

/** `*.` and an RFC 1123 subdomain: ingress hosts. */
export const wildcardSubdomain: Check = (text) => {
  const pattern = `\\*\\.${SUBDOMAIN}`;
  const problems = text.length > 253 ? [longest(253)] : [];
  if (whole(pattern).test(text)) return problems;
  const rule =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of " +
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...problems, broken(rule, pattern, "*.example.com")];
};

const NAME_PART_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character";

/** `[PREFIX/]NAME`: label keys, application protocols, finalizers. */
export const qualifiedName: Check = (text) => {
  const parts = text.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${
        broken(NAME_PART_RULE, QUALIFIED, "MyName", "my.name", "123-abc")
      } with an optional DNS subdomain ` +
      `prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const prefix = parts.length === 2 ? parts[0] as string : undefined;
  const name = parts.at(-1) as string;
  const problems = prefix === undefined ? [] : prefixProblems(prefix);
  if (name.length === 0) problems.push("name part must be non-empty");
  else if (name.length > 63) problems.push("name part must be no more than 63 bytes");
  if (!whole(QUALIFIED).test(name)) {
    problems.push(`name part ${broken(NAME_PART_RULE, QUALIFIED, "MyName", "my.name", "123-abc")}`);
  }
  return problems;
};

function prefixProblems(prefix: string): string[] {
  if (prefix === "") return ["prefix part must be non-empty"];
  return dns1123Subdomain(prefix).map((problem) => `prefix part ${problem}`);
}

/** A label's value. */
export const labelValue: Check = (text) => {
  const problems = text.length > 63 ? ["must be no more than 63 bytes"] : [];
  if (whole(LABEL_VALUE).test(text)) return problems;
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
    "end with an alphanumeric character";
  return [...problems, broken(rule, LABEL_VALUE, "MyValue", "my_value", "12345")];
};

/** RFC 6335 service name: a port's name in a container. */
export const portName: Check = (text) => {
  const problems: string[] = [];
  if (text.length > 15) problems.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(text)) {
    problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(text)) problems.push("must contain at least one letter (a-z)");
  if (text.includes("--")) problems.push("must not contain consecutive hyphens");
  if (text.startsWith("-") || text.endsWith("-")) problems.push("must not begin or end with a hyphen");
  return problems;
};

/** A key of a ConfigMap or Secret. */
export const configMapKey: Check = (text) => {
  const problems = text.length > 253 ? [longest(253)] : [];
  if (!whole(CONFIG_KEY).test(text)) {
    const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    problems.push(broken(rule, CONFIG_KEY, "key.name", "KEY_NAME", "key-name"));
  }
  if (text === ".") problems.push("must not be '.'");
  else if (text === "..") problems.push("must not be '..'");
  else if (text.startsWith("..")) problems.push("must not start with '..'");
  return problems;
};

/** An environment variable's name: any printable ASCII but `=`. */
export const envVarName: Check = (text) => {
  const pattern = "[ -<>-~]+";
  const problems = whole(pattern).test(text) ? [] : [
    broken("a valid environment variable name must consist only of printable ASCII characters other than '='", pattern),
  ];
  return problems;
};

/** A port number. */
export function portNumber(field: string, port: number): Issue[] {
  if (port >= 1 && port <= 65535) return [];
  return [invalid(field, port, "must be between 1 and 65535, inclusive")];
}

/** A port's number or name. */
export function portNumberOrName(field: string, port: number | string): Issue[] {
  return typeof port === "number" ? portNumber(field, port) : check(field, port, portName);
}

/** The issues of one text under a check. */
export function check(field: string, value: string, rule: Check): Issue[] {
  return rule(value).map((problem) => invalid(field, value, problem));
}

/** Every key and value of a label map; all issues name the map's field. */
export function labelIssues(field: string, labels: Readonly<Record<string, string>> | undefined): Issue[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...check(field, key, qualifiedName),
    ...check(field, value, labelValue),
  ]);
}

/** A number that must not be negative. */
export function nonNegative(field: string, value: number | undefined): Issue[] {
  return value !== undefined && value < 0 ? [invalid(field, value, "must be greater than or equal to 0")] : [];
}
