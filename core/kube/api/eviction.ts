/** `pods/NAME/eviction`: a pod is deleted where its disruption budget allows it. */
import { copyJson } from "../../base/mod.ts";
import { budgetsOf } from "../controllers/disruption.ts";
import { isReady, isTerminal } from "../controllers/pods.ts";
import type { KubeObject, Pod } from "../objects/object.ts";
import type { DeleteOptions, ObjectName } from "./api.ts";
import { accepted, addCondition, PODS } from "./binding.ts";
import { decodeBody } from "./decode.ts";
import { checkPreconditions, deleteObject } from "./delete.ts";
import { checkDeleteOptions, writeOptions } from "./options.ts";
import { placeIn } from "./place.ts";
import { readOne } from "./read.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, failure, statusResponse } from "./status.ts";
import { type ApiRequest, type ApiResponse, isStatus, type Status } from "./types.ts";

const EVICTION = { group: "policy", version: "v1", kind: "Eviction", also: ["policy/v1beta1"] };

/** Answers an Eviction that is posted. */
export function evict(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const options = writeOptions(route, "CreateOptions");
  if ("kind" in options) return options;
  const decoded = decodeBody(request.body ?? "", EVICTION, options.validation);
  if ("kind" in decoded) return decoded;
  const { metadata, deleteOptions = {} } = decoded.object as KubeObject & { deleteOptions?: object };
  const misplaced = placeIn(route, metadata);
  if (misplaced !== undefined) return misplaced;
  if (metadata.name !== route.name) return badRequest("name in URL does not match name in Eviction object");
  const { warnings } = decoded;
  const pod = readOne(server, route);
  if (isStatus(pod)) return { ...statusResponse(pod), warnings };
  const deletion = checkDeleteOptions(deleteOptions);
  if ("kind" in deletion) return { ...statusResponse(deletion), warnings };
  const wanted = { ...deletion, dryRun: options.dryRun || deletion.dryRun === true };
  const refused = evictPod(server, pod as Pod, wanted);
  return { ...refused === undefined ? accepted() : statusResponse(refused), warnings };
}

function evictPod(server: ApiServer, pod: Pod, { preconditions, ...options }: DeleteOptions): Status | undefined {
  const dryRun = options.dryRun === true;
  const refused = useBudget(server, pod, dryRun) ?? checkPreconditions(pod, preconditions);
  if (refused !== undefined) return refused;
  if (!dryRun) {
    const marked = copyJson(pod);
    addCondition(marked, TARGETED, server.now());
    server.store.put(marked);
  }
  const answer = deleteObject(server, PODS, pod.metadata as ObjectName, options);
  return isStatus(answer) && answer.status === "Failure" ? answer : undefined;
}

const TARGETED = {
  type: "DisruptionTarget",
  status: "True",
  reason: "EvictionByEvictionAPI",
  message: "Eviction API: evicting",
} as const;

/** Takes one disruption off the budget of a pod that counts for one; refuses where there is none left. */
function useBudget(server: ApiServer, pod: Pod, dryRun: boolean): Status | undefined {
  const [budget, second] = budgetsOf(server.store, pod);
  if (budget === undefined || isTerminal(pod) || pod.status.phase === "Pending") return undefined;
  if (second !== undefined) {
    const words = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    return failure(500, "InternalError", words);
  }
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (!isReady(pod) && desiredHealthy > 0 && currentHealthy >= desiredHealthy) return undefined;
  if (disruptionsAllowed <= 0) {
    const needs = `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    const message = `The disruption budget ${budget.metadata.name} ${needs}`;
    return failure(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [{ reason: "DisruptionBudget", message }],
    });
  }
  if (dryRun) return undefined;
  server.changeStatus("PodDisruptionBudget", budget.metadata as ObjectName, (object) => {
    (object as typeof budget).status.disruptionsAllowed--;
  });
  return undefined;
}
