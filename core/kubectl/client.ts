import { type ApiRequest, type ApiResponse, type KubeObject, type Status } from "../kube/mod.ts";
import { refused } from "./errors.ts";
import type { KubectlHost } from "./host.ts";

/** kubectl's requests to the server: answers as values, refusals thrown, warnings kept once each. */
export class Client {
  readonly warnings: string[] = [];

  constructor(readonly host: KubectlHost) {}

  /** Sends a request; whatever the answer is, it comes back. */
  send(request: ApiRequest): ApiResponse {
    const answer = this.host.api.handle(request);
    for (const warning of answer.warnings) if (!this.warnings.includes(warning)) this.warnings.push(warning);
    return answer;
  }

  /** The body of a good answer; throws CommandError with the server's words on any other. */
  get(path: string, accept = "application/json"): unknown {
    return this.#good(this.send({ method: "GET", path, accept }));
  }

  /** An object, or undefined where there is none of that name. */
  find(path: string): KubeObject | undefined {
    const answer = this.send({ method: "GET", path, accept: "application/json" });
    return answer.code === 404 ? undefined : this.#good(answer) as KubeObject;
  }

  /** The objects of a collection. */
  list<T extends KubeObject>(path: string): T[] {
    return (this.get(path) as { items: T[] }).items;
  }

  post(path: string, body: object): KubeObject {
    return this.#good(
      this.send({ method: "POST", path, body: JSON.stringify(body), contentType: JSON_TYPE }),
    ) as KubeObject;
  }

  put(path: string, body: object): KubeObject {
    return this.#good(
      this.send({ method: "PUT", path, body: JSON.stringify(body), contentType: JSON_TYPE }),
    ) as KubeObject;
  }

  patch(path: string, body: unknown, type: "json" | "merge" | "strategic"): KubeObject {
    const contentType = PATCH_TYPES[type];
    return this.#good(this.send({ method: "PATCH", path, body: JSON.stringify(body), contentType })) as KubeObject;
  }

  #good({ code, body }: ApiResponse): unknown {
    if (code < 300) return body;
    throw refused(typeof body === "string" ? { ...NO_SUCH_PATH } : body as Status);
  }
}

const JSON_TYPE = "application/json";

const PATCH_TYPES = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

const NO_SUCH_PATH: Status = {
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message: "the server could not find the requested resource",
  reason: "NotFound",
  code: 404,
};

/** The Accept header of a request for a Table. */
export const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
