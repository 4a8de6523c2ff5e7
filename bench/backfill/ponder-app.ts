// The peer's application, as its documentation asks for it: each transfer is written, both balances are updated.
// Kept as texts, because its modules ("ponder", "ponder:registry", …) exist only where the bench has installed them.

export const PONDER_VERSION = "0.16.10";

export const PONDER_FILES: Readonly<Record<string, string>> = {
  "package.json": `${JSON.stringify(
    {
      name: "bench-peer-ponder",
      private: true,
      type: "module",
      dependencies: { ponder: PONDER_VERSION, hono: "4.13.19", viem: "2.57.20" },
    },
    null,
    2,
  )}\n`,

  "ponder.config.ts": `import { createConfig } from "ponder";

const task = JSON.parse(process.env.BENCH_TASK!);
const abi = [
  {
    type: "event",
    name: "Transfer",
    inputs: [
      { name: "from", type: "address", indexed: true },
      { name: "to", type: "address", indexed: true },
      { name: "value", type: "uint256", indexed: false },
    ],
  },
] as const;

export default createConfig({
  database: { kind: "pglite", directory: task.directory },
  chains: { anvil: { id: task.chainId, rpc: task.url, ws: task.ws, disableCache: true } },
  contracts: { Token: { chain: "anvil", abi, address: task.tokens, startBlock: 0, endBlock: task.head } },
});
`,

  "ponder.schema.ts": `import { onchainTable, primaryKey } from "ponder";

export const transfer = onchainTable("transfer", (t) => ({
  id: t.text().primaryKey(),
  token: t.hex().notNull(),
  from: t.hex().notNull(),
  to: t.hex().notNull(),
  value: t.bigint().notNull(),
  block: t.bigint().notNull(),
}));

export const balance = onchainTable(
  "balance",
  (t) => ({ token: t.hex().notNull(), account: t.hex().notNull(), amount: t.bigint().notNull() }),
  (table) => ({ key: primaryKey({ columns: [table.token, table.account] }) }),
);
`,

  "src/index.ts": `import { ponder } from "ponder:registry";
import { balance, transfer } from "ponder:schema";

ponder.on("Token:Transfer", async ({ event, context }) => {
  const { from, to, value } = event.args;
  const token = event.log.address;
  await context.db.insert(transfer).values({ id: event.id, token, from, to, value, block: event.block.number });
  for (const [account, delta] of [[from, -value], [to, value]] as const) {
    await context.db
      .insert(balance)
      .values({ token, account, amount: delta })
      .onConflictDoUpdate((row) => ({ amount: row.amount + delta }));
  }
});
`,

  "src/api/index.ts": `import { Hono } from "hono";
import { count } from "ponder";
import { db } from "ponder:api";
import { transfer } from "ponder:schema";

const app = new Hono();
app.get("/count", async (context) => context.json((await db.select({ count: count() }).from(transfer))[0]));
export default app;
`,
};
