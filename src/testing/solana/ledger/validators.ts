import { VOTE } from "../programs/programs.ts";
import { createAccount } from "../programs/system.ts";
import { initializeVoteAccount, towerSync, VOTE_ACCOUNT_BYTES } from "../programs/vote.ts";
import { keyBytes } from "../wire/base58.ts";
import { Keypair } from "../wire/keypair.ts";
import { type SignedTransaction, signTransaction } from "../wire/message.ts";
import type { Bank, Tower } from "./bank.ts";
import { castVote } from "./tower.ts";

/** Slots in a row of which one validator is the leader. */
const LEADER_SLOTS = 4;

export type Validator = { readonly identity: Keypair; readonly vote: Keypair };

/** Those who take turns in making blocks, and vote on them. */
export class Validators {
  readonly all: readonly Validator[];

  constructor(seed: string, count: number) {
    this.all = Array.from({ length: count }, (_, i) => ({
      identity: Keypair.named(`${seed} validator ${i}`),
      vote: Keypair.named(`${seed} vote account ${i}`),
    }));
  }

  leaderAt(slot: number): string {
    const turn = Math.floor(slot / LEADER_SLOTS) % this.all.length;
    return (this.all[turn] as Validator).identity.address;
  }

  /** Opens the vote accounts. */
  setUp(blockhash: string, rent: bigint): SignedTransaction[] {
    return this.all.map(({ identity, vote }) =>
      signTransaction({
        payer: identity,
        signers: [vote],
        instructions: [
          createAccount(identity.address, vote.address, { lamports: rent, sizeBytes: VOTE_ACCOUNT_BYTES, owner: VOTE }),
          initializeVoteAccount(vote.address, identity.address),
        ],
        blockhash,
      }),
    );
  }

  /** All votes for a bank, as its child has them, with what each validator has then voted for. */
  voteFor(bank: Bank): { readonly votes: SignedTransaction[]; readonly towers: ReadonlyMap<string, Tower> } {
    const towers = new Map<string, Tower>();
    const votes = this.all.map(({ identity, vote }) => {
      const tower = castVote(bank.towers.get(identity.address) ?? { root: undefined, lockouts: [] }, bank.slot);
      towers.set(identity.address, tower);
      const ballot = { ...tower, hash: keyBytes(bank.hash), unixTime: bank.time };
      return signTransaction({
        payer: identity,
        instructions: [towerSync(vote.address, identity.address, ballot)],
        blockhash: bank.blockhash,
      });
    });
    return { votes, towers };
  }
}
