/** A world put together: the only room that sees both wings. */
export { framed, FrameReader, isMalformed, parseMessage } from "../dns/mod.ts";
export * from "./answers.ts";
export { corednsVersion, type CorefileReport, reportCorefile } from "./corefile_report.ts";
export type { Capture } from "./capture.ts";
export type { DnsGate } from "./dns_gate.ts";
export { type Expectation, readExpectations, type Tested, testExpectation } from "./expectations.ts";
export type { LabFile } from "./files.ts";
export type { LabHost } from "./host.ts";
export { KubeDoor, type PodTarget, type Refused } from "./kube_door.ts";
export { type LogQuery, printLine } from "./pod_log.ts";
export type { Remote } from "./remote.ts";
export type { Tunnel } from "./tunnel.ts";
export { Lab, type LabOptions } from "./lab.ts";
export { LabShell } from "./lab_shell.ts";
export { type Exchange, type Lesson, parseLesson } from "./lesson.ts";
export { type NameStory, printNameStory } from "../tools/mod.ts";
export { PlaceError } from "./places.ts";
export { type Played, playExchange, playLesson, setStage } from "./play.ts";
