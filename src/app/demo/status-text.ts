import type { ChainService } from "../../core/contracts/service.ts";
import type { Position } from "../../core/contracts/store.ts";

/** What of a chain's service the line is made of. */
export type StatusSource = Pick<ChainService, "id" | "alias" | "status"> & {
  nodes(): readonly { readonly operator: string }[];
  view(): (Disposable & { readonly position: StatusPosition | undefined }) | undefined;
};

type StatusPosition = Pick<Position, "tip" | "finalized" | "transactions" | "movements">;

/** One line on how a chain is doing, for people. */
export function formatChainStatus(service: StatusSource): string {
  const { state, lagBlocks, tipAgeSeconds, tip, reason } = service.status();
  using view = service.view();
  const position = view?.position;
  const name = service.alias ?? service.id;
  const parts = [
    `${name}: ${state}`,
    position ? `block ${position.tip.height}` : "nothing indexed yet",
    lagBlocks === null ? undefined : `${count(lagBlocks, "block")} behind`,
    tipAgeSeconds === null ? undefined : `tip ${Math.max(0, Math.round(tipAgeSeconds))} s old`,
    tip ? `${tip.agreement.operators} of ${operators(service)} operators agree` : undefined,
    position ? `final to ${position.finalized?.height ?? "none"}` : undefined,
    position ? `${count(position.transactions, "transaction")}, ${count(position.movements, "movement")}` : undefined,
    state === "synced" || reason === null ? undefined : reason,
  ];
  return parts.filter((part) => part !== undefined).join(" · ");
}

function operators(service: StatusSource): number {
  return new Set(service.nodes().map(({ operator }) => operator)).size;
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}
