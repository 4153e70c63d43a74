import { assert, assertEquals, assertMatch } from "@std/assert";
import { Feed, Random } from "../base/mod.ts";
import { PROGRAMS } from "../tools/mod.ts";
import { twoMachines } from "../tools/lab_test.ts";
import type { Container, ContainerPort, LogLine } from "./container.ts";
import { containerMachine } from "./machine.ts";
import { execProblem, imageMissing, startContainer } from "./runtime.ts";
import type { Machine, Program } from "../linux/mod.ts";

interface Started {
  readonly container: Container;
  readonly machine: Machine;
  readonly log: readonly LogLine[];
  /** Runs a line on the machine next to the container. */
  run(line: string): Promise<string>;
  /** Runs a line in the container. */
  exec(line: string): Promise<string>;
  advance(milliseconds: number): Promise<void>;
}

interface Wanted {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly ports?: readonly ContainerPort[];
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly programs?: ReadonlyMap<string, Program>;
}

/** A container on machine b (10.0.1.2), asked from machine a. */
async function start(image: string, wanted: Wanted = {}): Promise<Started> {
  const lab = twoMachines(PROGRAMS);
  const { plane, runner, machines } = lab;
  const machine = containerMachine({
    image,
    name: "web-0",
    plane,
    runner,
    random: new Random(1),
    ns: machines["b"]!.ns,
    ...(wanted.files === undefined ? {} : { files: wanted.files }),
    ...(wanted.programs === undefined ? {} : { programs: wanted.programs }),
  });
  const log = new Feed<LogLine>();
  const { command, args, programs } = wanted;
  const container = startContainer({
    machine,
    image,
    env: wanted.env ?? {},
    ports: wanted.ports ?? [],
    podName: "web-0",
    log,
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(programs === undefined ? {} : { programs }),
  });
  await runner.settle();
  const text = async (at: Machine, line: string) => {
    const { stdout, stderr, exit } = await at.run(line);
    return stdout + stderr + (exit === 0 ? "" : `exit ${exit}\n`);
  };
  return {
    container,
    machine,
    log: log.entries,
    run: (line) => text(machines["a"]!, line),
    exec: (line) => text(machine, line),
    advance: (milliseconds) => runner.advance(milliseconds),
  };
}

const texts = (log: readonly LogLine[]) => log.map(({ text }) => text);

Deno.test("nginx serves its page with its headers, and logs who asked", async () => {
  const { run, log, container } = await start("nginx:1.25.3");
  assertEquals(await run("curl -s 10.0.1.2 | wc -c"), "615\n");
  assertMatch(await run("curl -s 10.0.1.2"), /<title>Welcome to nginx!<\/title>/);
  const head = await run("curl -sI 10.0.1.2");
  assertEquals(head.split("\r\n").map((line) => line.split(":")[0]), [
    "HTTP/1.1 200 OK",
    "Server",
    "Date",
    "Content-Type",
    "Content-Length",
    "Last-Modified",
    "Connection",
    "ETag",
    "Accept-Ranges",
    "",
    "",
  ]);
  assertEquals(await run("curl -s 10.0.1.2/x | wc -c"), "153\n");
  assert(
    texts(log).includes(`10.0.1.1 - - [20/Nov/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 615 "-" "curl/7.88.1" "-"`),
  );
  assert(texts(log).includes("2025/11/20 10:00:00 [notice] 1#1: nginx/1.25.3"));
  assertMatch(
    texts(log).at(-2) ?? "",
    /open\(\) "\/usr\/share\/nginx\/html\/x" failed \(2: No such file or directory\), client: 10\.0\.1\.1/,
  );
  container.stop(15);
  assertEquals(await container.done.then((exit) => exit), 0);
});

Deno.test("nginx obeys a site that was mounted over its own", async () => {
  const conf =
    `server { listen 8080; location / { return 200 "$hostname says hi\\n"; default_type text/plain; } location /old { return 301 /new; } }`;
  const { run } = await start("nginx", { files: { "/etc/nginx/conf.d/default.conf": conf } });
  assertEquals(await run("curl -s 10.0.1.2:8080/any"), "web-0 says hi\n");
  assertEquals(
    await run("curl -s -o /dev/null -w '%{http_code} %{redirect_url}\\n' 10.0.1.2:8080/old"),
    "301 http://10.0.1.2:8080/new\n",
  );
});

Deno.test("nginx does not start from a broken configuration and says where it is broken", async () => {
  const { container, log, advance } = await start("nginx", {
    files: { "/etc/nginx/conf.d/default.conf": "server { listen 80 }" },
  });
  await advance(0);
  assertEquals(container.running, false);
  assertMatch(texts(log).at(-1) ?? "", /nginx: \[emerg\] unexpected "}" in \/etc\/nginx\/conf\.d\/default\.conf:1/);
});

Deno.test("httpd says that it works", async () => {
  const { run, log } = await start("httpd:2.4");
  assertEquals(await run("curl -s 10.0.1.2"), "<html><body><h1>It works!</h1></body></html>\n");
  assertEquals(texts(log).at(-1), `10.0.1.1 - - [20/Nov/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 45`);
});

Deno.test("redis answers inline commands and its own client", async () => {
  const { run, exec } = await start("redis:alpine");
  assertEquals(
    await run("printf 'PING\\r\\nSET a 1\\r\\nINCR a\\r\\nQUIT\\r\\n' | nc 10.0.1.2 6379"),
    "+PONG\r\n+OK\r\n:2\r\n+OK\r\n",
  );
  assertEquals(await exec("redis-cli GET a"), "2\n");
  assertEquals(
    await exec("redis-cli -p 1 PING"),
    "Could not connect to Redis at 127.0.0.1:1: Connection refused\nexit 1\n",
  );
});

Deno.test("databases listen on their port", async () => {
  for (const [image, port] of [["postgres:16", 5432], ["mysql", 3306], ["mongo", 27017]] as const) {
    const { run } = await start(image);
    assertEquals(await run(`nc -zn 10.0.1.2 ${port} && echo open`), "open\n");
  }
});

Deno.test("an image nobody has described serves its ports and answers with the pod's name", async () => {
  const ports: ContainerPort[] = [{ port: 8080, protocol: "TCP" }, { port: 9000, protocol: "UDP" }];
  const { run, log, container } = await start("gcr.io/shop/frontend:v1", { ports });
  assertEquals(await run("curl -s 10.0.1.2:8080/_healthz"), "web-0\n");
  assertEquals(await run("echo hello | nc -u -w 1 10.0.1.2 9000"), "hello\n");
  assertMatch(texts(log).join("\n"), /stand-in listens on tcp port 8080/);
  container.stop(15);
  assertEquals(await container.done, 0);
});

Deno.test("a shell image runs what it is told and leaves its exit status and log", async () => {
  const { container, log, advance } = await start("busybox", {
    command: ["sh", "-c", "echo one; echo two >&2; exit 3"],
  });
  await advance(10);
  assertEquals(await container.done, 3);
  assertEquals(log.map(({ stream, text }) => `${stream} ${text}`), ["stdout one", "stderr two"]);
});

Deno.test("a shell image without a command ends at once, its input is empty", async () => {
  const { container, advance } = await start("busybox");
  await advance(10);
  assertEquals([await container.done, container.running], [0, false]);
});

Deno.test("sleep as first process does not hear SIGTERM, only SIGKILL", async () => {
  const { container, advance } = await start("busybox", { args: ["sleep", "3600"] });
  container.stop(15);
  await advance(1000);
  assertEquals(container.running, true);
  container.stop(9);
  await advance(1);
  assertEquals([container.running, await container.done], [false, 137]);
});

Deno.test("what an image does not have is not found, in the runtime's words", async () => {
  const nothing = await start("nginx", { command: ["nosuch"] });
  assertEquals(await nothing.container.done, 128);
  assertMatch(nothing.container.failure ?? "", /exec: "nosuch": executable file not found in \$PATH: unknown$/);
  const { machine } = await start("registry.k8s.io/pause:3.9");
  assertEquals(
    execProblem(machine, ["sh"]),
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown',
  );
  const web = await start("nginx");
  assertEquals(execProblem(web.machine, ["ls"]), undefined);
  assertMatch(execProblem(web.machine, ["ping", "10.0.0.1"]) ?? "", /exec: "ping"/);
});

Deno.test("busybox and alpine have their own ping, wget and nslookup", async () => {
  const { exec } = await start("alpine", { command: ["sleep", "100"] });
  assertMatch(await exec("ping -c 1 10.0.1.1"), /^PING 10\.0\.1\.1 \(10\.0\.1\.1\): 56 data bytes/);
  assertMatch(
    await exec("wget -qO- http://10.0.1.1/"),
    /^wget: can't connect to remote host \(10\.0\.1\.1\): Connection refused/,
  );
});

Deno.test("agnhost: netexec, serve-hostname and connect", async () => {
  const { run, exec } = await start("registry.k8s.io/e2e-test-images/agnhost:2.47", {
    args: ["netexec", "--http-port=80"],
  });
  assertEquals(await run("curl -s 10.0.1.2/hostname"), "web-0");
  assertMatch(await run("curl -s 10.0.1.2/clientip"), /^10\.0\.1\.1:\d+$/);
  assertEquals(await run("curl -s '10.0.1.2/echo?msg=hi'"), "hi");
  assertEquals(await run("echo hostname | nc -u -w 1 10.0.1.2 8081"), "web-0");
  assertEquals(await exec("/agnhost connect 127.0.0.1:81 --timeout=1s"), "REFUSED\nexit 1\n");
  assertEquals(await exec("/agnhost connect 127.0.0.1:80 --timeout=1s"), "");
});

Deno.test("small echo servers", async () => {
  const echo = await start("hashicorp/http-echo", { args: ["-text=apple", "-listen=:80"] });
  assertEquals(await echo.run("curl -s 10.0.1.2"), "apple\n");
  const hello = await start("gcr.io/google-samples/hello-app:2.0");
  assertEquals(await hello.run("curl -s 10.0.1.2:8080"), "Hello, world!\nVersion: 2.0.0\nHostname: web-0\n");
  const who = await start("traefik/whoami");
  assertMatch(await who.run("curl -s 10.0.1.2"), /^Hostname: web-0\nIP: 127\.0\.0\.1\n/);
});

Deno.test("a program from a higher room runs where the image borrows it", async () => {
  const dns: Program = (process) => Promise.resolve((process.out(`conf ${process.argv[2]}\n`), 7));
  const { container, log, advance } = await start("registry.k8s.io/coredns/coredns:v1.11.1", {
    args: ["-conf", "/etc/coredns/Corefile"],
    programs: new Map([["coredns", dns]]),
  });
  await advance(1);
  assertEquals(await container.done, 7);
  assertEquals(texts(log), ["conf /etc/coredns/Corefile"]);
});

Deno.test("images that cannot be pulled say so by their name", () => {
  assertEquals(imageMissing("nginx"), undefined);
  assertMatch(imageMissing("nginx:doesnotexist") ?? "", /docker\.io\/library\/nginx:doesnotexist: not found$/);
  assertMatch(imageMissing("nosuchrepo/app") ?? "", /pull access denied/);
  assertMatch(imageMissing("Bad Image") ?? "", /invalid reference format$/);
});
