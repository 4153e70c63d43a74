/** The images, in the order they are looked through, and the one a reference means. */
import type { Image, ImageRow } from "../image.ts";
import { type ImageReference, parseImageReference } from "../reference.ts";
import { AGNHOST } from "./agnhost.ts";
import { baseImage } from "./bases.ts";
import { CLUSTER_ROWS } from "./cluster.ts";
import { DATABASE_ROWS } from "./databases.ts";
import { ECHO_ROWS } from "./echo.ts";
import { HTTPD } from "./httpd.ts";
import { NGINX } from "./nginx.ts";
import { REDIS } from "./redis.ts";
import { SHELL_ROWS } from "./shells.ts";
import { unknownImage } from "./unknown.ts";

/** Every family of images there is a description of; the first row that matches counts. */
export const IMAGES: readonly ImageRow[] = [
  NGINX,
  HTTPD,
  REDIS,
  ...DATABASE_ROWS,
  ...SHELL_ROWS,
  AGNHOST,
  ...ECHO_ROWS,
  ...CLUSTER_ROWS,
];

/** The image of a reference text; one without a description is a stand-in. Throws TextError on a text that is no reference. */
export function imageOf(text: string): Image {
  const reference = parseImageReference(text);
  const row = IMAGES.find(({ repositories }) => repositories.some((pattern) => matches(pattern, reference)));
  return row === undefined ? unknownImage() : { ...baseImage("debian"), ...row.make(reference) };
}

function matches(pattern: string, { registry, repository }: ImageReference): boolean {
  const short = repository.replace(/^library\//, "");
  const names = registry === "docker.io" ? [short, `docker.io/${short}`] : [`${registry}/${repository}`];
  if (!pattern.includes("*")) return names.includes(pattern);
  const form = new RegExp("^" + pattern.replace(/[.]/g, "\\.").replace("*", ".+") + "$");
  return names.some((name) => form.test(name));
}
