/** Name servers on loopback, each a process of its own with the same name: podwire's door, unbound, knot. */

/** A server under way. */
export interface DnsServer {
  readonly port: number;
  /** Seconds of processor time it has used. */
  spent(): Promise<number>;
  stop(): Promise<void>;
}

const NAME = "kubernetes.default.svc.cluster.local";
const LAB = `apiVersion: podwire.dev/v1
kind: Lab
nodes: 1
---
apiVersion: v1
kind: Pod
metadata: {name: test}
spec: {containers: [{name: c, image: nicolaka/netshoot, command: [sleep, infinity]}]}
`;
const TICKS = 100;

/** The servers that this machine can run; none at all without dnsperf. */
export async function servers(): Promise<Record<"podwire" | "unbound" | "knot", DnsServer | undefined>> {
  if (!await has("dnsperf")) return skipped("dnsperf", { podwire: undefined, unbound: undefined, knot: undefined });
  const folder = await Deno.makeTempDir();
  return {
    podwire: await podwire(folder),
    unbound: await has("unbound") ? await unbound(folder) : skipped("unbound", undefined),
    knot: await has("knotd") ? await knot(folder) : skipped("knotd", undefined),
  };
}

function skipped<T>(program: string, value: T): T {
  console.error(`SKIPPED dns over loopback: no ${program}`);
  return value;
}

async function has(program: string): Promise<boolean> {
  return (await new Deno.Command("which", { args: [program], stdout: "null" }).output()).success;
}

async function podwire(folder: string): Promise<DnsServer> {
  const lab = `${folder}/lab.yaml`;
  await Deno.writeTextFile(lab, LAB);
  const main = new URL("../cli/main.ts", import.meta.url).pathname;
  const words = ["serve", "-f", lab, "--port", "5390", "--dns", "127.0.0.1:5391", "--as", "pod/test"];
  return await started(Deno.execPath(), ["run", "-A", "--no-check", main, ...words], 5391);
}

async function unbound(folder: string): Promise<DnsServer> {
  const file = `${folder}/unbound.conf`;
  await Deno.writeTextFile(
    file,
    `server:
  interface: 127.0.0.1@5392
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  num-threads: 1
  local-zone: "cluster.local." static
  local-data: "${NAME}. 30 IN A 10.96.0.1"
`,
  );
  return await started("unbound", ["-d", "-p", "-c", file], 5392);
}

async function knot(folder: string): Promise<DnsServer> {
  await Deno.writeTextFile(
    `${folder}/cluster.local.zone`,
    `cluster.local. 30 IN SOA ns.dns hostmaster 1 7200 1800 86400 30
cluster.local. 30 IN NS ns.dns
ns.dns.cluster.local. 30 IN A 10.96.0.10
${NAME}. 30 IN A 10.96.0.1
`,
  );
  const file = `${folder}/knot.conf`;
  await Deno.writeTextFile(
    file,
    `server:
    listen: 127.0.0.1@5393
    rundir: "${folder}"
    udp-workers: 1
database:
    storage: "${folder}"
zone:
  - domain: cluster.local
    storage: "${folder}"
    file: cluster.local.zone
`,
  );
  return await started("knotd", ["-c", file], 5393);
}

async function started(program: string, args: readonly string[], port: number): Promise<DnsServer> {
  const child = new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" }).spawn();
  const server: DnsServer = {
    port,
    spent: async () => {
      // `cat`, because Deno itself may not look into /proc.
      const { stdout } = await new Deno.Command("cat", { args: [`/proc/${child.pid}/stat`] }).output();
      const fields = new TextDecoder().decode(stdout).replace(/^.*\) /, "").split(" ");
      return (Number(fields[11]) + Number(fields[12])) / TICKS;
    },
    stop: async () => {
      child.kill("SIGTERM");
      await child.status;
    },
  };
  for (let tries = 0; tries < 100; tries++) {
    if (await answers(port)) return server;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  await server.stop();
  throw new Error(`${program}: no answer at port ${port}`);
}

async function answers(port: number): Promise<boolean> {
  const args = ["@127.0.0.1", "-p", String(port), "+short", "+tries=1", "+time=1", NAME, "A"];
  const { stdout } = await new Deno.Command("dig", { args, stderr: "null" }).output();
  return /^10\.96\.0\.1$/m.test(new TextDecoder().decode(stdout));
}
