// A node of the synthetic chain, in a process of its own: what the plugin asks of one, over HTTP: its JSON-RPC, and
// blocks as bytes over its REST interface, which real nodes have to be started with (`-rest=1`).
import { closeSync, openSync, readSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hashText, sha256d } from "../../src/plugins/bitcoin/codec/hashing.ts";

type Place = { readonly hash: string; readonly at: number; readonly size: number; readonly header: Buffer };
type Call = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };

const path = process.argv[2] as string;
const file = openSync(path, "r");
const places = indexChain();
const heights = new Map(places.map(({ hash }, height) => [hash, height]));
const tip = places.length - 1;

const server = createServer((request, response) => {
  serve(request, response).catch((error) => response.destroy(error));
}).listen(0, "127.0.0.1", () => process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));

process.on("disconnect", () => {
  server.closeAllConnections();
  server.close(() => closeSync(file));
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = /^\/rest\/block\/([0-9a-f]{64})\.bin$/.exec(request.url ?? "")?.[1];
  if (request.method === "GET") {
    const height = asked === undefined ? undefined : heights.get(asked);
    response.statusCode = height === undefined ? 404 : 200;
    response.end(height === undefined ? "" : readBlock(height));
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString()) as Call | Call[];
  const answer = Array.isArray(body) ? `[${body.map(answerTo).join(",")}]` : answerTo(body);
  response.setHeader("content-type", "application/json");
  // One byte a character: no text is made of the hex again.
  response.end(answer, "latin1");
}

function answerTo({ id, method, params }: Call): string {
  const found = resultOf(method, params);
  if (found === undefined) {
    return JSON.stringify({ result: null, error: { code: -8, message: `no ${method} of ${params[0]}` }, id });
  }
  return `{"result":${found},"error":null,"id":${id}}`;
}

/** The result as JSON. */
function resultOf(method: string, [first]: readonly unknown[]): string | undefined {
  const height = heights.get(String(first));
  switch (method) {
    case "getblockhash":
      return places[first as number] && JSON.stringify(places[first as number]?.hash);
    case "getbestblockhash":
      return JSON.stringify(places[tip]?.hash);
    case "getblockheader":
      return height === undefined ? undefined : JSON.stringify(headerAt(height));
    case "getblock":
      return height === undefined ? undefined : `"${readBlock(height).toString("hex")}"`;
    case "getblockchaininfo":
      return JSON.stringify({ chain: "regtest", blocks: tip, headers: tip, initialblockdownload: false });
    case "getnetworkinfo":
      return JSON.stringify({ version: 210_000, subversion: "/bench/" });
    case "help":
      return JSON.stringify(first === "getblock" ? "getblock blockhash verbosity" : `help: unknown command: ${first}`);
    default:
      return undefined;
  }
}

function headerAt(height: number): object {
  const { hash, header } = places[height] as Place;
  return {
    hash,
    height,
    version: header.readInt32LE(0),
    ...(height > 0 && { previousblockhash: hashText(header, 4) }),
    merkleroot: hashText(header, 36),
    time: header.readUInt32LE(68),
    bits: header.readUInt32LE(72).toString(16).padStart(8, "0"),
    nonce: header.readUInt32LE(76),
  };
}

function readBlock(height: number): Buffer {
  const { at, size } = places[height] as Place;
  const block = Buffer.allocUnsafe(size);
  readSync(file, block, 0, size, at);
  return block;
}

function indexChain(): Place[] {
  const found: Place[] = [];
  const head = Buffer.alloc(84);
  for (let at = 0; readSync(file, head, 0, head.length, at) === head.length; ) {
    const header = Buffer.from(head.subarray(4));
    const size = head.readUInt32LE();
    found.push({ hash: hashText(sha256d(header)), at: at + 4, size, header });
    at += 4 + size;
  }
  return found;
}
