import { type Bank, isAncestor } from "../ledger/bank.ts";
import type { Commitment, NodeView } from "../node-view.ts";
import { type AccountState, isSameAccount } from "../svm/account-state.ts";
import { readerOf } from "./account-methods.ts";
import { answerWith, type RpcAnswer, readCall, refusal, writeJson } from "./answer.ts";
import { RPC_CODES } from "./fault.ts";
import { type Config, readCommitment, readConfig, readKey, readSignature, withContext } from "./params.ts";
import { showAccount } from "./show-account.ts";

/** Blocks that came anew at each commitment, oldest first. */
type News = Readonly<Record<Commitment, readonly Bank[]>>;
type Subscription = { readonly kind: string; readonly tell: (news: News) => void };

const KINDS = ["slot", "root", "signature", "account", "logs"] as const;
type Kind = (typeof KINDS)[number];

/** The subscriptions of one websocket. */
export class Subscriptions {
  readonly #view: NodeView;
  readonly #send: (text: string) => void;
  readonly #open = new Map<number, Subscription>();
  readonly #endWatch: () => void;
  #next = 0;
  #seen: Readonly<Record<Commitment, Bank>>;

  /** @param send takes one message for the caller */
  constructor(view: NodeView, send: (text: string) => void) {
    this.#view = view;
    this.#send = send;
    this.#seen = tipsOf(view);
    this.#endWatch = view.onAdvance(() => this.#advance());
  }

  /** Answers what the caller says. */
  receive(text: string): void {
    const { answer, begun } = this.#answer(text);
    this.#send(writeJson(answer));
    // What is there already is news to who asks for it now.
    begun?.tell({ processed: [], confirmed: [], finalized: [] });
  }

  #answer(text: string): { readonly answer: RpcAnswer; readonly begun?: Subscription | undefined } {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { answer: refusal(null, RPC_CODES.parseError, "Parse error") };
    }
    const call = readCall(value);
    if (!call) return { answer: refusal(null, RPC_CODES.invalidRequest, "Invalid request") };
    const [, name, ends] = /^(\w+?)(Uns|S)ubscribe$/.exec(call.method) ?? [];
    const kind = KINDS.find((known) => known === name);
    if (!kind) return { answer: refusal(call.id, RPC_CODES.methodNotFound, "Method not found") };
    if (ends === "Uns") {
      if (this.#open.delete(Number(call.params[0]))) return { answer: answerWith(call.id, () => true) };
      return { answer: refusal(call.id, RPC_CODES.invalidParams, "Invalid subscription id.") };
    }
    const id = this.#next;
    const answer = answerWith(call.id, () => {
      this.#open.set(id, this.#subscribe(kind, id, call.params));
      this.#next++;
      return id;
    });
    return { answer, begun: this.#open.get(id) };
  }

  close(): void {
    this.#endWatch();
    this.#open.clear();
  }

  #advance(): void {
    const seen = this.#seen;
    const now = tipsOf(this.#view);
    this.#seen = now;
    const news: News = {
      processed: banksBetween(seen.processed, now.processed),
      confirmed: banksBetween(seen.confirmed, now.confirmed),
      finalized: banksBetween(seen.finalized, now.finalized),
    };
    for (const subscription of [...this.#open.values()]) subscription.tell(news);
  }

  #subscribe(kind: Kind, id: number, params: readonly unknown[]): Subscription {
    switch (kind) {
      case "slot":
        return { kind, tell: ({ processed }) => this.#tellSlots(id, processed) };
      case "root":
        return { kind, tell: ({ finalized }) => this.#tellRoots(id, finalized) };
      case "signature":
        return this.#watchSignature(id, readSignature(params[0]), readCommitment(readConfig(params[1])));
      case "account":
        return this.#watchAccount(id, readKey(params[0]), readConfig(params[1]));
      case "logs":
        return this.#watchLogs(id, params[0], readCommitment(readConfig(params[1])));
    }
  }

  #tellSlots(id: number, banks: readonly Bank[]): void {
    const root = this.#view.finalized.slot;
    for (const { slot, parentSlot } of banks) this.#notify("slot", id, { parent: parentSlot, root, slot });
  }

  #tellRoots(id: number, banks: readonly Bank[]): void {
    for (const { slot } of banks) this.#notify("root", id, slot);
  }

  /** Tells once, then it is over. */
  #watchSignature(id: number, signature: string, commitment: Commitment): Subscription {
    const tell = () => {
      const bank = this.#view.bank(commitment);
      const found = this.#view.cluster.ledger.index.find(signature, bank);
      if (!found) return;
      this.#open.delete(id);
      this.#notify("signature", id, withContext(bank, { err: found.transaction.err }));
    };
    return { kind: "signature", tell };
  }

  #watchAccount(id: number, address: string, config: Config): Subscription {
    const commitment = readCommitment(config);
    const read = (bank: Bank) => readerOf(this.#view, bank);
    let last: AccountState | undefined = read(this.#view.bank(commitment))(address);
    const tell = (news: News) => {
      for (const bank of news[commitment]) {
        const state = read(bank)(address);
        if (isSameAccount(state, last)) continue;
        last = state;
        this.#notify("account", id, withContext(bank, showAccount(state ?? NOBODY, config, read(bank), "binary")));
      }
    };
    return { kind: "account", tell };
  }

  #watchLogs(id: number, filter: unknown, commitment: Commitment): Subscription {
    const { mentions } = (typeof filter === "object" ? filter : {}) as { readonly mentions?: readonly string[] };
    const tell = (news: News) => {
      for (const bank of news[commitment]) {
        for (const { wire, err, logs, keys, isVote } of bank.transactions) {
          if (isVote && filter !== "allWithVotes") continue;
          if (mentions && !mentions.some((key) => keys.includes(key))) continue;
          this.#notify("logs", id, withContext(bank, { signature: wire.signatures[0], err, logs }));
        }
      }
    };
    return { kind: "logs", tell };
  }

  #notify(kind: Kind, subscription: number, result: unknown): void {
    this.#send(writeJson({ jsonrpc: "2.0", method: `${kind}Notification`, params: { result, subscription } }));
  }
}

/** What nodes tell of an account that is gone. */
const NOBODY: AccountState = {
  lamports: 0n,
  data: new Uint8Array(0),
  owner: "11111111111111111111111111111111",
  executable: false,
  rentEpoch: 0n,
};

function tipsOf({ processed, confirmed, finalized }: NodeView): Readonly<Record<Commitment, Bank>> {
  return { processed, confirmed, finalized };
}

/** The banks of a line above the last one that it shares with another. */
function banksBetween(from: Bank, to: Bank): Bank[] {
  const banks: Bank[] = [];
  for (let bank: Bank | undefined = to; bank && !isAncestor(bank, from); bank = bank.parent) banks.push(bank);
  return banks.reverse();
}
