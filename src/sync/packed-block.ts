import type { SealedBlock } from "../core/ledger/seal.ts";
import type { Account, Asset, Observation } from "../core/model.ts";

/**
 * A sealed block on its way between threads. Of thousands of transactions and observations each would be written and read
 * as an object of its own, which takes several times as long as the lists that they are here.
 */
export type PackedBlock = Omit<SealedBlock, "encoded" | "observations"> & {
  /** The canonical bytes of all kept transactions, one behind the other, and where each ends. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly observed: {
    readonly accounts: readonly Account[];
    /** One text where all are in the same asset. */
    readonly assets: Asset | readonly Asset[];
    readonly amounts: readonly bigint[];
  };
};

/** Nothing is copied: the bytes are those of the block. */
export function packBlock({ encoded, observations, ...rest }: SealedBlock): PackedBlock {
  const ends = new Uint32Array(encoded.length);
  let end = 0;
  for (let i = 0; i < ends.length; i++) {
    end += (encoded[i] as Uint8Array).length;
    ends[i] = end;
  }
  const first = encoded[0];
  return {
    ...rest,
    bytes: first ? new Uint8Array(first.buffer, first.byteOffset, end) : new Uint8Array(0),
    ends,
    observed: packObservations(observations),
  };
}

export function unpackBlock({ bytes, ends, observed, ...rest }: PackedBlock): SealedBlock {
  const { accounts, assets, amounts } = observed;
  const encoded = new Array<Uint8Array<ArrayBuffer>>(ends.length);
  for (let i = 0; i < ends.length; i++) encoded[i] = bytes.subarray(ends[i - 1] ?? 0, ends[i]);
  const observations = accounts.map((account, i): Observation => {
    const asset = typeof assets === "string" ? assets : (assets[i] as Asset);
    return { account, asset, amount: amounts[i] as bigint };
  });
  return { ...rest, encoded, observations };
}

/** What moves to the other thread with the block. */
export function buffersOf({ bytes, ends, outputs }: PackedBlock): ArrayBuffer[] {
  const buffers = outputs ? [outputs.spends.buffer, outputs.spendEnds.buffer, outputs.makes.buffer] : [];
  return [bytes.buffer, ends.buffer, ...buffers];
}

function packObservations(observations: readonly Observation[]): PackedBlock["observed"] {
  const asset = observations[0]?.asset ?? "";
  const alike = observations.every((each) => each.asset === asset);
  return {
    accounts: observations.map(({ account }) => account),
    assets: alike ? asset : observations.map((each) => each.asset),
    amounts: observations.map(({ amount }) => amount),
  };
}
