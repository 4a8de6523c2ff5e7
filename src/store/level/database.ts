import { ERROR_CODES, type ErrorCode, HeadwaterError } from "../../core/errors.ts";

/** A frozen state of the database, as abstract-level gives it. */
export interface DatabaseSnapshot {
  close(): Promise<void>;
}

export type ReadOptions = {
  readonly keyEncoding: "view";
  readonly valueEncoding: "view";
  readonly snapshot?: DatabaseSnapshot;
};

export type Range = {
  readonly gte: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
};

export interface DatabaseIterator {
  nextv(size: number): Promise<[Uint8Array, Uint8Array][]>;
  close(): Promise<void>;
}

export interface DatabaseBatch {
  put(key: Uint8Array, value: Uint8Array): unknown;
  del(key: Uint8Array): unknown;
  write(options: { readonly sync?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/**
 * What this driver uses of an abstract-level database whose keys and values are bytes (encoding `view`): `level`, or
 * any other that has explicit snapshots and synchronous gets.
 */
export interface Database {
  open(): Promise<void>;
  close(): Promise<void>;
  getSync(key: Uint8Array, options: ReadOptions): Uint8Array | undefined;
  getMany(keys: Uint8Array[], options: ReadOptions): Promise<(Uint8Array | undefined)[]>;
  batch(): DatabaseBatch;
  iterator(options: ReadOptions & Range): DatabaseIterator;
  snapshot(): DatabaseSnapshot;
}

const codes: Readonly<Record<string, ErrorCode>> = {
  LEVEL_CORRUPTION: "store-corrupt",
  LEVEL_DATABASE_NOT_OPEN: "store-closed",
  LEVEL_ITERATOR_NOT_OPEN: "store-closed",
  LEVEL_SNAPSHOT_NOT_OPEN: "store-closed",
  LEVEL_BATCH_NOT_OPEN: "store-closed",
};

/** Any failure of the database as one of the `store-…` errors; what is one already stays as it is. */
export function asStoreError(error: unknown, doing: string): HeadwaterError {
  if (error instanceof HeadwaterError) return error;
  const code = codes[levelCode(error) ?? ""] ?? "store-failure";
  const message = error instanceof Error ? error.message : String(error);
  return new HeadwaterError(code, `${doing}: ${ERROR_CODES[code].title.toLowerCase()}: ${message}`, { cause: error });
}

/** The database's own code, of the error or of what caused it. */
export function levelCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = "code" in at && typeof at.code === "string" ? at.code : undefined;
    if (code?.startsWith("LEVEL_") && code !== "LEVEL_DATABASE_NOT_OPEN") return code;
    if (code !== undefined && !(at.cause instanceof Error)) return code;
  }
  return undefined;
}

/** A row that cannot be read: names what it is and where, so that an operator can tell what is lost. */
export function corruptRow(what: string, cause?: unknown): HeadwaterError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new HeadwaterError("store-corrupt", `${what} cannot be read${why}`, {
    details: { row: what },
    ...(cause !== undefined && { cause }),
  });
}

export function missingRow(what: string): HeadwaterError {
  return new HeadwaterError("store-corrupt", `${what} is missing`, { details: { row: what } });
}
