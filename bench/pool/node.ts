// A node that answers any header as fast as HTTP allows, in a process of its own: what is measured is the way to it.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const HASH = `0x${"ab".repeat(32)}`;
const HEADER = {
  number: "0x10",
  hash: HASH,
  parentHash: `0x${"cd".repeat(32)}`,
  timestamp: "0x65000000",
  gasLimit: "0x1c9c380",
  gasUsed: "0x5208",
  stateRoot: HASH,
  transactionsRoot: HASH,
  receiptsRoot: HASH,
  logsBloom: `0x${"00".repeat(256)}`,
};
const RESULTS: Readonly<Record<string, unknown>> = {
  eth_chainId: "0x1",
  eth_syncing: false,
  web3_clientVersion: "bench/1",
};

type Call = { readonly id: unknown; readonly method: string };

function answer({ id, method }: Call): unknown {
  return { jsonrpc: "2.0", id, result: RESULTS[method] ?? HEADER };
}

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const asked = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Call | Call[];
  const body = JSON.stringify(Array.isArray(asked) ? asked.map(answer) : answer(asked));
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit(0));
