import type { WatchedAccounts, WatchOutcome } from "../core/contracts/service.ts";
import type { LedgerView, WatchedAccount } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { KnownAccount } from "./account-directory.ts";
import type { OpenView, Pin } from "./read.ts";
import { formatTime } from "./render-block.ts";
import type { AccountAnswer } from "./schemas/accounts.ts";

/** @throws HeadwaterError `not-ready` while the chain's store is not open */
export function watchlistOf({ service }: KnownAccount): WatchedAccounts {
  if (service.watchlist) return service.watchlist;
  throw notReady(service.id, service.status().reason);
}

function notReady(chain: string, reason: string | null): HeadwaterError {
  return new HeadwaterError("not-ready", `${chain} is not open yet: ${reason ?? "it is starting"}`, {
    details: { chain },
  });
}

export function renderWatched({ id }: KnownAccount, { since, at }: WatchedAccount | WatchOutcome): AccountAnswer {
  return { account: id, scope: "watched", indexedFrom: since + 1, watchedAt: formatTime(at) };
}

/** Where all accounts are kept, each is from the first block on. @throws HeadwaterError `not-ready` */
export function renderKept({ id, service }: KnownAccount): AccountAnswer {
  if (service.startHeight === undefined) throw notReady(service.id, service.status().reason);
  return { account: id, scope: "all", indexedFrom: service.startHeight, watchedAt: null };
}

export function notWatched({ id, service }: KnownAccount): HeadwaterError {
  return new HeadwaterError(
    "account-not-watched",
    `${service.id} keeps watched accounts only, and ${id} is not one: PUT /v1/accounts/${id} registers it, from then on it is indexed`,
    { details: { chain: service.id, account: id, scope: "watched" } },
  );
}

/** What an answer says of where an account is whole from; nothing where all accounts are kept. */
export function tellIndexed(
  { service, account }: KnownAccount,
  view: LedgerView,
): { readonly indexedFrom?: number | null } {
  if (service.scope !== "watched") return {};
  const watched = view.watched(account);
  return { indexedFrom: watched ? watched.since + 1 : null };
}

/**
 * The first block of what is told of an account at a pinned block; undefined where all accounts are kept.
 * @param from the first block that the caller asks for
 * @throws HeadwaterError `account-not-watched`; `block-not-yet` where the index has not come to the account's first block;
 *   `block-not-covered` where the pinned block, or `from`, is before it
 */
export function assertWatched(known: KnownAccount, open: OpenView, { ref }: Pin, from?: number): number | undefined {
  const { service, account, id } = known;
  if (service.scope !== "watched") return undefined;
  const watched = open.view.watched(account);
  if (!watched) throw notWatched(known);
  const first = watched.since + 1;
  const lowest = Math.min(ref.height, from ?? ref.height);
  if (lowest >= first) return first;
  const isYet = open.position.tip.height < first;
  throw new HeadwaterError(
    isYet ? "block-not-yet" : "block-not-covered",
    isYet
      ? `${id} is indexed from block ${first} on, ${service.id} up to ${open.position.tip.height}`
      : `${id} is indexed from block ${first} on: block ${lowest} is before`,
    {
      details: {
        chain: service.id,
        account: id,
        block: String(lowest),
        indexedFrom: first,
        indexedHeight: open.position.tip.height,
      },
    },
  );
}
