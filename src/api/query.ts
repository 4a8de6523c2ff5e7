import type { ChainId } from "../core/caip.ts";
import { quote } from "../core/caip.ts";
import type { ChainService } from "../core/contracts/service.ts";
import type { LedgerView, Position, StoredBlock } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BlockRef, Finality } from "../core/model.ts";
import type { FreshnessQuery, PinQuery } from "./schemas/requests.ts";
import { findBeside, skippedHeight } from "./skipped.ts";
import { decodeToken, type TokenPlace } from "./token.ts";

/** What a caller asks of the block that the answer stands on. */
export type ReadOptions = {
  /** A height or a hash, as the caller wrote it. */
  readonly at: string | undefined;
  readonly finality: Finality;
  readonly notOlderThan: ReadonlyMap<ChainId, TokenPlace> | undefined;
  readonly allowStale: boolean;
  readonly minOperators: number;
};

/** @throws HeadwaterError `invalid-request`, `invalid-token` */
export function parseReadOptions(query: FreshnessQuery & PinQuery): ReadOptions {
  if (query.at !== undefined && query.finality !== undefined) {
    throw new HeadwaterError("invalid-request", "at and finality both name a block: expected one of them", {
      details: { field: "finality" },
    });
  }
  return {
    at: query.at,
    finality: query.finality ?? "latest",
    notOlderThan: query.notOlderThan === undefined ? undefined : decodeToken(query.notOlderThan),
    allowStale: query.allowStale ?? false,
    minOperators: query.minOperators ?? 0,
  };
}

/**
 * The newest indexed block that is at least so final.
 * @throws HeadwaterError `block-not-yet` while there is none
 */
export function pinToFinality(service: ChainService, position: Position, finality: Finality): BlockRef {
  if (finality === "latest") return position.tip;
  const mark = finality === "safe" ? (position.safe ?? position.finalized) : position.finalized;
  if (mark === null || (service.startHeight !== undefined && mark.height < service.startHeight)) {
    throw new HeadwaterError("block-not-yet", `no indexed block of ${service.id} is ${finality} yet`, {
      details: { chain: service.id, finality, indexedHeight: position.tip.height },
    });
  }
  return mark;
}

/**
 * The indexed block at a height or with a hash.
 * @throws HeadwaterError `block-not-yet`, `block-not-covered`, `block-skipped`, `block-unknown`, `invalid-request`
 */
export async function findBlock(
  service: ChainService,
  view: LedgerView,
  position: Position,
  text: string,
): Promise<StoredBlock> {
  const found = await lookUp(service, view, position, text);
  if (typeof found !== "number") return found;
  throw skippedHeight(service, found, await findBeside(service, view, found));
}

/**
 * The block after which the ledger stands at a height, which is the nearest below where the chain skips the height, or the
 * block with a hash.
 * @throws HeadwaterError `block-not-yet`, `block-not-covered`, `block-unknown`, `invalid-request`
 */
export async function findStanding(
  service: ChainService,
  view: LedgerView,
  position: Position,
  text: string,
): Promise<BlockRef> {
  const found = await lookUp(service, view, position, text);
  if (typeof found !== "number") return found.ref;
  const { below, above } = await findBeside(service, view, found);
  if (below) return below;
  throw new HeadwaterError("block-not-covered", `the first indexed block of ${service.id} is ${above.height}`, {
    details: { chain: service.id, block: text, startHeight: above.height },
  });
}

/** The block that a text names, or the height that it names where the chain has none there. */
async function lookUp(
  service: ChainService,
  view: LedgerView,
  position: Position,
  text: string,
): Promise<StoredBlock | number> {
  const height = parseHeight(text);
  const hash = height === undefined ? service.chain.parseHash(text) : undefined;
  if (height !== undefined) assertIndexed(service, position, height, text);
  else if (hash === undefined) {
    throw new HeadwaterError(
      "invalid-request",
      `${quote(text)} is neither a height nor a block hash of ${service.id}`,
      {
        details: { field: "block" },
      },
    );
  }
  const block = await view.block(height ?? (hash as string));
  if (block) return block;
  if (height !== undefined) return height;
  throw new HeadwaterError(
    "block-unknown",
    `${service.id} has no block ${quote(text)} as indexed: it may have been orphaned`,
    {
      details: { chain: service.id, block: text },
    },
  );
}

/** @throws HeadwaterError `block-not-yet`, `block-not-covered` */
export function assertIndexed(service: ChainService, position: Position, height: number, text = String(height)): void {
  const indexedHeight = position.tip.height;
  if (height > indexedHeight) {
    throw new HeadwaterError(
      "block-not-yet",
      `${service.id} is indexed up to ${indexedHeight}: block ${text} is not yet`,
      {
        details: { chain: service.id, block: text, indexedHeight },
      },
    );
  }
  const { startHeight } = service;
  if (startHeight !== undefined && height < startHeight) {
    throw new HeadwaterError(
      "block-not-covered",
      `${service.id} is indexed from ${startHeight}: block ${text} is before`,
      {
        details: { chain: service.id, block: text, startHeight },
      },
    );
  }
}

/** A height in decimal digits, or undefined: a hash may be all digits too, but is longer. */
export function parseHeight(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const height = Number(text);
  return Number.isSafeInteger(height) ? height : undefined;
}
