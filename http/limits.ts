/** How much one client may ask of the server; every limit answers with its own JSON error. */
export interface Limits {
  /** Bytes of a request body. */
  readonly body: number;
  /** Labs held at the same time. */
  readonly labs: number;
  /** Nodes in one lab. */
  readonly nodes: number;
  /** Pods in one lab, as far as its manifests ask for them. */
  readonly pods: number;
  /** Bytes of output of one command. */
  readonly output: number;
}

/** What `podwire serve` allows. */
export const DEFAULT_LIMITS: Limits = { body: 1 << 20, labs: 16, nodes: 50, pods: 500, output: 1 << 20 };
