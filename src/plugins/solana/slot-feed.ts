import type { CallOptions, NodeTransport } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { listen } from "../json-rpc/subscription.ts";
import { classifyRpcError } from "./rpc-errors.ts";

type FetchTip = (options: CallOptions) => Promise<BlockRef>;

/**
 * Subscribes to the slots that the node runs (`slotSubscribe`) and, at every one, asks it for its newest block, which is given to
 * `onTip` when it is another. A slot is told before its block is confirmed: what the node has then is a slot or two older. While
 * it is being asked, more slots ask once more, not as often as they came.
 *
 * That a block cannot be asked for now does not end the feed: the next slot asks again.
 *
 * Resolves when the signal aborts, after `slotUnsubscribe` was sent.
 * @throws as `listen` does, and what `onTip` throws
 */
export async function watchSlots(
  openFeed: NonNullable<NodeTransport["openFeed"]>,
  fetchTip: FetchTip,
  node: string,
  onTip: (tip: BlockRef) => void,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const asker = new TipAsker(fetchTip, onTip, ended);
  const subscription = {
    node,
    subscribe: { method: "slotSubscribe", params: [] },
    unsubscribe: "slotUnsubscribe",
    notification: "slotNotification",
    classify: classifyRpcError,
  };
  try {
    await listen(openFeed, subscription, () => asker.ask(), AbortSignal.any([signal, ended.signal]));
  } finally {
    ended.abort();
  }
  if (asker.failure !== undefined) throw asker.failure.error;
}

/** Asks for the tip again and again, as long as there is a reason to, one question at a time. */
class TipAsker {
  failure: { readonly error: unknown } | undefined;
  readonly #fetchTip: FetchTip;
  readonly #onTip: (tip: BlockRef) => void;
  readonly #ended: AbortController;
  #isAsking = false;
  #isDue = false;
  #told: string | undefined;

  constructor(fetchTip: FetchTip, onTip: (tip: BlockRef) => void, ended: AbortController) {
    this.#fetchTip = fetchTip;
    this.#onTip = onTip;
    this.#ended = ended;
  }

  ask(): void {
    this.#isDue = true;
    if (!this.#isAsking) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isAsking = true;
    try {
      while (this.#isDue && !this.#ended.signal.aborted) {
        this.#isDue = false;
        const tip = await this.#fetch();
        if (!tip || tip.hash === this.#told || this.#ended.signal.aborted) continue;
        this.#told = tip.hash;
        this.#onTip(tip);
      }
    } catch (error) {
      this.failure = { error };
      this.#ended.abort();
    } finally {
      this.#isAsking = false;
    }
  }

  async #fetch(): Promise<BlockRef | undefined> {
    try {
      return await this.#fetchTip({ signal: this.#ended.signal, work: "tip" });
    } catch (error) {
      if (this.#ended.signal.aborted || error instanceof HeadwaterError) return undefined;
      throw error;
    }
  }
}
