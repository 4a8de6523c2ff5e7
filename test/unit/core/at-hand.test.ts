import { describe, expect, it } from "vitest";
import { goOn, useFor } from "../../../src/core/at-hand.ts";

class Resource implements Disposable {
  open = true;
  [Symbol.dispose](): void {
    this.open = false;
  }
}

describe("goOn", () => {
  it("goes on at once with what is there", () => {
    expect(goOn(2, (value) => value + 1)).toBe(3);
  });

  it("goes on later with what is not", async () => {
    const later = goOn(Promise.resolve(2), (value) => value + 1);
    expect(later).toBeInstanceOf(Promise);
    await expect(later).resolves.toBe(3);
  });

  it("throws where the value was there, rejects where it was not", async () => {
    const fail = () => {
      throw new Error("no");
    };
    expect(() => goOn(1, fail)).toThrow("no");
    await expect(goOn(Promise.resolve(1), fail)).rejects.toThrow("no");
  });
});

describe("useFor", () => {
  it("lets the resource go when work is done at once, and when it throws", () => {
    const resource = new Resource();
    expect(useFor(resource, ({ open }) => open)).toBe(true);
    expect(resource.open).toBe(false);
    const other = new Resource();
    expect(() =>
      useFor(other, () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(other.open).toBe(false);
  });

  it("keeps the resource until work that takes longer is done, or has failed", async () => {
    const resource = new Resource();
    const { promise, resolve } = Promise.withResolvers<string>();
    const result = useFor(resource, () => promise);
    expect(resource.open).toBe(true);
    resolve("done");
    await expect(result).resolves.toBe("done");
    expect(resource.open).toBe(false);
    const other = new Resource();
    await expect(useFor(other, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(other.open).toBe(false);
  });
});
