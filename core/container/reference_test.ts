import { assertEquals, assertThrows } from "@std/assert";
import { TextError } from "../base/mod.ts";
import { parseImageReference, printImageReference } from "./reference.ts";

const DIGEST = "sha256:" + "ab".repeat(32);

for (
  const [text, full] of [
    ["nginx", "docker.io/library/nginx:latest"],
    ["redis:alpine", "docker.io/library/redis:alpine"],
    ["bitnami/redis:7.2", "docker.io/bitnami/redis:7.2"],
    ["docker.io/nginx:1.25", "docker.io/library/nginx:1.25"],
    ["registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9"],
    ["localhost:5000/team/app", "localhost:5000/team/app:latest"],
    ["localhost/app:1", "localhost/app:1"],
    [`nginx@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`],
    [`nginx:1.25@${DIGEST}`, `docker.io/library/nginx:1.25@${DIGEST}`],
  ] as const
) {
  Deno.test(`the full name of ${text}`, () => {
    const reference = parseImageReference(text);
    assertEquals(printImageReference(reference), full);
    assertEquals(parseImageReference(full), reference);
  });
}

for (const text of ["Nginx", "nginx:", "nginx:bad tag", "", "a//b", "nginx@sha256:12"]) {
  Deno.test(`no image reference: "${text}"`, () => {
    assertThrows(() => parseImageReference(text), TextError);
  });
}
