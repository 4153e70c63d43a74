/** DNS: questions through CoreDNS's chain in process, and over loopback with dnsperf beside real name servers. */
import process from "node:process";
import { configure, serve } from "../core/addons/coredns/mod.ts";
import { fakeHost } from "../core/addons/coredns/fake_host.ts";
import { printMessage, queryMessage } from "../core/dns/mod.ts";
import { defaultCorefile, type KubeObject, Store } from "../core/kube/mod.ts";
import { race, round, type Row, timeRows } from "./measure.ts";
import { type DnsServer, servers } from "./dns_servers.ts";

/** CoreDNS 1.14.7 on this kind of machine, one core, a kubernetes hit. */
const RECORDED = "CoreDNS 1.14.7 (recorded)";
const RECORDED_QUERY = 1e9 / 32_000;
const BOUND = "the bound of 100,000 a second";
const BATCH = 40_000;
const SERVICES = 1000;

/** kubeadm's Corefile, with one name outside the cluster. */
const OUTSIDE = `    hosts {
       192.0.2.80 www.example.com
       fallthrough
    }
`;
const COREFILE = defaultCorefile("cluster.local").replace("    forward", `${OUTSIDE}    forward`);

const CASES = {
  "kubernetes-hit": "svc7.default.svc.cluster.local.",
  "cached-external": "www.example.com.",
  "nxdomain-by-search-list": "www.example.com.default.svc.cluster.local.",
} as const;

/** All rows of the subject. */
export async function dns(): Promise<Row[]> {
  return [...await inProcess(), ...await overLoopback()];
}

function cluster(): Store {
  const store = new Store();
  const put = (object: unknown): void => void store.put(object as KubeObject);
  put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
  for (let i = 0; i < SERVICES; i++) {
    const ip = `10.96.${1 + (i >> 8)}.${i & 255}`;
    const ports = [{ port: 80, name: "http", protocol: "TCP" }];
    const metadata = { name: `svc${i}`, namespace: "default" };
    put({ apiVersion: "v1", kind: "Service", metadata, spec: { clusterIP: ip, clusterIPs: [ip], ports }, status: {} });
  }
  return store;
}

/** Nanoseconds of this process's own time, which other programs of the machine do not count into. */
async function inProcess(): Promise<Row[]> {
  const host = fakeHost({ files: { "/etc/resolv.conf": "nameserver 192.0.2.53\n" } });
  const configuration = configure({ text: COREFILE, file: "Corefile", host, cluster: cluster() });
  const arrival = {
    proto: "udp",
    client: { address: "10.244.1.10", port: 40_001 },
    local: { address: "10.244.0.5", port: 53 },
  } as const;
  const rows: Row[] = [];
  for (const [label, name] of Object.entries(CASES)) {
    const bytes = printMessage(queryMessage(1, { name, type: "A", class: "IN" }), false);
    const ask = async (): Promise<number> => {
      const began = process.cpuUsage();
      for (let i = 0; i < BATCH; i++) await serve(configuration, host, { bytes, arrival });
      const { user, system } = process.cpuUsage(began);
      return (user + system) * 1000;
    };
    const [ours] = await race([ask], { warmUp: 2, timed: 5 }) as [number];
    const of = { subject: "dns", case: `in-process/${label}`, unit: "ns/query" };
    rows.push(...timeRows(of, ours / BATCH, { [BOUND]: 10_000, [RECORDED]: RECORDED_QUERY }));
  }
  return rows;
}

/** Questions a second of a server's own time: dnsperf asks each server in turn. */
async function overLoopback(): Promise<Row[]> {
  const { podwire, ...peers } = await servers();
  try {
    if (podwire === undefined) return [];
    const [ours, ...others] = await rates([podwire, ...Object.values(peers)]);
    if (ours === undefined) return [];
    const of = { subject: "dns", case: "loopback/kubernetes-hit", unit: "queries/s" };
    const theirs = [["the bound of 25,000", 25_000], ...Object.keys(peers).map((peer, i) => [peer, others[i]])] as [
      string,
      number | undefined,
    ][];
    return theirs.flatMap(([peer, rate]) =>
      rate === undefined ? [] : [{ ...of, ours: round(ours), theirs: round(rate), peer, ratio: round(ours / rate) }]
    );
  } finally {
    for (const server of [podwire, ...Object.values(peers)]) await server?.stop();
  }
}

type Server = DnsServer | undefined;

async function rates(all: readonly Server[]): Promise<(number | undefined)[]> {
  const results: (number | undefined)[] = [];
  for (const server of all) {
    if (server === undefined) results.push(undefined);
    else {
      await perf(server.port, 1);
      const before = await server.spent();
      const answered = await perf(server.port, 4);
      results.push(answered / (await server.spent() - before));
    }
  }
  return results;
}

/** How many questions dnsperf had answered in so many seconds. */
async function perf(port: number, seconds: number): Promise<number> {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "kubernetes.default.svc.cluster.local A\n");
  const args = [
    "-s",
    "127.0.0.1",
    "-p",
    String(port),
    "-d",
    file,
    "-l",
    String(seconds),
    "-c",
    "8",
    "-T",
    "1",
    "-q",
    "100",
  ];
  const { stdout } = await new Deno.Command("dnsperf", { args, stderr: "null" }).output();
  await Deno.remove(file);
  const completed = /Queries completed:\s+(\d+)/.exec(new TextDecoder().decode(stdout))?.[1];
  if (completed === undefined) throw new Error(`dnsperf at port ${port}: no count of answers`);
  return Number(completed);
}
