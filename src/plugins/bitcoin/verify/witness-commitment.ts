import { hashText, sha256d } from "../codec/hashing.ts";
import { hashWitnesses, hasWitnesses } from "../codec/transaction-ids.ts";
import type { BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { BlockChecks } from "./checks.ts";
import { buildMerkleTree } from "./merkle-root.ts";

/** `OP_RETURN`, a push of 36 bytes, and the commitment's header (BIP141). */
const COMMITMENT = Buffer.from("6a24aa21a9ed", "hex");
const COMMITMENT_BYTES = 38;

/**
 * That the coinbase commits to the witnesses of all transactions, and that there are none without it (BIP141).
 * @throws IntegrityViolation
 */
export function verifyWitnessCommitment(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  const { segwitFrom } = network;
  if (segwitFrom === undefined) return;
  const { bytes, transactions, ids } = block;
  const output = block.ref.height >= segwitFrom ? findCommitment(block) : undefined;
  if (output === undefined) {
    if (hasWitnesses(transactions)) throw checks.violation("witnesses", "none without a commitment", "some");
    if (block.ref.height >= segwitFrom) checks.pass("witnessCommitment");
    return;
  }
  const nonce = readNonce(block, checks);
  const { root } = buildMerkleTree(hashWitnesses(bytes, transactions, ids));
  const actual = sha256d(Buffer.concat([root, nonce]));
  const at = (transactions.scriptStart[output] as number) + COMMITMENT.length;
  checks.require("witnessCommitment", hashText(bytes, at), hashText(actual));
  checks.pass("witnessCommitment");
}

/** The output with the commitment: the last of the coinbase that has its form. */
export function findCommitment({ bytes, transactions }: BitcoinBlock): number | undefined {
  for (let output = (transactions.firstOutput[1] as number) - 1; output >= 0; output--) {
    const start = transactions.scriptStart[output] as number;
    if ((transactions.scriptEnd[output] as number) - start < COMMITMENT_BYTES) continue;
    if (bytes.subarray(start, start + COMMITMENT.length).equals(COMMITMENT)) return output;
  }
  return undefined;
}

/** The coinbase's witness must be one item of 32 bytes. */
function readNonce({ bytes, transactions }: BitcoinBlock, checks: BlockChecks): Buffer {
  const witness = bytes.subarray(transactions.bodyEnd[0], transactions.witnessEnd[0]);
  if (witness.length === 34 && witness[0] === 1 && witness[1] === 32) return witness.subarray(2);
  throw checks.violation("coinbase witness", "one item of 32 bytes", witness.toString("hex") || "none");
}
