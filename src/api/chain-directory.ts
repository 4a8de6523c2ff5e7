import { type ChainId, isChainId, parseChainId, quote } from "../core/caip.ts";
import type { ChainService } from "../core/contracts/service.ts";
import { HeadwaterError } from "../core/errors.ts";

/** The chains that this API serves, by id and by alias. */
export class ChainDirectory {
  readonly all: readonly ChainService[];
  readonly #byName = new Map<string, ChainService>();

  /** @throws HeadwaterError `config-invalid` when two chains have the same id or alias */
  constructor(services: readonly ChainService[]) {
    this.all = services;
    for (const service of services) {
      for (const name of service.alias === undefined ? [service.id] : [service.id, service.alias]) {
        if (this.#byName.has(name)) {
          throw new HeadwaterError("config-invalid", `two chains are called ${quote(name)}: expected one`);
        }
        this.#byName.set(name, service);
      }
    }
  }

  /** @throws HeadwaterError `chain-unknown`, or `invalid-chain` when the text can be no chain's name */
  find(text: string): ChainService {
    const service = this.#byName.get(text);
    if (service) return service;
    if (text.includes(":")) parseChainId(text);
    throw this.#unknown(text);
  }

  /** @throws HeadwaterError `chain-unknown` */
  get(id: ChainId): ChainService {
    const service = isChainId(id) ? this.#byName.get(id) : undefined;
    if (service) return service;
    throw this.#unknown(id);
  }

  #unknown(text: string): HeadwaterError {
    const configured = this.all.map((service) => service.id);
    return new HeadwaterError(
      "chain-unknown",
      `${quote(text)} is not configured here: expected one of ${configured.join(", ")}`,
      {
        details: { chain: text.slice(0, 120), configured },
      },
    );
  }
}
