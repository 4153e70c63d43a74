import { assertEquals } from "@std/assert";
import { scriptOf, separateOptions } from "./shell_call.ts";

Deno.test("options in one word with -c become a set before the script", () => {
  assertEquals(separateOptions(["/bin/sh", "-exc", "echo hi"]), ["/bin/sh", "-c", "set -ex\necho hi"]);
  assertEquals(separateOptions(["bash", "-lc", "echo hi", "a"]), ["bash", "-c", "echo hi", "a"]);
  assertEquals(separateOptions(["sh", "-c", "echo hi"]), ["sh", "-c", "echo hi"]);
  assertEquals(separateOptions(["ping", "-c", "3"]), ["ping", "-c", "3"]);
});

Deno.test("a shell with nothing but a script is the script", () => {
  assertEquals(scriptOf(["/bin/sh", "-c", "echo hi"]), "echo hi");
  assertEquals(scriptOf(["sh", "-c", "echo $1", "a", "b"]), undefined);
});
