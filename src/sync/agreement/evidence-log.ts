import type { Logger } from "../../core/contracts/logger.ts";
import type {
  BalanceEvidence,
  ContentEvidence,
  Evidence,
  HeaderEvidence,
  IntegrityEvidence,
  OperationRecords,
} from "../../core/contracts/records.ts";
import { errorToData } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";

/** Keeps what nodes did wrong, in the store and in the log: each finding once, for as long as it is remembered. */
export class EvidenceLog {
  readonly #chainId: string;
  readonly #records: OperationRecords;
  readonly #logger: Logger;
  readonly #known = new Set<string>();
  readonly #writing = new Set<Promise<void>>();

  constructor(chainId: string, records: OperationRecords, logger: Logger) {
    this.#chainId = chainId;
    this.#records = records;
    this.#logger = logger;
  }

  /** Keeps a contradiction of headers, unless the same nodes were found with the same block before. Does not wait for the disk. */
  add(evidence: HeaderEvidence, message: string): void {
    const { kind, said, theirs } = evidence;
    const key = [kind, theirs.hash, ...said.map(({ node }) => node).sort()].join(" ");
    if (this.#isNew(key)) this.#keep(evidence, message);
  }

  /** Keeps that a node served a block that contradicts itself, once for each height. Does not wait for the disk. */
  addViolation(evidence: IntegrityEvidence): void {
    const [voice] = evidence.said;
    if (this.#isNew(`${evidence.kind} ${voice?.node} ${evidence.height}`)) this.#keep(evidence, evidence.message);
  }

  /**
   * Keeps that nodes told another balance than enough operators did, once for these nodes and the asset: a node that lies
   * of one account lies of many. Does not wait for the disk.
   */
  addDissent(evidence: BalanceEvidence): void {
    const { kind, said, asset, account, theirs, ours, block } = evidence;
    const names = said.map(({ node }) => node).sort();
    if (!this.#isNew([kind, asset, ...names].join(" "))) return;
    const where = `${account} in ${asset} after block ${block.height}`;
    this.#keep(
      evidence,
      `${names.join(", ")} told ${theirs} as the balance of ${where}, enough operators told ${ours}`,
    );
  }

  /** Keeps that nodes gave other content of a block than enough operators did, once for each height. Does not wait for the disk. */
  addContent(evidence: ContentEvidence): void {
    const { kind, said, block, theirs, ours } = evidence;
    const names = said.map(({ node }) => node).sort();
    if (!this.#isNew([kind, block.height, ...names].join(" "))) return;
    const where = `block ${block.height} ${block.hash}`;
    this.#keep(evidence, `${names.join(", ")} gave ${where} with content ${theirs}, enough operators with ${ours}`);
  }

  #isNew(key: string): boolean {
    if (this.#known.has(key)) return false;
    const [oldest] = this.#known;
    if (this.#known.size >= LIMITS.evidenceKeys && oldest !== undefined) this.#known.delete(oldest);
    this.#known.add(key);
    return true;
  }

  #keep(evidence: Evidence, message: string): void {
    const fields = { chain: this.#chainId, kind: evidence.kind, nodes: evidence.said.map(({ node }) => node) };
    this.#logger.warn(fields, message);
    const written = this.#records.addEvidence(this.#chainId, evidence).then(
      () => {},
      (error: unknown) => this.#logger.error({ ...fields, error: errorToData(error) }, "evidence could not be kept"),
    );
    this.#writing.add(written);
    void written.finally(() => this.#writing.delete(written));
  }

  /** Resolves when what was added is on disk, or has failed to get there. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }
}
