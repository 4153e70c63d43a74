import { apiResources, apiVersions, clusterInfo, config, version } from "./about.ts";
import { applyFiles } from "./apply.ts";
import { viewLastApplied } from "./last_applied.ts";
import { attach } from "./attach.ts";
import { auth } from "./auth.ts";
import { autoscale } from "./autoscale.ts";
import { annotate, cordon, label, patch, scale, taint, uncordon } from "./change.ts";
import { cp } from "./cp.ts";
import { createFiles, createGenerated } from "./create.ts";
import { debug } from "./debug.ts";
import { remove } from "./delete.ts";
import { describe } from "./describe.ts";
import { diff } from "./diff.ts";
import { drain } from "./drain.ts";
import { edit } from "./edit.ts";
import { events } from "./events.ts";
import { exec } from "./exec.ts";
import { explain } from "./explain.ts";
import { expose } from "./expose.ts";
import { get } from "./get.ts";
import { kustomize } from "./kustomize.ts";
import { logs } from "./logs.ts";
import { portForward } from "./port_forward.ts";
import { replace } from "./replace.ts";
import { rollout } from "./rollout.ts";
import { run } from "./run.ts";
import { set } from "./set.ts";
import { top } from "./top.ts";
import type { Verb, VerbGroup } from "./verb.ts";
import { wait } from "./wait.ts";

/** Every command, by name. */
export const VERBS: Readonly<Record<string, Verb | VerbGroup>> = {
  annotate,
  "api-resources": apiResources,
  "api-versions": apiVersions,
  apply: { ...applyFiles, verbs: { "view-last-applied": viewLastApplied } },
  attach,
  auth,
  autoscale,
  "cluster-info": clusterInfo,
  config,
  cordon,
  cp,
  create: { ...createFiles, verbs: createGenerated.verbs },
  debug,
  delete: remove,
  describe,
  diff,
  drain,
  edit,
  events,
  exec,
  explain,
  expose,
  get,
  kustomize,
  label,
  logs,
  patch,
  "port-forward": portForward,
  replace,
  rollout,
  run,
  scale,
  set,
  taint,
  top,
  uncordon,
  version,
  wait,
};

/** Commands of kubectl that are not modelled, by name. */
export const UNMODELLED: readonly string[] = [
  "alpha",
  "certificate",
  "completion",
  "help",
  "kuberc",
  "options",
  "plugin",
  "proxy",
];
