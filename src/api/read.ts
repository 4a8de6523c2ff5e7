import { type AtHandOrLater, goOn } from "../core/at-hand.ts";
import { type Agreement, type ChainService, type ChainStatus, finalityAt } from "../core/contracts/service.ts";
import type { LedgerView, Position } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BlockRef } from "../core/model.ts";
import { assertAgreement, assertFresh, assertNotOlder } from "./freshness.ts";
import { findStanding, pinToFinality, type ReadOptions } from "./query.ts";
import { renderAgreement } from "./render.ts";
import { formatTime } from "./render-block.ts";
import type { AsOf } from "./schemas/blocks.ts";
import { Turn } from "./turn.ts";

/** One chain's view with its position: both stand on the same commit. Whoever opens it disposes it. */
export class OpenView implements Disposable {
  readonly service: ChainService;
  readonly view: LedgerView;
  readonly position: Position;
  readonly #turn: Turn;

  /**
   * @param turn whose judgements of the chain this read shares; absent: it makes its own
   * @throws HeadwaterError `not-ready` while nothing is indexed
   */
  constructor(service: ChainService, turn = new Turn()) {
    const view = service.view();
    const position = view?.position;
    if (view === undefined || position === undefined) {
      view?.[Symbol.dispose]();
      const { state, reason } = service.status();
      throw new HeadwaterError("not-ready", `nothing of ${service.id} is indexed yet: ${reason ?? state}`, {
        details: { chain: service.id, state },
      });
    }
    this.service = service;
    this.view = view;
    this.position = position;
    this.#turn = turn;
  }

  status(): ChainStatus {
    return this.#turn.statusOf(this.service);
  }

  agreementOf(ref: BlockRef): Agreement {
    return this.#turn.agreementOf(this.service, ref);
  }

  [Symbol.dispose](): void {
    this.view[Symbol.dispose]();
  }
}

/** The block that a read stands on, and who stands behind it. At a skipped height that is the nearest block below. */
export type Pin = { readonly ref: BlockRef; readonly agreement: Agreement };

/** A block that the page before stood on. */
export type EarlierPin = { readonly height: number; readonly hash: string };

/**
 * Chooses the read's block and holds it against what the caller asked for.
 * @param earlier the page before stood on this block: this page does too, whatever `finality` says now
 * @throws HeadwaterError `block-not-yet`, `block-not-covered`, `block-unknown`, `invalid-request`, `invalid-cursor`,
 *   `behind-token`, `finality-conflict`, `stale`, `agreement-insufficient`
 */
export function pinRead(open: OpenView, options: ReadOptions, earlier?: EarlierPin): AtHandOrLater<Pin> {
  const { service, position } = open;
  const named = earlier?.hash ?? options.at;
  return goOn(
    named === undefined ? pinToFinality(service, position, options.finality) : findNamed(open, options, named, earlier),
    (ref) => {
      assertNotOlder(service, ref, options, named !== undefined);
      assertFresh(open, ref, options, named === undefined && options.finality !== "finalized");
      const agreement = open.agreementOf(ref);
      assertAgreement(service, ref, agreement, options);
      return { ref, agreement };
    },
  );
}

async function findNamed(
  open: OpenView,
  { at }: ReadOptions,
  named: string,
  earlier: EarlierPin | undefined,
): Promise<BlockRef> {
  const ref = await findStanding(open.service, open.view, open.position, named);
  if (earlier && at !== undefined) await assertSameBlock(open, at, ref);
  return ref;
}

async function assertSameBlock({ service, view, position }: OpenView, at: string, ref: BlockRef): Promise<void> {
  const asked = await findStanding(service, view, position, at);
  if (asked.hash === ref.hash) return;
  throw new HeadwaterError("invalid-cursor", `the cursor's pages stand on block ${ref.height}, not on at=${at}`, {
    details: { field: "cursor", height: ref.height },
  });
}

// Almost every read stands on the newest block, whose ref is one object until the next commit.
const times = new WeakMap<BlockRef, string>();

function timeOf(ref: BlockRef): string {
  let time = times.get(ref);
  if (time === undefined) {
    time = formatTime(ref.time);
    times.set(ref, time);
  }
  return time;
}

/** How old a block is in whole seconds. `now` in milliseconds since the Unix epoch. */
export function ageOf(ref: BlockRef, now: number): number {
  return Math.max(0, Math.floor((now - ref.time) / 1000));
}

/** What an answer says of the block it stands on. `now` in milliseconds since the Unix epoch. */
export function buildAsOf({ service, position }: OpenView, { ref, agreement }: Pin, now: number): AsOf {
  return {
    chain: service.id,
    height: ref.height,
    hash: ref.hash,
    time: timeOf(ref),
    finality: finalityAt(ref.height, position),
    agreement: renderAgreement(agreement),
    ageSeconds: ageOf(ref, now),
  };
}
