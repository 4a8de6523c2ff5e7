import { ByteReader, ByteWriter } from "../../core/bytes.ts";
import type { ConflictRecord, Cordon, Evidence, HeaderEvidence, Voice } from "../../core/contracts/records.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { expectEnd } from "./account-row.ts";
import { readRef, writeRef } from "./block-rows.ts";

/** The form of these rows. They stand beside the ledger, whose layout's version does not tell of them. */
const FORM = 1;

/** A kind's place in this list is how it is stored, whatever order others like: new ones are added at the end. */
const KINDS = [
  "equivocation",
  "minority-branch",
  "finality-violation",
  "final-conflict",
  "balance-dissent",
  "integrity-violation",
  "content-conflict",
] as const satisfies readonly Evidence["kind"][];

const NOT_OF_HEADERS: ReadonlySet<Evidence["kind"]> = new Set<Evidence["kind"]>([
  "balance-dissent",
  "content-conflict",
  "integrity-violation",
]);

const scratch = new ByteWriter(1024);

export function encodeEvidence(evidence: Evidence): Buffer {
  start();
  writeEvidence(evidence);
  return scratch.finish();
}

/** The kind alone; undefined where it cannot be read. */
export function kindOfEvidence(bytes: Uint8Array): Evidence["kind"] | undefined {
  return bytes[0] === FORM ? KINDS[bytes[1] as number] : undefined;
}

export function decodeEvidence(bytes: Uint8Array): Evidence {
  const reader = open(bytes);
  const evidence = readEvidence(reader);
  expectEnd(reader);
  return evidence;
}

export function encodeCordon({ since, reason }: Cordon): Buffer {
  start();
  scratch.varint(since);
  writeWords(reason);
  return scratch.finish();
}

export function decodeCordon(bytes: Uint8Array, node: string): Cordon {
  const reader = open(bytes);
  const cordon = { node, since: reader.varint(), reason: reader.text() };
  expectEnd(reader);
  return cordon;
}

export function encodeConflict({ since, message, evidence }: ConflictRecord): Buffer {
  start();
  scratch.varint(since);
  writeWords(message);
  writeEvidence(evidence);
  return scratch.finish();
}

export function decodeConflict(bytes: Uint8Array): ConflictRecord {
  const reader = open(bytes);
  const since = reader.varint();
  const message = reader.text();
  const evidence = readEvidence(reader);
  expectEnd(reader);
  if (!isHeaderEvidence(evidence)) throw malformed(`evidence about headers, not ${evidence.kind}`);
  return { since, message, evidence };
}

function isHeaderEvidence(evidence: Evidence): evidence is HeaderEvidence {
  return !NOT_OF_HEADERS.has(evidence.kind);
}

function writeEvidence(evidence: Evidence): void {
  scratch.byte(KINDS.indexOf(evidence.kind));
  scratch.varint(evidence.at);
  writeVoices(evidence.said);
  writeVoices(evidence.against);
  switch (evidence.kind) {
    case "balance-dissent":
      writeRef(evidence.block, scratch);
      scratch.text(evidence.account);
      scratch.text(evidence.asset);
      scratch.bigint(evidence.theirs);
      scratch.bigint(evidence.ours);
      return;
    case "content-conflict":
      writeRef(evidence.block, scratch);
      scratch.text(evidence.theirs);
      scratch.text(evidence.ours);
      return;
    case "integrity-violation":
      scratch.varint(evidence.height);
      writeWords(evidence.message);
      return;
    default:
      writeRef(evidence.theirs, scratch);
      scratch.byte(evidence.ours ? 1 : 0);
      if (evidence.ours) writeRef(evidence.ours, scratch);
  }
}

function readEvidence(reader: ByteReader): Evidence {
  const kind = KINDS[reader.byte()];
  if (kind === undefined) throw malformed("a known kind of evidence");
  const dispute = { at: reader.varint(), said: readVoices(reader), against: readVoices(reader) };
  switch (kind) {
    case "balance-dissent": {
      const block = readRef(reader);
      const account = reader.text();
      const asset = reader.text();
      return { ...dispute, kind, block, account, asset, theirs: reader.bigint(), ours: reader.bigint() };
    }
    case "content-conflict":
      return { ...dispute, kind, block: readRef(reader), theirs: reader.text(), ours: reader.text() };
    case "integrity-violation":
      return { ...dispute, kind, height: reader.varint(), message: reader.text() };
    default: {
      const theirs = readRef(reader);
      const known = reader.byte();
      if (known > 1) throw malformed("0 or 1 before the block known here");
      return { ...dispute, kind, theirs, ours: known ? readRef(reader) : null };
    }
  }
}

function writeVoices(voices: readonly Voice[]): void {
  scratch.varint(voices.length);
  for (const { node, operator, region } of voices) {
    scratch.text(node);
    scratch.text(operator);
    scratch.text(region);
  }
}

function readVoices(reader: ByteReader): Voice[] {
  const voices: Voice[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    voices.push({ node: reader.text(), operator: reader.text(), region: reader.text() });
  }
  return voices;
}

/** People's and nodes' own words: cut, and made storable whatever they hold. Cutting may halve a character. */
function writeWords(text: string): void {
  scratch.text(text.slice(0, LIMITS.recordTextCharacters).toWellFormed());
}

function start(): void {
  scratch.reset();
  scratch.byte(FORM);
}

function open(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes);
  const form = reader.byte();
  if (form !== FORM) throw malformed(`form ${FORM}, not ${form}`);
  return reader;
}

function malformed(expected: string): HeadwaterError {
  return new HeadwaterError("store-corrupt", `a record is of another form: expected ${expected}`);
}
