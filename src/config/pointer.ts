/**
 * A place in the configuration as a JSON Pointer (RFC 6901), `/chains/0/nodes/1`: what the schema checker reports, and
 * the key under which positions are kept. People are shown the path form, `chains[0].nodes[1]`.
 */
export type Pointer = string;

export function joinPointer(parent: Pointer, key: string | number): Pointer {
  return `${parent}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

export function splitPointer(pointer: Pointer): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The pointer of what holds it; the root's parent is the root. */
export function parentPointer(pointer: Pointer): Pointer {
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")));
}

/** Whether `pointer` is `ancestor` or lies inside it. */
export function isWithin(pointer: Pointer, ancestor: Pointer): boolean {
  return pointer === ancestor || pointer.startsWith(`${ancestor}/`);
}

/** The path form. A key that is no plain word is not repeated: it may be a URL that went to the wrong place. */
export function formatPath(pointer: Pointer): string {
  let path = "";
  for (const part of splitPointer(pointer)) {
    if (/^\d+$/.test(part)) path += `[${part}]`;
    else path += `${path === "" ? "" : "."}${formatKey(part)}`;
  }
  return path;
}

function formatKey(key: string): string {
  return /^[\w.-]{1,64}$/.test(key) ? key : `(a key of ${key.length} characters)`;
}
