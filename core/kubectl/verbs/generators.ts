/** Objects out of the flags of `kubectl create`. */
import type { Draft } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Generator } from "./create.ts";
import { draft, nameOf } from "./draft.ts";
import { ingress } from "./generate_ingress.ts";
import { budget, priorityClass, quota, RBAC_GENERATORS } from "./generate_more.ts";

/** A container named after its image: `registry/library/nginx:1.27` is `nginx`. */
export function containerName(image: string): string {
  const last = image.split("/").at(-1) as string;
  return last.split(/[:@]/)[0]?.replace(/[^-a-z0-9]+/gi, "-").toLowerCase() ?? "";
}

const deployment: Generator = {
  flags: "image=* replicas/r= port=",
  make(session) {
    const name = nameOf(session);
    const images = session.flags.list("image");
    if (images.length === 0) throw usageError('required flag(s) "image" not set');
    const command = session.flags.rest;
    if (images.length > 1 && command !== undefined) {
      throw usageError("cannot specify multiple --image options and command");
    }
    const port = session.flags.value("port");
    const labels = { app: name };
    const ports = port === undefined ? {} : { ports: [{ containerPort: Number(port) }] };
    const containers = images.map((image) => ({
      name: containerName(image),
      image,
      ...(command === undefined ? {} : { command: [...command] }),
      ...ports,
      resources: {},
    }));
    return draft("apps/v1", "Deployment", { name, labels }, {
      spec: {
        replicas: Number(session.flags.value("replicas") ?? 1),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
        strategy: {},
      },
    });
  },
};

const namespace: Generator = {
  flags: "",
  make: (session) => draft("v1", "Namespace", { name: nameOf(session) }),
};

const serviceAccount: Generator = {
  flags: "",
  make: (session) => draft("v1", "ServiceAccount", { name: nameOf(session) }),
};

/** `KEY=VALUE` of `--from-literal`, files of `--from-file`, lines of `--from-env-file`. */
function dataOf(session: Session): Record<string, string> {
  const data: Record<string, string> = {};
  const add = (key: string, value: string) => {
    if (key in data) {
      throw usageError(`cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data`);
    }
    data[key] = value;
  };
  for (const source of session.flags.all("from-file")) {
    for (const [key, path] of fileSources(session, source)) add(key, readFile(session, path));
  }
  for (const literal of session.flags.all("from-literal")) {
    const [key, value] = literal.split(/=(.*)/s);
    if (!key || value === undefined) throw usageError(`invalid literal source ${literal}, expected key=value`);
    add(key, value.replace(/^(['"])(.*)\1$/s, "$2"));
  }
  for (const path of session.flags.all("from-env-file")) {
    for (const line of readFile(session, path).split("\n")) {
      const text = line.trim();
      if (text === "" || text.startsWith("#")) continue;
      const [key = "", value = ""] = text.split(/=(.*)/s);
      add(key, value);
    }
  }
  return data;
}

function fileSources(session: Session, source: string): [key: string, path: string][] {
  const [first = "", second] = source.split(/=(.*)/s);
  if (second !== undefined) return [[first, second]];
  const names = session.host.files.list(first);
  if (names !== undefined && session.host.files.read(first) === undefined) {
    return [...names].sort().map((name) => [name, `${first.replace(/\/$/, "")}/${name}`]);
  }
  return [[first.split("/").at(-1) as string, first]];
}

function readFile(session: Session, path: string): string {
  const text = session.host.files.read(path);
  if (text === undefined) throw usageError(`error reading ${path}: no such file or directory`);
  return text;
}

const SOURCES = "from-literal=* from-file=* from-env-file=* append-hash";

const configMap: Generator = {
  flags: SOURCES,
  make(session) {
    const name = nameOf(session);
    const data = dataOf(session);
    return draft("v1", "ConfigMap", { name }, Object.keys(data).length === 0 ? {} : { data });
  },
};

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function encoded(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]));
}

const secretGeneric: Generator = {
  flags: `${SOURCES} type=`,
  make(session) {
    const name = nameOf(session);
    const data = encoded(dataOf(session));
    const type = session.flags.value("type");
    return draft("v1", "Secret", { name }, {
      ...(Object.keys(data).length === 0 ? {} : { data }),
      ...(type === undefined ? {} : { type }),
    });
  },
};

const secretTls: Generator = {
  flags: "cert= key= append-hash",
  make(session) {
    const name = nameOf(session);
    const [cert, key] = [session.flags.value("cert"), session.flags.value("key")];
    if (cert === undefined || key === undefined) throw usageError("key and cert must be specified");
    for (const path of [cert, key]) {
      if (session.host.files.read(path) !== undefined) continue;
      throw usageError(`Cannot read file ${path}, open ${path}: no such file or directory`);
    }
    const data = encoded({ "tls.crt": readFile(session, cert), "tls.key": readFile(session, key) });
    return draft("v1", "Secret", { name }, { data, type: "kubernetes.io/tls" });
  },
};

const secretRegistry: Generator = {
  flags: "docker-server= docker-username= docker-password= docker-email= from-file=* append-hash",
  make(session) {
    const name = nameOf(session);
    const { flags } = session;
    const [username, password, email] = ["username", "password", "email"].map((one) => flags.value(`docker-${one}`));
    if (!username || !password) {
      throw usageError(
        "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
      );
    }
    const login = { username, password, ...(email ? { email } : {}), auth: base64(`${username}:${password}`) };
    const auths = { [flags.value("docker-server") ?? "https://index.docker.io/v1/"]: login };
    const data = encoded({ ".dockerconfigjson": JSON.stringify({ auths }) });
    return draft("v1", "Secret", { name }, { data, type: "kubernetes.io/dockerconfigjson" });
  },
};

/** `PORT[:TARGET]` of `--tcp`. */
function tcpPorts(session: Session, nodePort?: number): object[] {
  return session.flags.list("tcp").map((text) => {
    const [port = "", target = port] = text.split(":");
    const number = Number(port);
    if (!Number.isInteger(number)) {
      throw usageError(`invalid syntax: strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
    }
    const targetPort = /^\d+$/.test(target) ? Number(target) : target;
    const name = text.includes(":") ? `${port}-${target}` : port;
    return { name, port: number, protocol: "TCP", targetPort, ...(nodePort ? { nodePort } : {}) };
  });
}

function service(type: string, own: string, extra: (session: Session) => object = () => ({})): Generator {
  return {
    flags: `tcp=* ${own}`,
    make(session) {
      const name = nameOf(session);
      const nodePort = Number(session.flags.value("node-port") ?? 0);
      const ports = tcpPorts(session, nodePort);
      const headless = session.flags.value("clusterip") === "None";
      if (ports.length === 0 && type !== "ExternalName" && !headless) {
        throw usageError("at least one tcp port specifier must be provided");
      }
      return draft("v1", "Service", { name, labels: { app: name } }, {
        spec: { type, selector: { app: name }, ...(ports.length > 0 ? { ports } : {}), ...extra(session) },
      });
    },
  };
}

const SERVICES: Readonly<Record<string, Generator>> = {
  clusterip: service(
    "ClusterIP",
    "clusterip=",
    ({ flags }) => flags.has("clusterip") ? { clusterIP: flags.value("clusterip") } : {},
  ),
  nodeport: service("NodePort", "node-port="),
  loadbalancer: service("LoadBalancer", ""),
  externalname: service(
    "ExternalName",
    "external-name=",
    ({ flags }) => ({ externalName: flags.value("external-name") }),
  ),
};

const job: Generator = {
  flags: "image= from=",
  make(session) {
    const name = nameOf(session);
    const [image, from] = [session.flags.value("image"), session.flags.value("from")];
    if (from !== undefined) return jobFrom(session, name, from);
    if (image === undefined) throw usageError("either --image or --from must be specified");
    const command = session.flags.rest === undefined ? {} : { command: [...session.flags.rest] };
    const spec = { containers: [{ name, image, ...command, resources: {} }], restartPolicy: "Never" };
    return draft("batch/v1", "Job", { name }, { spec: { template: { metadata: {}, spec } } });
  },
};

/** A Job as a CronJob would make it. */
function jobFrom(session: Session, name: string, from: string): Draft {
  const [target] = session.targets([from]);
  if (target?.resource.kind !== "CronJob") throw usageError("from must be an existing cronjob");
  const cron = session.client.get(session.path(target.resource, target.name)) as unknown as {
    metadata: { name: string; uid: string };
    spec: { jobTemplate: { metadata?: Draft["metadata"]; spec: object } };
  };
  const { metadata = {} as Draft["metadata"], spec } = cron.spec.jobTemplate;
  const owner = {
    apiVersion: "batch/v1",
    controller: true,
    kind: "CronJob",
    name: cron.metadata.name,
    uid: cron.metadata.uid,
  };
  return draft(
    "batch/v1",
    "Job",
    {
      ...metadata,
      name,
      annotations: { "cronjob.kubernetes.io/instantiate": "manual", ...metadata.annotations },
      ownerReferences: [owner],
    } as Draft["metadata"],
    { spec, status: {} },
  );
}

const cronJob: Generator = {
  flags: "image= schedule= restart=",
  make(session) {
    const name = nameOf(session);
    const [image, schedule] = [session.flags.value("image"), session.flags.value("schedule")];
    if (image === undefined) throw usageError('required flag(s) "image" not set');
    if (schedule === undefined) throw usageError('required flag(s) "schedule" not set');
    const command = session.flags.rest === undefined ? {} : { command: [...session.flags.rest] };
    const restartPolicy = session.flags.value("restart") ?? "OnFailure";
    const spec = { containers: [{ name, image, ...command, resources: {} }], restartPolicy };
    const jobTemplate = { metadata: { name }, spec: { template: { metadata: {}, spec } } };
    return draft("batch/v1", "CronJob", { name }, { spec: { schedule, jobTemplate } });
  },
};

/** By the word after `create`. */
export const GENERATORS: Readonly<Record<string, Generator | { readonly verbs: Readonly<Record<string, Generator>> }>> =
  {
    deployment,
    deploy: deployment,
    namespace,
    ns: namespace,
    serviceaccount: serviceAccount,
    sa: serviceAccount,
    configmap: configMap,
    cm: configMap,
    secret: { verbs: { generic: secretGeneric, tls: secretTls, "docker-registry": secretRegistry } },
    service: { verbs: SERVICES },
    svc: { verbs: SERVICES },
    ingress,
    ing: ingress,
    job,
    cronjob: cronJob,
    cj: cronJob,
    quota,
    poddisruptionbudget: budget,
    pdb: budget,
    priorityclass: priorityClass,
    pc: priorityClass,
    ...RBAC_GENERATORS,
  };
