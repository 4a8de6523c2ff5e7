import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HeadwaterError } from "../../src/core/errors.ts";
import { findNodePrograms } from "../../src/testing/bitcoin/node-programs.ts";
import { RegtestNetwork } from "../../src/testing/bitcoin/regtest-network.ts";
import { STAND_IN } from "../../src/testing/bitcoin/start-node.ts";
import { FUNDING_BLOCKS, RegtestTraffic } from "../../src/testing/bitcoin/traffic.ts";

const SEAT = { name: "alder", operator: "alder", region: "eu-west" };

/** A node with the same traffic as every other: three blocks of it, and some that is in no block. */
class Subject {
  readonly network: RegtestNetwork;
  /** A mined transaction, a pending one, and an output that is there. */
  ids: { block: string; mined: string; pending: string; script: string; raw: string } | undefined;

  constructor(network: RegtestNetwork) {
    this.network = network;
  }

  async prepare(): Promise<void> {
    const { first, terms } = this.network;
    const traffic = new RegtestTraffic({ network: terms, seed: 9 });
    await this.network.mine(FUNDING_BLOCKS, traffic.minerAddress(0));
    await traffic.refill(first);
    for (let i = 0; i < 3; i++) {
      await this.network.send(traffic.next(6).map(({ raw }) => raw));
      await this.network.mine(1, traffic.minerAddress(0));
      traffic.mined();
    }
    await this.network.send(traffic.next(6).map(({ raw }) => raw));
    const block = await first.client.call<string>("getbestblockhash");
    const { tx } = await first.client.call<{ tx: string[] }>("getblock", block, 1);
    const [pending] = await first.client.call<string[]>("getrawmempool");
    this.ids = {
      block,
      mined: tx[1] as string,
      pending: pending as string,
      script: Buffer.from(traffic.scripts[12] as Uint8Array).toString("hex"),
      raw: await first.client.call("getrawtransaction", pending),
    };
  }

  /** What the node answers, or the code of its error. */
  async ask(method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      return await this.network.first.client.call(method, ...params);
    } catch (error) {
      if (error instanceof HeadwaterError) return `error ${error.details["rpcCode"]}`;
      throw error;
    }
  }
}

/** The form of a JSON value: its keys with the types of what stands there. Lists have the form of their last element. */
function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [formOf(value.at(-1))];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, formOf(each)]));
}

/** Of one form in one version and of another in the next. */
const OWN_WAYS = new Set(["warnings", "desc", "type", "address", "coinbase", "vsize", "fees"]);
/** Told since Bitcoin Core 22 to 25: older nodes lack them. */
const NEWER = new Set(["fee", "prevout", "time"]);

/** The keys that the stand-in tells and the node does not, or in another form. */
function differences(told: unknown, real: unknown, path = ""): string[] {
  if (Array.isArray(told) && Array.isArray(real)) {
    return told.length > 0 && real.length > 0 ? differences(told[0], real[0], `${path}[]`) : [];
  }
  if (typeof told !== "object" || told === null)
    return told === real ? [] : [`${path}: ${told}, not ${JSON.stringify(real)}`];
  const known = (real ?? {}) as Record<string, unknown>;
  return Object.entries(told).flatMap(([key, each]) => {
    if (OWN_WAYS.has(key) || (NEWER.has(key) && !(key in known))) return [];
    return differences(each, known[key], `${path}.${key}`);
  });
}

describe.each(findNodePrograms().programs.map((program) => ({ program, name: program.name })))(
  "the stand-in beside $name",
  ({ program }) => {
    let real: Subject;
    let standIn: Subject;

    beforeAll(async () => {
      real = new Subject(await RegtestNetwork.start(program, [SEAT]));
      standIn = new Subject(await RegtestNetwork.start(STAND_IN, [SEAT]));
      await Promise.all([real.prepare(), standIn.prepare()]);
    });

    afterAll(async () => {
      await real?.network.remove();
      await standIn?.network.remove();
    });

    type Ids = NonNullable<Subject["ids"]>;
    it.each<[string, string, (ids: Ids) => readonly unknown[]]>([
      ["getblockchaininfo", "", () => []],
      ["getnetworkinfo", "", () => []],
      ["getblockcount", "", () => []],
      ["getblockhash", "of a height", () => [3]],
      ["getblockhash", "above the tip", () => [9_999]],
      ["getblockheader", "decoded", ({ block }) => [block]],
      ["getblockheader", "serialized", ({ block }) => [block, false]],
      ["getblockheader", "of no block", () => ["ab".repeat(32)]],
      ["getblock", "serialized", ({ block }) => [block, 0]],
      ["getblock", "with ids", ({ block }) => [block, 1]],
      ["getblock", "with transactions", ({ block }) => [block, 2]],
      ["getblock", "with what they spend", ({ block }) => [block, 3]],
      ["getblockstats", "of a height", () => [113]],
      ["getchaintips", "", () => []],
      ["getrawmempool", "", () => []],
      ["getmempoolentry", "", ({ pending }) => [pending]],
      ["getmempoolinfo", "", () => []],
      ["getrawtransaction", "pending", ({ pending }) => [pending]],
      ["getrawtransaction", "pending, decoded", ({ pending }) => [pending, true]],
      ["getrawtransaction", "mined, decoded", ({ mined }) => [mined, true]],
      ["getrawtransaction", "of a block", ({ mined, block }) => [mined, true, block]],
      ["getrawtransaction", "of nobody", () => ["cd".repeat(32)]],
      ["decoderawtransaction", "", ({ raw }) => [raw]],
      ["testmempoolaccept", "of what is there", ({ raw }) => [[raw]]],
      ["sendrawtransaction", "of no transaction", () => ["00ff"]],
      ["gettxout", "unspent", ({ mined }) => [mined, 0, false]],
      ["gettxout", "of nobody", () => ["ef".repeat(32), 0]],
      ["gettxoutsetinfo", "", () => []],
      ["scantxoutset", "", ({ script }) => ["start", [`raw(${script})`]]],
      ["waitfornewblock", "for a moment", () => [1]],
      ["waitforblockheight", "that is there", () => [5, 1_000]],
      ["nosuchmethod", "", () => []],
    ])("answers %s (%s) in its form", async (method, _, params) => {
      const told = formOf(await standIn.ask(method, params(standIn.ids as Ids)));
      const expected = formOf(await real.ask(method, params(real.ids as Ids)));
      expect(differences(told, expected)).toEqual([]);
    });

    it.each(["9", "01"])("refuses what is no block hash as it does: %s", async (hash) => {
      expect(await standIn.ask("getblock", [hash])).toBe(await real.ask("getblock", [hash]));
    });

    it("has come to the same outputs by the same traffic", async () => {
      type Info = { height: number; txouts: number; transactions: number; total_amount: number };
      const { height, txouts, transactions, total_amount } = (await real.ask("gettxoutsetinfo", [])) as Info;
      expect(await standIn.ask("gettxoutsetinfo", [])).toMatchObject({ height, txouts, transactions, total_amount });
    });

    it("says that it is no real node", async () => {
      expect(await standIn.ask("getnetworkinfo", [])).toMatchObject({
        subversion: expect.stringContaining("not a real node"),
        warnings: [expect.stringContaining("no real node")],
      });
      expect(standIn.network.first.real).toBe(false);
    });
  },
);
