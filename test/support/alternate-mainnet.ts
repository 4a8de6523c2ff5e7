import { sha256d } from "../../src/plugins/bitcoin/codec/hashing.ts";
import { encodeHeight } from "../../src/plugins/bitcoin/verify/coinbase.ts";
import { buildCoinbase } from "./bitcoin-builder.ts";
import { readBitcoinFixture } from "./bitcoin-fixtures.ts";

/** Pays to the key that all coinbases of the chain pay to. */
const ALTERNATE_MINER = "76a914eadbac7f36c37e39361168b7aaee3cb24a25312d88ac";

/**
 * Blocks 1 to 2,016 of a chain on Bitcoin's genesis block that Bitcoin Core tests with. Only times and nonces are recorded;
 * the work holds for these very bytes alone.
 */
export function buildAlternateBlocks(): Buffer[] {
  const { timestamps, nonces } = readBitcoinFixture<{ timestamps: number[]; nonces: number[] }>(
    "bitcoin__bitcoin/mainnet_alt.json",
  );
  let parent: Uint8Array = Buffer.from(
    "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
    "hex",
  ).reverse();
  return timestamps.map((time, i) => {
    const height = i + 1;
    // A coinbase's script has two bytes at least, which the height alone does not fill at first.
    const script = height <= 16 ? `${encodeHeight(height).toString("hex")}00` : encodeHeight(height).toString("hex");
    const coinbase = buildCoinbase([{ amount: 5_000_000_000n, script: ALTERNATE_MINER }], script);
    coinbase.writeInt32LE(2, 0);
    const header = Buffer.alloc(80);
    header.writeInt32LE(0x2000_0000, 0);
    header.set(parent, 4);
    header.set(sha256d(coinbase), 36);
    header.writeUInt32LE(time, 68);
    header.writeUInt32LE(height < 2016 ? 0x1d00ffff : 0x1c3fffc0, 72);
    header.writeUInt32LE(nonces[i] as number, 76);
    parent = sha256d(header);
    return Buffer.concat([header, Buffer.of(1), coinbase]);
  });
}
