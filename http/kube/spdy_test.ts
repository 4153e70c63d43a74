import { joinBytes } from "../../core/base/mod.ts";
import { assertEquals } from "@std/assert";
import { SpdyConnection, type SpdyStream } from "./spdy.ts";
import { HeaderReader, HeaderWriter } from "./spdy_headers.ts";

/** What kubectl 1.36 wrote for the first connection of a port-forward: an error stream, half closed, and a data stream. */
const ERROR_STREAM = "80030001 0000003e 00000001 00000000 0000 78f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614" +
  "cb45e01c60616061c0c0c0c0590489c64c50f26634 00000000ffff";
const HALF_CLOSE = "00000001 01000000";
const DATA_STREAM = "80030001 00000018 00000003 00000000 0000 c2aa19540e2512d60b000000ffff";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function connect() {
  const sent: Uint8Array[] = [];
  const streams: SpdyStream[] = [];
  const connection = new SpdyConnection((bytes) => sent.push(bytes), (stream) => streams.push(stream));
  return { sent, streams, connection };
}

Deno.test("streams that kubectl opens have their headers, however the bytes are cut", () => {
  for (const size of [1, 7, 1000]) {
    const { connection, streams } = connect();
    const all = bytesOf(ERROR_STREAM + HALF_CLOSE + DATA_STREAM);
    for (let at = 0; at < all.length; at += size) connection.feed(all.subarray(at, at + size));
    assertEquals(streams.map(({ headers }) => Object.fromEntries(headers)), [
      { streamtype: "error", port: "8080", requestid: "0" },
      { streamtype: "data", port: "8080", requestid: "0" },
    ]);
  }
});

Deno.test("data and a half close reach a listener that comes late", () => {
  const { connection, streams } = connect();
  connection.feed(bytesOf(ERROR_STREAM));
  connection.feed(bytesOf("00000001 00000002 6869" + HALF_CLOSE));
  const heard: string[] = [];
  streams[0]?.listen({ data: (bytes) => heard.push(new TextDecoder().decode(bytes)), end: () => heard.push("end") });
  assertEquals(heard, ["hi", "end"]);
});

Deno.test("every stream is answered with a SYN_REPLY, data is cut into frames, a ping comes back", () => {
  const { connection, streams, sent } = connect();
  connection.feed(bytesOf(ERROR_STREAM));
  assertEquals([...sent[0]?.subarray(0, 4) ?? []], [0x80, 3, 0, 2]);
  streams[0]?.write(new Uint8Array(70_000));
  assertEquals(sent.slice(1).map(({ length }) => length), [8 + 65_535, 8 + 4_465]);
  const ping = bytesOf("80030006 00000004 00000001");
  connection.feed(ping);
  assertEquals(sent[3], ping);
});

Deno.test("headers written are read back, block after block", () => {
  const [writer, reader] = [new HeaderWriter(), new HeaderReader()];
  for (const headers of [new Map([["streamtype", "data"], ["port", "80"]]), new Map(), new Map([["a", "b"]])]) {
    assertEquals(reader.read(joinBytes([writer.write(headers)])), headers);
  }
});
