import type { ChainService } from "../../core/contracts/service.ts";
import type { Position } from "../../core/contracts/store.ts";

/** What of a chain's service the line is made of. */
export type StatusSource = Pick<ChainService, "id" | "alias" | "status"> & {
  nodes(): readonly { readonly operator: string }[];
  view(): (Disposable & { readonly position: StatusPosition | undefined }) | undefined;
};

type StatusPosition = Pick<Position, "tip" | "transactions">;

/** A tip of so many seconds is worth a word. */
const OLD_TIP_SECONDS = 10;

/** One line on how all chains are doing, for people: short, since a terminal cuts it. */
export function formatStatus(services: readonly StatusSource[]): string {
  const transactions = services.reduce((sum, service) => {
    using view = service.view();
    return sum + (view?.position?.transactions ?? 0);
  }, 0);
  return [...services.map(formatChain), count(transactions, "transaction")].join(" · ");
}

/** What is as it should be goes without saying. */
function formatChain(service: StatusSource): string {
  const { state, lagBlocks, tipAgeSeconds, tip, reason } = service.status();
  using view = service.view();
  const height = view?.position?.tip.height;
  const all = new Set(service.nodes().map(({ operator }) => operator)).size;
  const agreeing = tip?.agreement.operators ?? all;
  const words = [
    `${service.alias ?? service.id} ${height === undefined ? "nothing yet" : height.toLocaleString("en-US")} ${state}`,
    lagBlocks ? `${count(lagBlocks, "block")} late` : undefined,
    agreeing < all ? `${agreeing} of ${all} agree` : undefined,
    tipAgeSeconds !== null && tipAgeSeconds >= OLD_TIP_SECONDS ? `tip ${Math.round(tipAgeSeconds)} s old` : undefined,
    state === "synced" || reason === null ? undefined : `(${reason})`,
  ];
  return words.filter((word) => word !== undefined).join(", ");
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}
