// What no indexer that verifies and stores can leave out, and nothing else: the floor's requests and parsing, one native
// recovery of a sender a transaction, Keccak over as many bytes as the roots cover, and as many rows as Headwater writes of
// the same sizes. No logic, no checks, no API: it bounds from below what any design over the same libraries can reach.
import { once } from "node:events";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

/** Counted in the store that a run of the same history leaves: 139,000 rows of 47 bytes for 506 blocks. */
const SIZES = {
  ROWS_PER_BLOCK: 275,
  ROW_BYTES: 47,
  BLOCKS_PER_BATCH: 16,
  IN_FLIGHT: 8,
  /** A receipt with five transfers, as RLP. */
  RECEIPT_BYTES: 1_100,
} as const;

type Done = { readonly senders: number };

if (isMainThread) await run();
else await work();

async function run(): Promise<void> {
  const { Level } = await import("level");
  const { Pool } = await import("undici");
  const { readTask, report } = await import("./task.ts");
  const { ROWS_PER_BLOCK, ROW_BYTES, BLOCKS_PER_BATCH, IN_FLIGHT } = SIZES;
  const task = readTask();
  const startedAt = performance.now();
  const worker = new Worker(new URL(import.meta.url));
  await once(worker, "message");
  const database = new Level<Uint8Array, Uint8Array>(task.directory, {
    keyEncoding: "buffer",
    valueEncoding: "buffer",
  });
  const pool = new Pool(task.url, { connections: IN_FLIGHT });
  let next = 0;
  let answered = 0;
  let senders = 0;
  const all = Promise.withResolvers<void>();
  worker.on("message", async (done: Done) => {
    senders += done.senders;
    answered++;
    if (answered % BLOCKS_PER_BATCH === 0 || answered > task.head) await write(answered);
    if (answered > task.head) all.resolve();
  });
  let written = 0;
  async function write(blocks: number): Promise<void> {
    const batch = database.batch();
    const value = Buffer.alloc(ROW_BYTES - 16, 7);
    for (; written < blocks * ROWS_PER_BLOCK; written++) {
      const key = Buffer.alloc(16);
      key.writeUInt32BE(written, 12);
      batch.put(key, value);
    }
    await batch.write();
  }
  async function ask(): Promise<void> {
    while (next <= task.head) {
      const at = `0x${(next++).toString(16)}`;
      const body = JSON.stringify([
        { jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: [at, true] },
        { jsonrpc: "2.0", id: 2, method: "eth_getBlockReceipts", params: [at] },
      ]);
      const headers = { "content-type": "application/json" };
      const answer = await pool.request({ path: "/", method: "POST", headers, body });
      const bytes = await answer.body.bytes();
      worker.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, ask));
  await all.promise;
  const note = `${senders} senders, ${written} rows`;
  report({ workMs: performance.now() - startedAt, note });
  await worker.terminate();
  await pool.close();
  await database.close();
}

async function work(): Promise<void> {
  const { createKeccak } = await import("hash-wasm");
  const { default: secp256k1 } = await import("secp256k1");
  const hasher = await createKeccak(256);
  const key = new Uint8Array(65);
  const signature = Buffer.alloc(64);
  parentPort?.on("message", (bytes: Uint8Array) => {
    const [block, receipts] = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"));
    let senders = 0;
    for (const { hash, r, s, v } of block.result.transactions) {
      signature.write(r.slice(2).padStart(64, "0"), 0, "hex");
      signature.write(s.slice(2).padStart(64, "0"), 32, "hex");
      // Over the id in place of the signed hash: another key comes out, at the same cost.
      secp256k1.ecdsaRecover(signature, (Number(v) + 1) % 2, Buffer.from(hash.slice(2), "hex"), false, key);
      hasher.init().update(key).digest("binary");
      senders++;
    }
    // Each byte that the roots cover is hashed about twice: as a leaf, and for ids and blooms.
    const covered = Buffer.alloc(SIZES.RECEIPT_BYTES);
    for (let i = 0; i < 2 * receipts.result.length; i++) hasher.init().update(covered).digest("binary");
    const done: Done = { senders };
    parentPort?.postMessage(done);
  });
  parentPort?.postMessage("ready");
}
