import { assertEquals } from "@std/assert";
import { twoMachines } from "../lab_test.ts";
import { webServer } from "../web_test.ts";
import { curl } from "./curl.ts";

const METER = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n" +
  "                                 Dload  Upload   Total   Spent    Left  Speed\n" +
  "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\r";
const NONE = "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\n";
const HEADERS = "HTTP/1.1 200 OK\r\nServer: nginx/1.25.3\r\nDate: Thu, 20 Nov 2025 10:00:00 GMT\r\n" +
  "Content-Type: text/plain\r\nContent-Length: 6\r\n\r\n";
const asked = (line: string) =>
  `> ${line} HTTP/1.1\r\n> Host: 10.0.1.2\r\n> User-Agent: curl/7.88.1\r\n> Accept: */*\r\n> \r\n`;
const told = (head: string) => head.split("\r\n").slice(0, -1).map((line) => `< ${line}\r\n`).join("");

async function run(line: string): Promise<string> {
  const lab = twoMachines(new Map([["curl", curl], ["web", webServer]]));
  lab.machines["b"]!.start(["web"]);
  await lab.runner.settle();
  return await lab.run("a", line);
}

for (
  const [line, text] of [
    ["curl -s http://10.0.1.2/", "hello\n"],
    [
      "curl http://10.0.1.2/",
      `hello\n${METER}100     6  100     6    0     0  5859k      0 --:--:-- --:--:-- --:--:--  6000\n`,
    ],
    ["curl -si 10.0.1.2", `${HEADERS}hello\n`],
    ["curl -sI 10.0.1.2", HEADERS],
    [
      "curl -sv http://10.0.1.2/",
      `hello\n*   Trying 10.0.1.2:80...\n* Connected to 10.0.1.2 (10.0.1.2) port 80 (#0)\n${asked("GET /")}${
        told(HEADERS)
      }` +
      "{ [6 bytes data]\n* Connection #0 to host 10.0.1.2 left intact\n",
    ],
    ["curl -s -d a=b http://10.0.1.2/x", "got a=b\n"],
    ["curl -sSf http://10.0.1.2/404", "curl: (22) The requested URL returned error: 404\nexit 22\n"],
    ["curl -sf http://10.0.1.2/404", "exit 22\n"],
    ["curl -sL http://10.0.1.2/redir", "hello\n"],
    ["curl -sSL http://10.0.1.2/loop", "curl: (47) Maximum (50) redirects followed\nexit 47\n"],
    ["curl -s http://10.0.1.2/chunk", "hello\n"],
    ["curl -s http://10.0.1.2/ http://10.0.1.2/noeol", "hello\nabc"],
    [
      "curl -s -o /dev/null -w '%{http_code} %{remote_ip}:%{remote_port} %{size_download}\\n' http://10.0.1.2/",
      "200 10.0.1.2:80 6\n",
    ],
    ["curl -s -o f http://10.0.1.2/big; wc -c < f", "200000\n"],
    [
      "curl -sS http://10.0.1.2:81/",
      "curl: (7) Failed to connect to 10.0.1.2 port 81 after 0 ms: Couldn't connect to server\nexit 7\n",
    ],
    [
      "curl http://10.0.1.2:81/",
      `${METER}${NONE}curl: (7) Failed to connect to 10.0.1.2 port 81 after 0 ms: Couldn't connect to server\nexit 7\n`,
    ],
    [
      "curl -sS http://192.0.2.1/",
      "curl: (7) Failed to connect to 192.0.2.1 port 80 after 0 ms: Couldn't connect to server\nexit 7\n",
    ],
    ["curl http://nosuch.invalid/", "curl: (6) Could not resolve host: nosuch.invalid\nexit 6\n"],
    [
      "curl -sS --connect-timeout 1 http://10.0.1.77/",
      "curl: (28) Failed to connect to 10.0.1.77 port 80 after 1000 ms: Timeout was reached\nexit 28\n",
    ],
    ["curl -sS -m 1 http://10.0.1.77/", "curl: (28) Connection timed out after 1000 milliseconds\nexit 28\n"],
    [
      "curl -sS -m 1 http://10.0.1.2/slow",
      "curl: (28) Operation timed out after 1000 milliseconds with 0 bytes received\nexit 28\n",
    ],
    ["curl -sS http://10.0.1.2/short", "abccurl: (18) transfer closed with 7 bytes remaining to read\nexit 18\n"],
    ["curl -sS foo://10.0.1.2/", 'curl: (1) Protocol "foo" not supported or disabled in libcurl\nexit 1\n'],
    ["curl -sS http://10.0.1.2:99999/", "curl: (3) URL using bad/illegal format or missing URL\nexit 3\n"],
    [
      "curl --bogus",
      "curl: option --bogus: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\nexit 2\n",
    ],
    [
      "curl -m x 10.0.1.2",
      "curl: option -m: expected a proper numerical parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\nexit 2\n",
    ],
    [
      "curl -s --resolve web.test:80:10.0.1.2 -H 'X-A: b' -A agent -u a:b http://web.test/headers",
      "Host: web.test\nAuthorization: Basic YTpi\nUser-Agent: agent\nAccept: */*\nX-A: b\n",
    ],
    ["curl -sS --interface nope http://10.0.1.2/", "curl: (45) Couldn't bind to 'nope'\nexit 45\n"],
    [
      "curl -sS https://10.0.1.2:80/",
      "curl: (35) OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number\nexit 35\n",
    ],
  ] as const
) {
  Deno.test(`as curl says: ${line}`, async () => {
    assertEquals(await run(line), text);
  });
}
