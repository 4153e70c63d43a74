/** Where an object belongs: what a path says of its name and namespace, and what the object itself says. */
import type { Route } from "./route.ts";
import { badRequest } from "./status.ts";
import type { Status } from "./types.ts";

interface Placed {
  name?: string;
  namespace?: string;
}

/** The namespace of the path is the object's; another one in the object is refused. */
export function placeIn({ namespace }: Route, metadata: Placed): Status | undefined {
  if (namespace === undefined) {
    // Of an object without namespace the server does not even look at one.
    delete metadata.namespace;
    return undefined;
  }
  if ((metadata.namespace ?? "") !== "" && metadata.namespace !== namespace) {
    return badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  metadata.namespace = namespace;
  return undefined;
}

/** Refuses an object of another name or namespace than the path's. */
export function checkPlace(route: Route, metadata: Placed): Status | undefined {
  return placeIn(route, metadata) ?? checkName(route, metadata);
}

function checkName({ name = "" }: Route, metadata: Placed): Status | undefined {
  if (metadata.name === name) return undefined;
  if ((metadata.name ?? "") === "") {
    return badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  return badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
}
