/** The size of the Mersenne Twister's state (MT19937), 32-bit words, and how far apart the words are that make a new one. */
const STATE_WORDS = 624;
const DISTANCE = 397;
const MAX_WORD = 0xffff_ffff;

/**
 * The coins of a Dogecoin block from before its rewards were fixed, in whole coins: 2 to `most`, drawn by the Mersenne Twister
 * with seven digits of the parent's hash as its seed. How its numbers are brought into the range is that of the Boost library,
 * whose versions since 2010 agree on it. Source: Dogecoin Core 1.14; blocks of the main chain have these very amounts.
 * @param parentHash 64 hex digits
 * @param most coins, at least 3
 */
export function drawCoins(parentHash: string, most: number): number {
  const state = seedState(Number.parseInt(parentHash.slice(7, 14), 16));
  // A number from 1 to most - 1, each as likely: what does not fill the last bucket is drawn again.
  const numbers = most - 1;
  const bucket = Math.floor(MAX_WORD / numbers) + (MAX_WORD % numbers === numbers - 1 ? 1 : 0);
  for (let i = 0; i + DISTANCE < STATE_WORDS; i++) {
    const drawn = Math.floor(temper(twist(state, i)) / bucket);
    if (drawn < numbers) return drawn + 2;
  }
  // One draw in 4,000 is repeated: so many in a row are not to be had by any hash.
  throw new RangeError(`no number up to ${numbers} is drawn from ${parentHash}`);
}

function seedState(seed: number): Uint32Array {
  const state = new Uint32Array(STATE_WORDS);
  state[0] = seed;
  for (let i = 1; i < STATE_WORDS; i++) {
    const before = state[i - 1] as number;
    state[i] = Math.imul(1_812_433_253, before ^ (before >>> 30)) + i;
  }
  return state;
}

/** The word that takes the place of a word of the first state. */
function twist(state: Uint32Array, i: number): number {
  const joined = ((state[i] as number) & 0x8000_0000) | ((state[i + 1] as number) & 0x7fff_ffff);
  return (state[i + DISTANCE] as number) ^ (joined >>> 1) ^ (joined & 1 ? 0x9908_b0df : 0);
}

function temper(word: number): number {
  let mixed = word ^ (word >>> 11);
  mixed ^= (mixed << 7) & 0x9d2c_5680;
  mixed ^= (mixed << 15) & 0xefc6_0000;
  return (mixed ^ (mixed >>> 18)) >>> 0;
}
