import type { Agreement, ChainService, ChainStatus } from "../core/contracts/service.ts";
import type { BlockRef } from "../core/model.ts";

/** What is known of one chain in this turn. */
type Judgement = {
  status: ChainStatus | undefined;
  /** Of the block that was asked for last: almost always the newest one. */
  agreement: { readonly ref: BlockRef; readonly value: Agreement } | undefined;
};

/**
 * What all requests that are read in one turn of the event loop have in common: each chain is judged once for all of
 * them, at the same moment. To be let go at the turn's end.
 */
export class Turn {
  readonly #judgements = new Map<ChainService, Judgement>();

  statusOf(service: ChainService): ChainStatus {
    const judgement = this.#of(service);
    judgement.status ??= service.status();
    return judgement.status;
  }

  agreementOf(service: ChainService, ref: BlockRef): Agreement {
    const judgement = this.#of(service);
    if (judgement.agreement?.ref !== ref) judgement.agreement = { ref, value: service.agreementOf(ref) };
    return judgement.agreement.value;
  }

  #of(service: ChainService): Judgement {
    let judgement = this.#judgements.get(service);
    if (judgement === undefined) {
      judgement = { status: undefined, agreement: undefined };
      this.#judgements.set(service, judgement);
    }
    return judgement;
  }
}
