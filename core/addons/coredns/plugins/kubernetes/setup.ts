/**
 * `kubernetes [ZONES...] { ... }`:
 *
 *     endpoint URL   tls CERT KEY CA   kubeconfig FILE [CONTEXT]   apiserver_qps|apiserver_burst|apiserver_max_inflight N
 *     startup_timeout DURATION   namespaces NS...   labels EXPR   namespace_labels EXPR   pods disabled|insecure|verified
 *     endpoint_pod_names   ttl SECONDS   noendpoints   fallthrough [ZONES...]   ignore empty_service   multicluster ZONES
 *     zonal
 */
import { normalizeZones, zonesOf } from "../../zones.ts";
import type { Dispenser } from "../../corefile/dispenser.ts";
import { goDuration } from "../../go_values.ts";
import type { Fall } from "../../outcome.ts";
import { atoi, fallthroughZones, once } from "../../setup.ts";
import { parseSelector, type SelectorProblem } from "./selector.ts";
import type { Selector } from "../../../../kube/mod.ts";

/** What the plugin was told. */
export interface KubernetesOptions {
  zones: readonly string[];
  pods: "disabled" | "insecure" | "verified";
  ttl: number;
  fall: Fall;
  namespaces: readonly string[];
  labels?: Selector;
  namespaceLabels?: Selector;
  endpointPodNames: boolean;
  endpoints: boolean;
  ignoreEmpty: boolean;
  multicluster: readonly string[];
  zonal: boolean;
  /** Milliseconds the server waits for the API at the start. */
  startupTimeout: number;
  /** Requests to the API server: a second, at once, under way. */
  readonly limits: { apiserver_qps?: number; apiserver_burst?: number; apiserver_max_inflight?: number };
}

/** Reads the directive; throws a CorefileError. */
export function readKubernetes(corefile: Dispenser, blockZones: readonly string[]): KubernetesOptions {
  const options: KubernetesOptions = {
    zones: [],
    pods: "disabled",
    ttl: 5,
    fall: [],
    namespaces: [],
    endpointPodNames: false,
    endpoints: true,
    ignoreEmpty: false,
    multicluster: [],
    zonal: false,
    startupTimeout: 5000,
    limits: {},
  };
  for (let count = 0; corefile.next(); count++) {
    once(corefile, count);
    options.zones = zonesOf(corefile.remainingArgs(), blockZones);
    if (!options.zones.some((zone) => !isReverse(zone))) {
      throw corefile.plainError("non-reverse zone name must be used", "a zone such as cluster.local");
    }
    while (corefile.nextBlock()) readProperty(corefile, options);
    if (options.namespaces.length > 0 && options.namespaceLabels !== undefined) {
      throw corefile.error("namespaces and namespace_labels cannot both be set", "one of them");
    }
    const foreign = options.multicluster.find((zone) => !options.zones.includes(zone));
    if (foreign !== undefined) {
      const problem = `is not authoritative for the multicluster zone ${foreign}`;
      throw corefile.error(
        `${problem} (authoritative zones: [${options.zones.join(" ")}])`,
        "one of the plugin's zones",
      );
    }
    if (options.zonal && !options.endpoints) {
      throw corefile.error("zonal requires the endpoint cache; remove noendpoints", "one of them");
    }
  }
  return options;
}

/** A zone below in-addr.arpa or ip6.arpa; those two themselves pass for forward zones, as they do in CoreDNS. */
function isReverse(zone: string): boolean {
  return /\.(in-addr|ip6)\.arpa\.$/.test(zone);
}

function readProperty(corefile: Dispenser, options: KubernetesOptions): void {
  const property = corefile.word();
  const read = PROPERTIES[property];
  if (read === undefined) throw corefile.error(`unknown property '${property}'`, Object.keys(PROPERTIES).join(", "));
  read(corefile, options);
}

type Read = (corefile: Dispenser, options: KubernetesOptions) => void;

/** The words of a line, at least and at most so many. */
function args(corefile: Dispenser, least: number, most: number): readonly string[] {
  const words = corefile.remainingArgs();
  if (words.length < least || words.length > most) throw corefile.argError();
  return words;
}

const PROPERTIES: Readonly<Record<string, Read>> = {
  endpoint_pod_names(corefile, options) {
    args(corefile, 0, 0);
    options.endpointPodNames = true;
  },
  pods(corefile, options) {
    const [mode] = args(corefile, 1, 1);
    if (mode !== "disabled" && mode !== "insecure" && mode !== "verified") {
      const problem = `wrong value for pods: ${mode},  must be one of: disabled, verified, insecure`;
      throw corefile.plainError(problem, "disabled, verified or insecure");
    }
    options.pods = mode;
  },
  namespaces: (corefile, options) =>
    void (options.namespaces = [...options.namespaces, ...args(corefile, 1, Infinity)]),
  endpoint: (corefile) => void args(corefile, 1, Infinity),
  tls: (corefile) => void args(corefile, 3, 3),
  kubeconfig: (corefile) => void args(corefile, 1, 2),
  labels: (corefile, options) => void (options.labels = selector(corefile, "label")),
  namespace_labels: (corefile, options) => void (options.namespaceLabels = selector(corefile, "namespace_label")),
  fallthrough: (corefile, options) => void (options.fall = fallthroughZones(corefile.remainingArgs())),
  ttl(corefile, options) {
    const ttl = atoi(corefile, args(corefile, 1, Infinity)[0] as string);
    if (ttl < 0 || ttl > 3600) throw corefile.error(`ttl must be in range [0, 3600]: ${ttl}`, "0 to 3600");
    options.ttl = ttl;
  },
  noendpoints(corefile, options) {
    args(corefile, 0, 0);
    options.endpoints = false;
  },
  zonal(corefile, options) {
    args(corefile, 0, 0);
    options.zonal = true;
  },
  ignore(corefile, options) {
    const [what] = corefile.remainingArgs();
    // CoreDNS takes no offence at nothing.
    if (what === undefined) return;
    if (what !== "empty_service") throw corefile.plainError(`unable to parse ignore value: '${what}'`, "empty_service");
    options.ignoreEmpty = true;
  },
  multicluster: (corefile, options) =>
    void (options.multicluster = args(corefile, 0, Infinity).flatMap(normalizeZones)),
  startup_timeout(corefile, options) {
    const [text] = args(corefile, 1, Infinity);
    const parsed = goDuration(text as string);
    if ("error" in parsed) {
      throw corefile.plainError(`failed to parse startup_timeout: ${text}, ${parsed.error}`, "a duration");
    }
    options.startupTimeout = parsed.value;
  },
  apiserver_qps: limit("apiserver_qps"),
  apiserver_burst: limit("apiserver_burst"),
  apiserver_max_inflight: limit("apiserver_max_inflight"),
};

/** How much the API server may be asked, which nothing here has to hold back. */
function limit(name: "apiserver_qps" | "apiserver_burst" | "apiserver_max_inflight"): Read {
  const [call, form] = name === "apiserver_qps"
    ? ["ParseFloat", /^[+-]?\d+(\.\d+)?$/] as const
    : ["Atoi", /^[+-]?\d+$/] as const;
  return (corefile, options) => {
    const [text = ""] = args(corefile, 1, 1);
    if (!form.test(text)) {
      const problem = `invalid ${name} "${text}": strconv.${call}: parsing "${text}": invalid syntax`;
      throw corefile.error(problem, "a number");
    }
    if (Number(text) < 0) throw corefile.error(`${name} must be >= 0`, "0 or more");
    options.limits[name] = Number(text);
  };
}

function selector(corefile: Dispenser, what: string): Selector {
  const text = args(corefile, 1, Infinity).join(" ");
  const parsed = parseSelector(text);
  if (!isProblem(parsed)) return parsed;
  const problem = `unable to parse ${what} selector value: '${text}': couldn't parse the selector string "${text}": `;
  throw corefile.plainError(problem + parsed.problem, "a label selector such as app=web");
}

function isProblem(value: Selector | SelectorProblem): value is SelectorProblem {
  return "problem" in value;
}
