/** Commands about the server and the configuration: version, api-resources, api-versions, cluster-info, config. */
import { type KubeObject, type Pod, printYaml } from "../../kube/mod.ts";
import { unmodelled, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { printJson } from "../print/json.ts";
import { alignTabs, TABLE_TABS } from "../print/tabs.ts";
import { loadConfig, saveConfig } from "../config.ts";
import { pathTo, type Resource } from "../resources.ts";
import type { Session } from "../session.ts";
import { OUTPUT_FLAGS, type Verb, type VerbGroup } from "./verb.ts";

/** The version this kubectl speaks as. */
const CLIENT_VERSION = "v1.36.3";
const KUSTOMIZE_VERSION = "v5.8.1";

/** `kubectl version` */
export const version: Verb = {
  flags: flags("client output/o="),
  run(session) {
    const output = session.flags.value("output");
    const clientOnly = session.flags.is("client");
    const server = clientOnly ? undefined : session.client.get("/version") as { gitVersion: string };
    if (output === "json" || output === "yaml") {
      const clientVersion = { ...server, gitVersion: CLIENT_VERSION };
      const all = {
        clientVersion,
        kustomizeVersion: KUSTOMIZE_VERSION,
        ...(server === undefined ? {} : { serverVersion: server }),
      };
      session.write(
        output === "json" ? printJson(all).replace(/^ +/gm, (blanks) => " ".repeat(blanks.length / 2)) : printYaml(all),
      );
      return 0;
    }
    session.say(`Client Version: ${CLIENT_VERSION}`);
    session.say(`Kustomize Version: ${KUSTOMIZE_VERSION}`);
    if (server !== undefined) session.say(`Server Version: ${server.gitVersion}`);
    return 0;
  },
};

function apiVersion({ group, version }: Resource): string {
  return group === "" ? version : `${group}/${version}`;
}

/** Preferred versions only, the core group first, groups and names in order. */
function preferred(session: Session): Resource[] {
  const seen = new Set<string>();
  const all = session.resources.all().filter((one) => {
    const key = `${one.group}/${one.plural}`;
    const known = seen.has(key);
    seen.add(key);
    return !known;
  });
  return all.sort((a, b) => (`${a.group} ${a.plural}` < `${b.group} ${b.plural}` ? -1 : 1));
}

/** `kubectl api-resources` */
export const apiResources: Verb = {
  flags: flags("output/o= namespaced api-group= verbs=* no-headers sort-by= categories=* cached"),
  run(session) {
    const { flags } = session;
    const group = flags.value("api-group");
    const rows = preferred(session).filter((one) =>
      (!flags.has("namespaced") || one.namespaced === flags.is("namespaced")) &&
      (group === undefined || one.group === group) &&
      flags.list("verbs").every((verb) => one.verbs.includes(verb)) && flags.list("categories").every((name) =>
        one.categories.includes(name)
      )
    );
    const by = flags.value("sort-by");
    if (by === "name") rows.sort((a, b) => (a.plural < b.plural ? -1 : 1));
    if (by === "kind") rows.sort((a, b) => (a.kind < b.kind ? -1 : 1));
    if (flags.value("output") === "name") {
      for (const { plural, group: own } of rows) session.say(own === "" ? plural : `${plural}.${own}`);
      return 0;
    }
    const wide = flags.value("output") === "wide";
    const header = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", ...(wide ? ["VERBS", "CATEGORIES"] : [])];
    const lines = rows.map((one) => [
      one.plural,
      one.shortNames.join(","),
      apiVersion(one),
      String(one.namespaced),
      one.kind,
      ...(wide ? [one.verbs.join(","), one.categories.join(",")] : []),
    ]);
    const all = flags.is("no-headers") ? lines : [header, ...lines];
    session.say(alignTabs(all.map((row) => row.join("\t")).join("\n"), TABLE_TABS));
    return 0;
  },
};

/** `kubectl api-versions` */
export const apiVersions: Verb = {
  flags: [],
  run(session) {
    for (const one of [...new Set(session.resources.all().map(apiVersion))].sort()) session.say(one);
    return 0;
  },
};

/** `kubectl cluster-info` */
export const clusterInfo: Verb = {
  flags: flags("all-namespaces/A namespaces=* output/o= output-directory= pod-running-timeout="),
  run(session) {
    if (session.flags.args[0] === "dump") return dump(session);
    const { server } = session.host;
    session.say(`Kubernetes control plane is running at ${server}`);
    const label = encodeURIComponent("kubernetes.io/cluster-service=true");
    const services = session.client.list<KubeObject & { spec: { ports?: { name?: string }[] } }>(
      `/api/v1/namespaces/kube-system/services?labelSelector=${label}`,
    );
    for (const { metadata, spec } of services) {
      const name = metadata.labels?.["kubernetes.io/name"] ?? metadata.name;
      const port = spec.ports?.[0]?.name;
      const target = port ? `${metadata.name}:${port}` : metadata.name;
      session.say(`${name} is running at ${server}/api/v1/namespaces/${metadata.namespace}/services/${target}/proxy`);
    }
    session.say("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.");
    return 0;
  },
};

/** What of each namespace is dumped, in order. */
const DUMPED = ["events", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "pods"];

/** `cluster-info dump`: nodes, then each namespace's objects as JSON and its containers' logs. */
async function dump(session: Session): Promise<number> {
  if (session.flags.has("output-directory")) throw unmodelled("--output-directory of cluster-info dump");
  session.write(printJson(session.client.get("/api/v1/nodes")));
  for (const namespace of namespacesToDump(session)) {
    for (const plural of DUMPED) {
      const path = pathTo(session.resources.named(plural), namespace);
      session.write(printJson(session.client.get(path)));
    }
    const pods = session.client.list<Pod>(`/api/v1/namespaces/${namespace}/pods`);
    for (const { metadata: { name }, spec } of pods) {
      for (const { name: container } of spec.containers) {
        session.say(`==== START logs for container ${container} of pod ${namespace}/${name} ====`);
        const text = await session.host.pods.logs({ namespace, pod: name, container }, {});
        session.write(typeof text === "string" ? text : `Request log error: ${text.message}\n`);
        session.say(`==== END logs for container ${container} of pod ${namespace}/${name} ====`);
      }
    }
  }
  return 0;
}

function namespacesToDump(session: Session): string[] {
  if (session.flags.has("namespaces")) return session.flags.list("namespaces");
  if (!session.flags.is("all-namespaces")) return ["kube-system", session.namespace];
  return session.client.list("/api/v1/namespaces").map(({ metadata }) => metadata.name);
}

const view: Verb = {
  flags: flags(`${OUTPUT_FLAGS} minify raw flatten merge`),
  run(session) {
    const value = loadConfig(session.host);
    session.write(session.flags.value("output") === "json" ? printJson(value) : printYaml(value));
    return 0;
  },
};

const currentContext: Verb = {
  flags: [],
  run(session) {
    session.say(loadConfig(session.host)["current-context"]);
    return 0;
  },
};

const getContexts: Verb = {
  flags: flags("no-headers output/o="),
  run(session) {
    const config = loadConfig(session.host);
    if (session.flags.value("output") === "name") {
      for (const { name } of config.contexts) session.say(name);
      return 0;
    }
    const rows = config.contexts.map(({ name, context }) => [
      name === config["current-context"] ? "*" : "",
      name,
      context.cluster,
      context.user,
      context.namespace ?? "",
    ]);
    const header = ["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"];
    const all = session.flags.is("no-headers") ? rows : [header, ...rows];
    session.say(alignTabs(all.map((row) => row.join("\t")).join("\n"), TABLE_TABS));
    return 0;
  },
};

const setContext: Verb = {
  flags: flags("current"),
  run(session) {
    const config = loadConfig(session.host);
    const name = session.flags.is("current") ? config["current-context"] : session.flags.args[0];
    const found = config.contexts.find((one) => one.name === name);
    if (name === undefined) throw usageError("you must specify a non-empty context name or --current");
    const context = found?.context ?? { cluster: "", user: "" };
    const changed = {
      ...context,
      ...(session.flags.has("namespace") ? { namespace: session.namespace } : {}),
      ...(session.flags.has("cluster") ? { cluster: session.flags.value("cluster") as string } : {}),
      ...(session.flags.has("user") ? { user: session.flags.value("user") as string } : {}),
    };
    const others = config.contexts.filter((one) => one.name !== name);
    saveConfig(session.host, { ...config, contexts: [...others, { name, context: changed }] });
    session.say(`Context ${JSON.stringify(name)} ${found === undefined ? "created" : "modified"}.`);
    return 0;
  },
};

const useContext: Verb = {
  flags: [],
  run(session) {
    const config = loadConfig(session.host);
    const [name = ""] = session.flags.args;
    if (!config.contexts.some((one) => one.name === name)) {
      throw usageError(`no context exists with the name: ${JSON.stringify(name)}`);
    }
    saveConfig(session.host, { ...config, "current-context": name });
    session.say(`Switched to context ${JSON.stringify(name)}.`);
    return 0;
  },
};

function namesVerb(field: "clusters" | "users"): Verb {
  return {
    flags: [],
    run(session) {
      session.say("NAME");
      for (const { name } of loadConfig(session.host)[field]) session.say(name);
      return 0;
    },
  };
}

/** `kubectl config` */
export const config: VerbGroup = {
  verbs: {
    view,
    "current-context": currentContext,
    "get-contexts": getContexts,
    "set-context": setContext,
    "use-context": useContext,
    "get-clusters": namesVerb("clusters"),
    "get-users": namesVerb("users"),
  },
};
