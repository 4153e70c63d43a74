import type { Draft } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Generator } from "./create.ts";

const RULE = /^([^/=]*)(\/[^=]*)=([^:,]+):([^:,=]+)(?:,tls(?:=(.*))?)?$/;

/** One `--rule=HOST/PATH=SERVICE:PORT[,tls[=SECRET]]`. */
interface Rule {
  readonly host: string;
  readonly path: string;
  readonly service: string;
  readonly port: string;
  /** Secret of `tls=SECRET`, "" for a bare `tls`, undefined for neither. */
  readonly secret: string | undefined;
}

/** `kubectl create ingress` */
export const ingress: Generator = {
  flags: "rule=* class= default-backend= annotation=*",
  make(session) {
    const [name, ...more] = session.flags.args;
    if (name === undefined || more.length > 0) throw usageError("exactly one NAME is required");
    const rules = session.flags.all("rule").map(parseRule);
    const backend = session.flags.value("default-backend");
    if (rules.length === 0 && backend === undefined) {
      throw usageError(
        "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)",
      );
    }
    const ingressClassName = session.flags.value("class");
    const tls = tlsOf(rules);
    return {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name, ...annotationsOf(session) },
      spec: {
        ...(ingressClassName === undefined ? {} : { ingressClassName }),
        ...(backend === undefined ? {} : { defaultBackend: backendOf(...backend.split(":") as [string, string]) }),
        ...(tls.length > 0 ? { tls } : {}),
        ...(rules.length > 0 ? { rules: hostsOf(rules) } : {}),
      },
    } as Draft;
  },
};

function parseRule(text: string): Rule {
  const match = RULE.exec(text);
  if (match === null) {
    throw usageError(`rule ${text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
  }
  const [, host = "", path = "", service = "", port = "", secret] = match;
  return { host, path, service, port, secret: /,tls/.test(text) ? secret ?? "" : undefined };
}

function annotationsOf(session: Session): { annotations?: Record<string, string> } {
  const pairs = session.flags.all("annotation").map((text) => text.split(/=(.*)/s).slice(0, 2) as [string, string]);
  return pairs.length === 0 ? {} : { annotations: Object.fromEntries(pairs) };
}

function backendOf(name: string, port: string) {
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

/** Rules of one host stand together, in the order in which hosts were first named. */
function hostsOf(rules: readonly Rule[]): object[] {
  const hosts = new Map<string, object[]>();
  for (const { host, path, service, port } of rules) {
    const prefix = path.endsWith("*");
    const paths = hosts.get(host) ?? [];
    hosts.set(host, paths);
    paths.push({
      backend: backendOf(service, port),
      path: prefix ? path.slice(0, -1) : path,
      pathType: prefix ? "Prefix" : "Exact",
    });
  }
  return [...hosts].map(([host, paths]) => ({ ...(host === "" ? {} : { host }), http: { paths } }));
}

function tlsOf(rules: readonly Rule[]): object[] {
  const secrets = new Map<string, string[]>();
  for (const { host, secret } of rules) {
    if (secret === undefined) continue;
    const hosts = secrets.get(secret) ?? [];
    secrets.set(secret, hosts);
    if (host !== "" && !hosts.includes(host)) hosts.push(host);
  }
  return [...secrets].map(([secretName, hosts]) => ({
    ...(hosts.length > 0 ? { hosts } : {}),
    ...(secretName === "" ? {} : { secretName }),
  }));
}
