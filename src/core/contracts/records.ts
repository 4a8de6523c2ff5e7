import type { ChainId } from "../caip.ts";
import type { Account, Asset, BlockRef } from "../model.ts";

/** Who said something: one node, by its operator and region. */
export type Voice = { readonly node: string; readonly operator: string; readonly region: string };

/** Who said what contradicts the rest, and who stood against it at that moment. */
type Dispute = {
  /** When it was found, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly said: readonly Voice[];
  readonly against: readonly Voice[];
};

/**
 * Two headers that cannot both be of the chain.
 * - `equivocation`: one operator told two blocks of one height within its own branch.
 * - `minority-branch`: a node stands on a branch that a quorum contradicts.
 * - `finality-violation`: a node's own finalized block went back or changed; `ours` is the one that it told before.
 * - `final-conflict`: nodes call final what contradicts our finalized block.
 */
export type HeaderEvidence = Dispute & {
  readonly kind: "equivocation" | "minority-branch" | "finality-violation" | "final-conflict";
  readonly theirs: BlockRef;
  /** Null where nothing of that height is known here. */
  readonly ours: BlockRef | null;
};

/** Operators told different balances after the same block. */
export type BalanceEvidence = Dispute & {
  readonly kind: "balance-dissent";
  readonly block: BlockRef;
  readonly account: Account;
  readonly asset: Asset;
  readonly theirs: bigint;
  readonly ours: bigint;
};

/**
 * Operators gave different content of a block whose hash does not follow from it. `theirs` and `ours` are what `hashContent`
 * gives, as hexadecimal digits; `block` is the ref that enough operators gave.
 */
export type ContentEvidence = Dispute & {
  readonly kind: "content-conflict";
  readonly block: BlockRef;
  readonly theirs: string;
  readonly ours: string;
};

/** A node served bytes that contradict themselves or what was asked. */
export type IntegrityEvidence = Dispute & {
  readonly kind: "integrity-violation";
  readonly height: number;
  /** The error's message: which field, expected, actual. */
  readonly message: string;
};

export type Evidence = HeaderEvidence | BalanceEvidence | ContentEvidence | IntegrityEvidence;

export const EVIDENCE_KINDS = [
  "equivocation",
  "minority-branch",
  "finality-violation",
  "final-conflict",
  "balance-dissent",
  "content-conflict",
  "integrity-violation",
] as const satisfies readonly Evidence["kind"][];

/** How much of each kind is kept. */
export type EvidenceCounts = Readonly<Record<Evidence["kind"], number>>;

/** `sequence` counts the evidence of one chain from 1, without gaps but for what was dropped as oldest. */
export type StoredEvidence = Evidence & { readonly sequence: number };

/** An operator's word that a node is not to be used. Survives a restart. */
export type Cordon = {
  readonly node: string;
  /** Since when, milliseconds since the Unix epoch. */
  readonly since: number;
  /** Why, in the operator's words. */
  readonly reason: string;
};

/** Why a chain takes no more blocks until an operator has resolved it. Survives a restart. */
export type ConflictRecord = {
  /** Since when, milliseconds since the Unix epoch. */
  readonly since: number;
  readonly message: string;
  readonly evidence: HeaderEvidence;
};

/**
 * What is kept beside the ledger and its journal: facts about nodes, not about the chain. Never part of the digest.
 * Chains need not be open, nor known to the store. Every write is durable when its promise resolves. Messages and reasons
 * are kept up to `LIMITS.recordTextCharacters`. Errors: `store-failure`, `store-closed`, `store-corrupt` for a stored
 * row that cannot be read, which it names.
 */
export interface OperationRecords {
  /** Keeps the newest `LIMITS.evidenceEntries` of the chain. */
  addEvidence(chain: ChainId, evidence: Evidence): Promise<StoredEvidence>;
  /** Newest first, at most `limit`, with a sequence below `before` where given. */
  evidence(chain: ChainId, limit: number, before?: number): Promise<readonly StoredEvidence[]>;
  /** What cannot be read is not counted. */
  evidenceCounts(chain: ChainId): Promise<EvidenceCounts>;
  /** One a node, in a fixed order by node. */
  cordons(chain: ChainId): Promise<readonly Cordon[]>;
  /** Replaces the cordon that the node had. */
  cordon(chain: ChainId, cordon: Cordon): Promise<void>;
  /** No error where the node was not cordoned. */
  uncordon(chain: ChainId, node: string): Promise<void>;
  conflict(chain: ChainId): Promise<ConflictRecord | undefined>;
  /** Undefined: the conflict is resolved. */
  setConflict(chain: ChainId, conflict: ConflictRecord | undefined): Promise<void>;
}
