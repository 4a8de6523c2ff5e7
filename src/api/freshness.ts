import type { Agreement, ChainService, ChainStatus } from "../core/contracts/service.ts";
import type { Position } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BlockRef } from "../core/model.ts";
import type { ReadOptions } from "./query.ts";

/**
 * Whether the answer would be at least as new as the caller's token demands.
 * @param named the caller named the block itself, so that waiting would not help
 * @throws HeadwaterError `behind-token`, or `invalid-request` when the named block is older than the token
 */
export function assertNotOlder(service: ChainService, ref: BlockRef, options: ReadOptions, named: boolean): void {
  const place = options.notOlderThan?.get(service.id);
  if (place === undefined || ref.height >= place.height) return;
  const details = {
    chain: service.id,
    height: ref.height,
    tokenHeight: place.height,
    tokenHash: place.hashEnd.slice(0, 80),
  };
  const where = `block ${ref.height} of ${service.id} is older than the token's ${place.height}`;
  if (named) throw new HeadwaterError("invalid-request", `${where}: expected a newer block, or no token`, { details });
  throw new HeadwaterError("behind-token", where, { details });
}

/** A chain as a read sees it. */
export type Judged = { readonly service: ChainService; readonly position: Position; status(): ChainStatus };

/**
 * Whether a read may be answered now. While nodes contradict what was final, only what was final is. A read that moves
 * with the chain (`latest`, `safe`) is refused while the index is behind its budget or nothing is known of the chain;
 * one that names its block, or asks for what is final, says the same whenever it is asked.
 * @throws HeadwaterError `finality-conflict`, `stale`
 */
export function assertFresh(
  judged: Judged,
  ref: BlockRef,
  options: Pick<ReadOptions, "allowStale">,
  moving: boolean,
): void {
  if (options.allowStale) return;
  const { service, position } = judged;
  const status = judged.status();
  if (status.state === "conflict" && !(position.finalized && ref.height <= position.finalized.height)) {
    throw new HeadwaterError(
      "finality-conflict",
      `nodes of ${service.id} contradict what was final: only blocks up to the finalized one are answered`,
      { details: { chain: service.id, finalizedHeight: position.finalized?.height ?? null } },
    );
  }
  if (moving) assertNotStale(service, status);
}

/** @throws HeadwaterError `stale` */
export function assertNotStale(service: ChainService, status = service.status()): void {
  const { state, lagSeconds, reason } = status;
  if (lagSeconds <= service.lagMaxSeconds && state !== "stalled" && state !== "unknown") return;
  const why = lagSeconds > service.lagMaxSeconds ? `${lagSeconds} s behind` : `${state}: ${reason ?? "no measurement"}`;
  throw new HeadwaterError("stale", `${service.id} is ${why}; allowStale=true answers all the same`, {
    details: { chain: service.id, state, lagSeconds, lagMaxSeconds: service.lagMaxSeconds },
  });
}

/** @throws HeadwaterError `agreement-insufficient` */
export function assertAgreement(
  service: ChainService,
  ref: BlockRef,
  agreement: Agreement,
  options: Pick<ReadOptions, "minOperators">,
): void {
  if (agreement.operators >= options.minOperators) return;
  throw new HeadwaterError(
    "agreement-insufficient",
    `${agreement.operators} operators stand behind block ${ref.height} of ${service.id}, asked for ${options.minOperators}`,
    {
      details: {
        chain: service.id,
        height: ref.height,
        operators: agreement.operators,
        minOperators: options.minOperators,
      },
    },
  );
}
