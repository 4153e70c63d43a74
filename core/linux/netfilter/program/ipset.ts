import { namespaceOf } from "../../namespace.ts";
import type { Program } from "../../process.ts";
import { runIpset } from "../ipset/command.ts";

/** `ipset`. */
export const ipset: Program = (process) => {
  const answer = runIpset(namespaceOf(process.machine.plane, process.ns), process.argv.slice(1), {
    stdin: process.stdin,
    random: process.random,
    read: (path) => process.files.read(path),
    write: (path, text) => process.files.write(path, text),
  });
  process.out(answer.out);
  process.err(answer.err);
  return Promise.resolve(answer.exit);
};
