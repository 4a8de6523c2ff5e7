import type { ConflictRecord, HeaderEvidence, StoredEvidence, Voice } from "../core/contracts/records.ts";
import type { ChainService } from "../core/contracts/service.ts";
import { type AccountDirectory, formatAsset } from "./account-directory.ts";
import { redactUrls } from "./problem.ts";
import { formatTime, renderBlockRef } from "./render-block.ts";
import type { ChainAnswer } from "./schemas/chains.ts";
import type { DisputedHeaderAnswer, EvidenceAnswer } from "./schemas/evidence.ts";

export function renderEvidence(
  service: ChainService,
  accounts: AccountDirectory,
  evidence: StoredEvidence,
): EvidenceAnswer {
  const { sequence } = evidence;
  switch (evidence.kind) {
    case "balance-dissent":
      return {
        sequence,
        kind: evidence.kind,
        ...renderDispute(evidence),
        block: renderBlockRef(evidence.block),
        account: accounts.format(service, evidence.account),
        asset: formatAsset(service, evidence.asset),
        theirs: evidence.theirs.toString(),
        ours: evidence.ours.toString(),
      };
    case "content-conflict":
      return {
        sequence,
        kind: evidence.kind,
        ...renderDispute(evidence),
        block: renderBlockRef(evidence.block),
        theirs: evidence.theirs,
        ours: evidence.ours,
      };
    case "integrity-violation":
      return {
        sequence,
        kind: evidence.kind,
        ...renderDispute(evidence),
        height: evidence.height,
        message: redactUrls(evidence.message),
      };
    default:
      return { sequence, ...renderHeaderEvidence(evidence) };
  }
}

export function renderConflict({ since, message, evidence }: ConflictRecord): NonNullable<ChainAnswer["conflict"]> {
  return { since: formatTime(since), message: redactUrls(message), evidence: renderHeaderEvidence(evidence) };
}

function renderHeaderEvidence(evidence: HeaderEvidence): DisputedHeaderAnswer {
  const { kind, theirs, ours } = evidence;
  return {
    kind,
    ...renderDispute(evidence),
    theirs: renderBlockRef(theirs),
    ours: ours ? renderBlockRef(ours) : null,
  };
}

function renderDispute({ at, said, against }: Pick<StoredEvidence, "at" | "said" | "against">) {
  return { at: formatTime(at), said: said.map(renderVoice), against: against.map(renderVoice) };
}

function renderVoice({ node, operator, region }: Voice): Voice {
  return { node, operator, region };
}
