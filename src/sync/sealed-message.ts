import type { SealedBlock } from "../core/ledger/seal.ts";
import {
  type BlockRef,
  type LedgerTransaction,
  MOVEMENT_KINDS,
  type Movement,
  type MovementKind,
  type Observation,
} from "../core/model.ts";

/**
 * A sealed block as it crosses from a decode thread. Cloning movements one by one cost more than decoding them, because
 * every account and asset was copied as a text again and again; here each text stands once and the rest are columns.
 */
export type SealedMessage = {
  readonly ref: BlockRef;
  readonly observations: readonly Observation[];
  readonly ledgerHash: Uint8Array;
  /** The canonical bytes of all transactions, one after the other, and where each ends. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: readonly number[];
  /** Accounts and assets, to which the columns refer. */
  readonly texts: readonly string[];
  readonly ids: readonly string[];
  readonly failed: readonly boolean[];
  readonly fees: readonly (readonly [payer: number, asset: number, amount: bigint] | null)[];
  /** How many movements each transaction has. */
  readonly counts: readonly number[];
  /** For each movement: account, asset, kind. */
  readonly places: Uint32Array<ArrayBuffer>;
  readonly deltas: readonly bigint[];
};

const kindCodes = new Map<MovementKind, number>(MOVEMENT_KINDS.map((kind, code) => [kind, code]));

class Texts {
  readonly list: string[] = [];
  readonly #places = new Map<string, number>();

  place(text: string): number {
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.list.length;
      this.list.push(text);
      this.#places.set(text, place);
    }
    return place;
  }
}

/** The message and the buffers that may be handed over with it. */
export function packSealed(sealed: SealedBlock): { message: SealedMessage; transfer: ArrayBuffer[] } {
  const { transactions } = sealed;
  const texts = new Texts();
  const counts = transactions.map(({ movements }) => movements.length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const places = new Uint32Array(3 * total);
  const deltas: bigint[] = [];
  for (const { movements } of transactions) {
    for (const { account, asset, kind, delta } of movements) {
      places.set([texts.place(account), texts.place(asset), kindCodes.get(kind) as number], 3 * deltas.length);
      deltas.push(delta);
    }
  }
  const { bytes, ends } = joinBytes(sealed.encoded);
  const message: SealedMessage = {
    ref: sealed.ref,
    observations: sealed.observations,
    ledgerHash: Uint8Array.from(sealed.ledgerHash),
    bytes,
    ends,
    ids: transactions.map(({ id }) => id),
    failed: transactions.map(({ status }) => status === "failed"),
    fees: transactions.map(({ fee }) => fee && [texts.place(fee.payer), texts.place(fee.asset), fee.amount]),
    texts: texts.list,
    counts,
    places,
    deltas,
  };
  return { message, transfer: [bytes.buffer, places.buffer] };
}

function joinBytes(parts: readonly Uint8Array[]): { bytes: Uint8Array<ArrayBuffer>; ends: number[] } {
  const ends: number[] = [];
  let size = 0;
  for (const part of parts) {
    size += part.length;
    ends.push(size);
  }
  const bytes = new Uint8Array(size);
  for (const [i, part] of parts.entries()) bytes.set(part, (ends[i] as number) - part.length);
  return { bytes, ends };
}

export function unpackSealed(message: SealedMessage): SealedBlock {
  const { texts, places, deltas, ends } = message;
  const bytes = Buffer.from(message.bytes.buffer);
  let at = 0;
  const transactions = message.ids.map((id, index): LedgerTransaction => {
    const movements: Movement[] = [];
    for (const end = at + (message.counts[index] as number); at < end; at++) {
      movements.push({
        account: texts[places[3 * at] as number] as string,
        asset: texts[places[3 * at + 1] as number] as string,
        delta: deltas[at] as bigint,
        kind: MOVEMENT_KINDS[places[3 * at + 2] as number] as MovementKind,
      });
    }
    const fee = message.fees[index];
    return {
      id,
      index,
      status: message.failed[index] ? "failed" : "success",
      fee: fee ? { payer: texts[fee[0]] as string, asset: texts[fee[1]] as string, amount: fee[2] } : null,
      movements,
    };
  });
  return {
    ref: message.ref,
    transactions,
    encoded: ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end)),
    observations: message.observations,
    ledgerHash: message.ledgerHash,
  };
}
