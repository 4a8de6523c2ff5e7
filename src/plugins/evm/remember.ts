import { LIMITS } from "../../core/limits.ts";

/**
 * A pure function of a text that keeps what it found, in this thread, bounded. The same tokens, events and holders come
 * again and again, in a block and from block to block.
 */
export function remember<V extends NonNullable<unknown>>(derive: (text: string) => V): (text: string) => V {
  const known = new Map<string, V>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const value = derive(text);
    // All at once: what is still in use is soon known again, and keeping an order would cost more than it saves.
    if (known.size >= LIMITS.derivedTextCacheEntries) known.clear();
    known.set(text, value);
    return value;
  };
}
