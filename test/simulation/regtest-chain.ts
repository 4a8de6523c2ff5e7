import type { Chain, RawBlock } from "../../src/core/contracts/plugin.ts";
import type { LedgerBlock, Output } from "../../src/core/model.ts";
import plugin from "../../src/plugins/bitcoin/index.ts";
import { BITCOIN_REGTEST } from "../../src/testing/bitcoin/node-programs.ts";
import { assembleBlock } from "../../src/testing/bitcoin/stand-in/assemble-block.ts";
import { genesisBlock } from "../../src/testing/bitcoin/stand-in/genesis.ts";
import {
  describeTransaction,
  type ParsedBlock,
  type ParsedTransaction,
} from "../../src/testing/bitcoin/stand-in/parsed.ts";
import { MATURITY_BLOCKS, subsidyAt } from "../../src/testing/bitcoin/stand-in/rules.ts";
import { FORMS, signTransaction, walletScript } from "../../src/testing/bitcoin/wallet.ts";
import type { HonestChain } from "./family.ts";

type RegtestBlock = LedgerBlock & {
  readonly parsed: ParsedBlock;
  /** The transaction whose second output the next block spends. */
  readonly payment: ParsedTransaction | undefined;
};

const MINER = walletScript("p2wpkh", "simulated miner", BITCOIN_REGTEST);
/** One script of every form: who is paid, and pays in turn. */
export const PAID = FORMS.map((form) => walletScript(form, "simulated", BITCOIN_REGTEST));
const FEE = 10_000n;
/** Rewards can be spent from this height on. Blocks below are the same in every run. */
const PREFIX_BLOCKS = MATURITY_BLOCKS + 2;

/** Every output that blocks of a run and of the prefix made, by its id. */
type Outputs = Map<string, Output>;

/** A regtest chain in memory: blocks as nodes have them, and the ledger that they come to. */
export class RegtestChain implements HonestChain {
  readonly branch: string;
  readonly blocks: readonly RegtestBlock[];
  readonly intervalMs: number;
  readonly #outputs: Outputs;

  private constructor(branch: string, blocks: readonly RegtestBlock[], intervalMs: number, outputs: Outputs) {
    this.branch = branch;
    this.blocks = blocks;
    this.intervalMs = intervalMs;
    this.#outputs = outputs;
  }

  static build(length: number, tipTime: number, intervalMs: number): RegtestChain {
    const from = tipTime - length * intervalMs;
    const { blocks, outputs } = prefixBefore(from);
    return new RegtestChain("main", blocks, intervalMs, new Map(outputs)).mine(length, from + intervalMs);
  }

  get tip(): RegtestBlock {
    return this.blocks.at(-1) as RegtestBlock;
  }

  mine(count: number, time = this.tip.ref.time + this.intervalMs): RegtestChain {
    const blocks = [...this.blocks];
    for (let i = 0; i < count; i++) {
      blocks.push(mineUpon(blocks, this.branch, time + i * this.intervalMs, this.#outputs));
    }
    return new RegtestChain(this.branch, blocks, this.intervalMs, this.#outputs);
  }

  fork(height: number, branch: string, count: number, time?: number): RegtestChain {
    const below = new RegtestChain(branch, this.blocks.slice(0, height + 1), this.intervalMs, this.#outputs);
    return below.mine(count, time);
  }
}

const prefixes = new Map<number, { readonly blocks: readonly RegtestBlock[]; readonly outputs: Outputs }>();

/** Block 0 and those whose rewards may be spent at once above them: the slow part of a run, so it is made once a time. */
function prefixBefore(time: number) {
  const minute = Math.floor(time / 60_000);
  const known = prefixes.get(minute);
  if (known) return known;
  const outputs: Outputs = new Map();
  const genesis = genesisBlock();
  const blocks: RegtestBlock[] = [{ ...decode(genesis, 0, outputs), parsed: genesis, payment: undefined }];
  const first = (minute - PREFIX_BLOCKS - 1) * 60_000;
  for (let i = 0; i < PREFIX_BLOCKS; i++) blocks.push(mineUpon(blocks, "main", first + i * 60_000, outputs));
  const prefix = { blocks, outputs };
  prefixes.set(minute, prefix);
  return prefix;
}

/** A block with a payment of a reward, one that spends what that made, and one that spends what the block before made. */
function mineUpon(below: readonly RegtestBlock[], branch: string, time: number, outputs: Outputs): RegtestBlock {
  const parent = below.at(-1) as RegtestBlock;
  const height = below.length;
  const transactions = below.length > MATURITY_BLOCKS ? pay(below, branch, height) : [];
  const times = below.slice(-11).map(({ ref }) => ref.time / 1000);
  const median = times.sort((a, b) => a - b)[times.length >> 1] as number;
  const parsed = assembleBlock({
    parentHash: parent.ref.hash,
    height,
    time: Math.max(median + 1, Math.floor(time / 1000)),
    script: MINER.script,
    reward: subsidyAt(height) + FEE * BigInt(transactions.length),
    transactions,
    tag: branch,
  });
  return { ...decode(parsed, height, outputs), parsed, payment: transactions[0] };
}

function pay(below: readonly RegtestBlock[], branch: string, height: number): ParsedTransaction[] {
  const [reward] = (below[height - MATURITY_BLOCKS] as RegtestBlock).parsed.transactions;
  const { id, transaction } = reward as ParsedTransaction;
  const amount = transaction.outs[0]?.value as bigint;
  // Branches pay others.
  const to = (i: number) => PAID[(height + branch.length + i) % PAID.length] as (typeof PAID)[number];
  const share = amount / 3n;
  const payment = signTransaction(
    [{ id, position: 0, amount, owner: MINER }],
    [
      { script: to(0).script, amount: share },
      { script: to(1).script, amount: share },
      { script: to(2).script, amount: amount - 2n * share - FEE },
    ],
  );
  const chained = signTransaction(
    [{ id: payment.getId(), position: 0, amount: share, owner: to(0) }],
    [{ script: to(3).script, amount: share - FEE }],
  );
  const former = below.at(-1)?.payment;
  const output = former?.transaction.outs[1];
  const owner = PAID.find(({ script }) => output && Buffer.compare(script, output.script) === 0);
  if (!former || !output || !owner) return [payment, chained].map(describeTransaction);
  const spending = signTransaction(
    [{ id: former.id, position: 1, amount: output.value, owner }],
    [{ script: to(4).script, amount: output.value - FEE }],
  );
  return [payment, chained, spending].map(describeTransaction);
}

let opened: Chain | undefined;

/** The ledger of a block, with the outputs that blocks before it made. */
function decode({ hex }: ParsedBlock, height: number, outputs: Outputs): LedgerBlock {
  opened ??= plugin.open({
    id: BITCOIN_REGTEST.chain,
    plugin: "bitcoin",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 5, maxSeconds: 20 },
    nodes: [],
    options: {},
  });
  const bytes = Buffer.from(hex, "hex");
  const raw: RawBlock = { asked: { height }, profile: "bitcoin/1", node: "honest", parts: { bytes } };
  const { spends, makes } = opened.listOutputs?.(raw) ?? { spends: [], makes: [] };
  const block = opened.decode(
    raw,
    spends.map((id) => outputs.get(id) as Output),
  );
  for (const output of makes) outputs.set(output.id, output);
  return block;
}
