import { assertEquals } from "@std/assert";
import type { Program } from "../../linux/mod.ts";
import { twoMachines } from "../lab_test.ts";
import { webServer } from "../web_test.ts";
import { busyboxWget } from "./busybox_wget.ts";
import { wget } from "./wget.ts";

async function run(program: Program, line: string): Promise<string> {
  const lab = twoMachines(new Map([["wget", program], ["web", webServer]]));
  lab.machines["b"]!.start(["web"]);
  await lab.runner.settle();
  return await lab.run("a", line);
}

const STAMP = "--2025-11-20 10:00:00--  ";
const CONNECTED = "Connecting to 10.0.1.2:80... connected.\nHTTP request sent, awaiting response... ";
const DOTS = "\n     0K                                                       100% 5.72M=0s\n\n";

for (
  const [line, text] of [
    ["wget -qO- http://10.0.1.2/", "hello\n"],
    [
      "wget -O - http://10.0.1.2/",
      `hello\n${STAMP}http://10.0.1.2/\n${CONNECTED}200 OK\nLength: 6 [text/plain]\nSaving to: 'STDOUT'\n${DOTS}2025-11-20 10:00:00 (5.72 MB/s) - written to stdout [6/6]\n\n`,
    ],
    ["wget -q http://10.0.1.2/; wget -q http://10.0.1.2/; cat index.html index.html.1", "hello\nhello\n"],
    ["wget -q -O- 10.0.1.2/404", "exit 8\n"],
    [
      "wget -O- 10.0.1.2/404",
      `${STAMP}http://10.0.1.2/404\n${CONNECTED}404 Not Found\n2025-11-20 10:00:00 ERROR 404: Not Found.\n\nexit 8\n`,
    ],
    [
      "wget --spider http://10.0.1.2/",
      `Spider mode enabled. Check if remote file exists.\n${STAMP}http://10.0.1.2/\n${CONNECTED}200 OK\nLength: 6 [text/plain]\nRemote file exists.\n\n`,
    ],
    [
      "wget -O- -T 1 -t 2 http://10.0.1.77/",
      `${STAMP}http://10.0.1.77/\nConnecting to 10.0.1.77:80... failed: Connection timed out.\nRetrying.\n\n` +
      "--2025-11-20 10:00:02--  (try: 2)  http://10.0.1.77/\nConnecting to 10.0.1.77:80... failed: Connection timed out.\nGiving up.\n\nexit 4\n",
    ],
    [
      "wget -O- http://10.0.1.2:81/",
      `${STAMP}http://10.0.1.2:81/\nConnecting to 10.0.1.2:81... failed: Connection refused.\nexit 4\n`,
    ],
    [
      "wget -O- -t 1 http://192.0.2.1/",
      `${STAMP}http://192.0.2.1/\nConnecting to 192.0.2.1:80... failed: Network is unreachable.\nexit 4\n`,
    ],
    [
      "wget -O- http://nosuch.invalid/",
      `${STAMP}http://nosuch.invalid/\nResolving nosuch.invalid (nosuch.invalid)... failed: Temporary failure in name resolution.\nwget: unable to resolve host address 'nosuch.invalid'\nexit 4\n`,
    ],
    [
      "wget -O- -T 1 -t 1 http://10.0.1.2/slow",
      `${STAMP}http://10.0.1.2/slow\n${CONNECTED}Read error (Connection timed out) in headers.\nGiving up.\n\nexit 4\n`,
    ],
    ["wget", "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\nexit 1\n"],
    [
      "wget --bogus",
      "wget: unrecognized option '--bogus'\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\nexit 2\n",
    ],
    ["wget -O /nonexistent/x http://10.0.1.2/", "/nonexistent/x: No such file or directory\nexit 1\n"],
    ["wget -nv http://10.0.1.2/", '2025-11-20 10:00:00 URL:http://10.0.1.2/ [6/6] -> "index.html" [1]\n'],
    ["wget -qO- --post-data a=b http://10.0.1.2/x", "got a=b\n"],
  ] as const
) {
  Deno.test(`as GNU wget says: ${line}`, async () => {
    assertEquals(await run(wget, line), text);
  });
}

const BUSY = "Connecting to 10.0.1.2 (10.0.1.2:80)\n";

for (
  const [line, text] of [
    ["wget -qO- http://10.0.1.2/", "hello\n"],
    [
      "wget -O - http://10.0.1.2/",
      `hello\n${BUSY}writing to stdout\n-                    100% |********************************|     6  0:00:00 ETA\nwritten to stdout\n`,
    ],
    ["wget -q -O- 10.0.1.2/404", "wget: server returned error: HTTP/1.1 404 Not Found\nexit 1\n"],
    ["wget --spider http://10.0.1.2/", `${BUSY}remote file exists\n`],
    ["wget -qO- -T 1 http://10.0.1.77/", "wget: download timed out\nexit 1\n"],
    [
      "wget -O- http://10.0.1.2:81/",
      "Connecting to 10.0.1.2:81 (10.0.1.2:81)\nwget: can't connect to remote host (10.0.1.2): Connection refused\nexit 1\n",
    ],
    ["wget -qO- http://nosuch.invalid/", "wget: bad address 'nosuch.invalid'\nexit 1\n"],
    [
      "wget -qS -O- http://10.0.1.2/",
      "hello\n  HTTP/1.1 200 OK\n  Server: nginx/1.25.3\n  Date: Thu, 20 Nov 2025 10:00:00 GMT\n  Content-Type: text/plain\n  Content-Length: 6\n  \n",
    ],
    ["wget -q http://10.0.1.2/; wget -q http://10.0.1.2/", "wget: can't open 'index.html': File exists\nexit 1\n"],
  ] as const
) {
  Deno.test(`as busybox wget says: ${line}`, async () => {
    assertEquals(await run(busyboxWget, line), text);
  });
}
