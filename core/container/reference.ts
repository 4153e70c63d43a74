/**
 * Image references (distribution/reference).
 *
 *     reference = [domain "/"] path [":" tag] ["@" digest]
 *     domain    = host with a dot, a port, or "localhost"        path = lower case components joined by "/"
 *
 * Docker Hub fills in what is missing: `nginx` is `docker.io/library/nginx:latest`.
 */
import { TextError } from "../base/mod.ts";

/** An image's full name. */
export interface ImageReference {
  /** `docker.io`, `registry.k8s.io`, `localhost:5000`. */
  readonly registry: string;
  /** `library/nginx`, `coredns/coredns`. */
  readonly repository: string;
  /** Absent where only a digest is given. */
  readonly tag?: string;
  /** `sha256:...`. */
  readonly digest?: string;
}

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;

/** Reads a reference as docker and the kubelet do; throws TextError where it is none. */
export function parseImageReference(text: string): ImageReference {
  const [named = "", digest] = cut(text, "@");
  const slash = named.lastIndexOf("/");
  const colon = named.lastIndexOf(":");
  const tag = colon > slash ? named.slice(colon + 1) : undefined;
  const name = tag === undefined ? named : named.slice(0, colon);
  const [first = "", ...rest] = name.split("/");
  const domain = rest.length > 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  const path = domain ? rest.join("/") : name;
  const registry = domain ? first : "docker.io";
  if (!PATH.test(path)) fail(text, "couldn't parse image name: invalid reference format");
  if (tag !== undefined && !TAG.test(tag)) fail(text, `invalid tag "${tag}"`);
  if (digest !== undefined && !DIGEST.test(digest)) fail(text, `invalid digest "${digest}"`);
  const hub = registry === "docker.io" || registry === "index.docker.io";
  return {
    registry: hub ? "docker.io" : registry,
    repository: hub && !path.includes("/") ? `library/${path}` : path,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: "latest" } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

function fail(text: string, problem: string): never {
  throw new TextError(text, 1, 1, problem, "[registry/]repository[:tag][@digest]");
}

function cut(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The full name: `docker.io/library/nginx:latest`. */
export function printImageReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}
