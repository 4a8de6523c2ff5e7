/** Hashes that tell height and fork: `0x61…05` is block 5 of fork `a`. */
export function blockHash(height: number, fork = "a"): string {
  return `0x${fork.charCodeAt(0).toString(16)}${height.toString(16).padStart(62, "0")}`;
}

/** A header as far as a block ref needs it, as nodes give it. */
export function rpcHeader(height: number, fork = "a"): Record<string, string> {
  return {
    number: `0x${height.toString(16)}`,
    hash: blockHash(height, fork),
    parentHash: blockHash(Math.max(height - 1, 0), fork),
    timestamp: `0x${(1_700_000_000 + 12 * height).toString(16)}`,
  };
}

/** The block ref of that header. */
export function blockRef(height: number, fork = "a") {
  return {
    height,
    hash: blockHash(height, fork),
    parentHash: blockHash(Math.max(height - 1, 0), fork),
    parentHeight: height - 1,
    time: (1_700_000_000 + 12 * height) * 1000,
  };
}
