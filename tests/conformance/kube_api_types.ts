/** The shapes of a recording in format podwire-kubeapi/1. */
export interface Recording {
  readonly validation: readonly Row[];
  readonly defaulting: readonly Row[];
  readonly allocation?: readonly Story[];
  readonly discovery?: readonly Answer[];
  readonly scene?: Scene;
}

export interface RecordedRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly contentType?: string;
  readonly body?: unknown;
}

export interface RecordedResponse {
  readonly code: number;
  readonly body?: unknown;
  readonly warnings?: readonly string[];
}

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
  readonly first?: unknown;
}

export interface Story {
  readonly id: string;
  readonly server: "normal" | "small";
  readonly steps: readonly { readonly request: RecordedRequest; readonly response: RecordedResponse }[];
}

export interface Answer {
  readonly path: string;
  readonly accept: string;
  readonly code: number;
  readonly body?: unknown;
  readonly events?: readonly unknown[];
}

export interface RecordedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface RecordedCommand {
  readonly id: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly now: number;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RecordedTable {
  readonly path: string;
  readonly accept: string;
  readonly now: number;
  readonly code: number;
  readonly columnDefinitions?: readonly Record<string, unknown>[];
  readonly rows?: readonly {
    readonly name: string;
    readonly cells: readonly unknown[];
    readonly objectKind: string;
    readonly conditions?: unknown;
  }[];
  readonly body?: Record<string, unknown>;
}

export interface RecordedStep {
  readonly title: string;
  readonly request: RecordedRequest;
  readonly endpointslices: readonly Record<string, unknown>[];
  readonly endpoints: readonly Record<string, unknown>[];
  readonly pods: readonly Record<string, unknown>[];
}

export interface Scene {
  readonly namespace: string;
  readonly state: readonly RecordedObject[];
  readonly kubectl: readonly RecordedCommand[];
  readonly tables: readonly RecordedTable[];
  readonly tables_state: readonly RecordedObject[];
  readonly endpoints: readonly RecordedStep[];
}

/** One compared case; `problem` says the first difference. */
export interface Case {
  readonly id: string;
  readonly problem?: string | undefined;
}
