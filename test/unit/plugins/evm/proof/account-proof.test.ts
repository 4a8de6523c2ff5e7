import { encodeRlp, keccak256 } from "ethers";
import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../../src/core/errors.ts";
import { verifyAccountProof } from "../../../../../src/plugins/evm/proof/account-proof.ts";
import { EMPTY_TRIE } from "../../../../../src/plugins/evm/proof/trie-proof.ts";
import { readFixture, readFixtureBytes } from "../../../../support/evm-fixtures.ts";
import { decodeBlock, splitRlp } from "../../../../support/evm-rlp.ts";
import { ReferenceTrie } from "../../../../support/evm-trie.ts";

type Answer = {
  address: string;
  balance: string;
  nonce: string;
  codeHash: string;
  storageHash: string;
  accountProof: string[];
  storageProof: { key: string; value: string; proof: string[] }[];
};

const CONTEXT = { node: "acme-eu", where: "node acme-eu, block 7" };

function verify(answer: Answer, stateRoot: string, keys = answer.storageProof.map(({ key }) => padded(key))) {
  // A copy: hex in upper case is folded in place.
  return verifyAccountProof(structuredClone(answer), { address: answer.address, keys }, stateRoot, CONTEXT);
}

function failure(answer: unknown, stateRoot: string, keys: readonly string[], address: string): HeadwaterError {
  try {
    verifyAccountProof(structuredClone(answer), { address, keys }, stateRoot, CONTEXT);
  } catch (error) {
    if (error instanceof HeadwaterError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

function padded(key: string): string {
  return `0x${BigInt(key).toString(16).padStart(64, "0")}`;
}

/** What a recorded answer itself says, beside its proofs. */
function said({ balance, codeHash, storageProof }: Answer) {
  return { balance: BigInt(balance), codeHash, storage: storageProof.map(({ value }) => BigInt(value)) };
}

/** For proofs of blocks that were not recorded: they must at least agree with themselves. */
function ownRoot({ accountProof }: Answer): string {
  return keccak256(accountProof[0] as string);
}

type Provided = { blocks: Record<string, { stateRoot: string }>; proofs: Record<string, Record<string, Answer>> };
const provided = readFixture<Provided>("ethereumjs__ethereumjs-monorepo/eth_getProof_provider_data.json");

describe("a recorded proof", () => {
  const blocks = [
    ...[1_000, 2_000_000, 4_000_000, 14_000_000, 17_000_000].map((height) => ["ethereum", height] as const),
    ...[1_000_000, 10_000_000, 20_000_000].map((height) => ["polygon", height] as const),
  ];
  it.each(blocks)("holds against the header of %s's block %i", (chain, height) => {
    const folder = `coinbase__chainstorage/${chain}`;
    const answer = readFixture<Answer>(`${folder}/account_proof_${height}.json`);
    const { block } = readFixture<{ block: { stateRoot: string } }>(`${folder}/${chain}_${height}.json`);
    expect(verify(answer, block.stateRoot)).toEqual(said(answer));
  });

  const accounts = Object.entries(provided.proofs).flatMap(([account, byHeight]) =>
    Object.entries(byHeight).map(([height, answer]) => [account, height, answer] as const),
  );
  it.each(accounts)("of %s at %s holds", (_account, height, answer) => {
    const stateRoot = provided.blocks[`block${height}`]?.stateRoot ?? ownRoot(answer);
    expect(verify(answer, stateRoot)).toEqual(said(answer));
  });

  it("does not hold against another block's header", () => {
    const answers = provided.proofs["0x580992b51e3925e23280efb93d3047c82f17e038"];
    const answer = answers?.["0x7a11f"] as Answer;
    const other = provided.blocks["block0x7a120"]?.stateRoot as string;
    expect(failure(answer, other, [], answer.address)).toMatchObject({
      code: "integrity-violation",
      details: { field: "accountProof node 0", expected: other, actual: ownRoot(answer) },
    });
  });

  it("shows that an account is not there, also where the node writes zeros for its hashes", () => {
    const { response } = readFixture<{ response: { result: Answer } }>(
      "erigontech__rpc-tests/proof_100019_0x1c89fb.json",
    );
    const answer = response.result;
    expect(answer.codeHash).toBe(`0x${"0".repeat(64)}`);
    expect(verify(answer, ownRoot(answer))).toEqual({ balance: 0n, codeHash: keccak256("0x"), storage: [] });
    const rich = { ...answer, balance: "0x1" };
    expect(failure(rich, ownRoot(answer), [], answer.address)).toMatchObject({ details: { field: "balance" } });
  });

  const folder = "ethereum__execution-apis/tests";
  const head = decodeBlock(splitRlp(readFixtureBytes(`${folder}/chain.rlp`)).at(-1) as string).block;
  it.each(["blockhash", "default-block", "latest", "with-storage"])("of the test chain's head holds: %s", (name) => {
    const lines = readFixtureBytes(`${folder}/eth_getProof/get-account-proof-${name}.io`).toString("utf8").split("\n");
    const { result } = JSON.parse((lines.find((line) => line.startsWith("<<")) as string).slice(3)) as {
      result: Answer;
    };
    expect(verify(result, head["stateRoot"] as string)).toEqual(said(result));
  });
});

describe("a proof that was tampered with", () => {
  const answer = provided.proofs["0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"]?.["0x1"] as Answer;
  const root = ownRoot(answer);
  const keys = answer.storageProof.map(({ key }) => key);
  const [first, second] = answer.storageProof as [Answer["storageProof"][0], Answer["storageProof"][0]];
  const other = provided.proofs["0x0000000000000000000000000000000000000000"]?.["0x1"] as Answer;
  const elsewhere = [...answer.accountProof.slice(0, 1), ...other.accountProof.slice(1)];
  const withFirst = (change: object) => ({ ...answer, storageProof: [{ ...first, ...change }, second] });

  const violations: [string, unknown, string][] = [
    ["another balance", { ...answer, balance: "0x1" }, "balance"],
    ["another nonce", { ...answer, nonce: "0x2" }, "nonce"],
    ["another code", { ...answer, codeHash: keccak256("0x00") }, "codeHash"],
    ["no code", { ...answer, codeHash: `0x${"0".repeat(64)}` }, "codeHash"],
    ["another storage", { ...answer, storageHash: EMPTY_TRIE }, "storageHash"],
    ["another account's proof", { ...answer, accountProof: elsewhere }, "accountProof node 1"],
    ["no proof", { ...answer, accountProof: [] }, "accountProof node 0"],
    ["another value", withFirst({ value: "0x1" }), "storageProof[0] value"],
    ["no value", withFirst({ value: "0x0" }), "storageProof[0] value"],
    ["another key's proof", withFirst({ proof: second.proof }), "storageProof[0] node 1"],
    ["no proof of the value", withFirst({ value: "0x0", proof: [] }), "storageProof[0] node 0"],
    ["half a proof", withFirst({ value: "0x0", proof: first.proof.slice(0, 3) }), "storageProof[0] node 3"],
    ["a node with half a byte", withFirst({ proof: [`${first.proof[0]}0`.slice(0, -2)] }), "storageProof[0] node 0"],
  ];
  it.each(violations)("says %s", (_name, changed, field) => {
    expect(failure(changed, root, keys, answer.address)).toMatchObject({
      code: "integrity-violation",
      details: { field, where: CONTEXT.where },
    });
  });

  const forms: [string, unknown][] = [
    ["nothing", null],
    ["a text", "0x"],
    ["another account", { ...answer, address: other.address }],
    ["no balance", { ...answer, balance: null }],
    ["a balance that is no number", { ...answer, balance: "much" }],
    ["no list of nodes", { ...answer, accountProof: "0x" }],
    ["a node that is no hex", { ...answer, accountProof: ["0xzz"] }],
    ["no storage proofs", { ...answer, storageProof: undefined }],
    ["a storage proof too few", { ...answer, storageProof: [first] }],
    ["the storage proofs in another order", { ...answer, storageProof: [second, first] }],
    ["a storage proof without nodes", withFirst({ proof: undefined })],
  ];
  it.each(forms)("is of the wrong form: %s", (_name, changed) => {
    expect(failure(changed, root, keys, answer.address).code).toBe("node-bad-response");
  });

  it("is as good with short keys, hex in upper case, and no address", () => {
    const { address: _, ...rest } = answer;
    const short = answer.storageProof.map((entry) => ({ ...entry, key: `0x${BigInt(entry.key).toString(16)}` }));
    const upper = { ...rest, storageProof: short, codeHash: `0x${answer.codeHash.slice(2).toUpperCase()}` };
    expect(verifyAccountProof(upper, { address: answer.address, keys }, root, CONTEXT)).toEqual(said(answer));
  });
});

describe("state that no honest chain has", () => {
  const address = `0x${"aa".repeat(20)}`;
  const slot = padded("0x5");
  const code = keccak256("0x");
  const build = (account: unknown, storage = new ReferenceTrie(new Map())) => {
    const trie = new ReferenceTrie(new Map([[keccak256(address), encodeRlp(account as string[])]]));
    const hex = (nodes: Uint8Array[]) => nodes.map((node) => `0x${Buffer.from(node).toString("hex")}`);
    const answer = {
      address,
      balance: "0x9",
      nonce: "0x1",
      codeHash: code,
      storageHash: storage.root,
      accountProof: hex(trie.prove(keccak256(address))),
      storageProof: [{ key: slot, value: "0x7", proof: hex(storage.prove(keccak256(slot))) }],
    };
    return { answer, root: trie.root };
  };
  const storing = (value: string) => new ReferenceTrie(new Map([[keccak256(slot), value]]));

  it("is told apart from a sound one", () => {
    const storage = storing("0x07");
    const { answer, root } = build(["0x01", "0x09", storage.root, code], storage);
    expect(verify(answer, root)).toEqual({ balance: 9n, codeHash: code, storage: [7n] });
  });

  const accounts: [string, unknown][] = [
    ["a zero before the balance", ["0x01", "0x0009", EMPTY_TRIE, code]],
    ["a zero before the nonce", ["0x0001", "0x09", EMPTY_TRIE, code]],
    ["a balance of 33 bytes", ["0x01", `0x${"09".repeat(33)}`, EMPTY_TRIE, code]],
    ["a short root", ["0x01", "0x09", "0x1234", code]],
    ["a code that is a list", ["0x01", "0x09", EMPTY_TRIE, ["0x01"]]],
    ["three fields", ["0x01", "0x09", EMPTY_TRIE]],
    ["five fields", ["0x01", "0x09", EMPTY_TRIE, code, "0x"]],
    ["a text", "0x1234"],
  ];
  it.each(accounts)("has an account with %s", (_name, account) => {
    const { answer, root } = build(account);
    expect(failure(answer, root, [], address)).toMatchObject({ details: { field: "accountProof value" } });
  });

  const values: [string, string][] = [
    ["zeros in front", "0x820007"],
    ["zero", "0x80"],
    ["33 bytes", `0xa1${"11".repeat(33)}`],
    ["a list", "0xc107"],
    ["something behind it", "0x0707"],
  ];
  it.each(values)("stores a number with %s", (_name, value) => {
    const storage = storing(value);
    const { answer, root } = build(["0x01", "0x09", storage.root, code], storage);
    expect(failure(answer, root, [slot], address)).toMatchObject({ details: { field: "storageProof[0] value" } });
  });

  it("proves nothing by the storage of another account", () => {
    const { answer } = build(["0x01", "0x09", EMPTY_TRIE, code], storing("0x07"));
    const { root } = build(["0x01", "0x09", EMPTY_TRIE, code]);
    const honest = { ...answer, storageHash: EMPTY_TRIE };
    expect(failure(honest, root, [slot], address)).toMatchObject({ details: { field: "storageProof[0] nodes" } });
  });
});
