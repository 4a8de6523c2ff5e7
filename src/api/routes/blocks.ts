import type { FastifyInstance } from "fastify";
import type { StoredBlock } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { FINALITIES, type Finality } from "../../core/model.ts";
import type { ApiContext } from "../context.ts";
import { assertAgreement, assertFresh, assertNotOlder } from "../freshness.ts";
import { findBlock, parseReadOptions, pinToFinality, type ReadOptions } from "../query.ts";
import { OpenView } from "../read.ts";
import { renderBlock } from "../render.ts";
import { type BlockAnswer, BlockSchema } from "../schemas/blocks.ts";
import { problemResponse } from "../schemas/problem.ts";
import { BlockParams, FreshnessQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";

type BlockRoute = { Params: BlockParams; Querystring: FreshnessQuery };

/** `GET /v1/chains/{chain}/blocks/{height|hash|latest|safe|finalized}` */
export function blockRoutes(app: FastifyInstance, { chains, gate }: ApiContext, done: () => void): void {
  app.get<BlockRoute>(
    "/v1/chains/:chain/blocks/:block",
    {
      schema: {
        summary: "One indexed block",
        tags: ["chains"],
        params: BlockParams,
        querystring: FreshnessQuery,
        response: { 200: ref(BlockSchema), default: problemResponse },
      },
    },
    gate.answer<BlockRoute>(async ({ params, query }): Promise<BlockAnswer> => {
      const service = chains.find(params.chain);
      const options = parseReadOptions(query);
      using open = new OpenView(service);
      const block = await readBlock(open, params.block, options);
      return renderBlock(service, block, open.position);
    }),
  );
  done();
}

async function readBlock(open: OpenView, text: string, options: ReadOptions): Promise<StoredBlock> {
  const { service, view, position } = open;
  const finality = FINALITIES.find((known) => known === text);
  const block = finality ? await readMarked(open, finality) : await findBlock(service, view, position, text);
  // A block that the caller names is the same whenever it is asked for: only the token is held against the index.
  assertNotOlder(service, finality ? block.ref : position.tip, options, false);
  assertFresh(open, block.ref, options, finality === "latest" || finality === "safe");
  assertAgreement(service, block.ref, service.agreementOf(block.ref), options);
  return block;
}

async function readMarked({ service, view, position }: OpenView, finality: Finality): Promise<StoredBlock> {
  const { height, hash } = pinToFinality(service, position, finality);
  const block = await view.block(hash);
  if (block) return block;
  throw new HeadwaterError("store-corrupt", `${service.id} has no row of its ${finality} block ${height}`);
}
