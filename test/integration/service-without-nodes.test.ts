import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { startCli } from "../support/cli-service.ts";
import { get, makeDirectory } from "../support/service.ts";

// As a process of its own: an engine that waits for its nodes in the wrong way takes the whole thread.
it.each(["SIGTERM", "SIGHUP"] as const)(
  "a service none of whose nodes answers listens, says so, and stops on %s",
  async (signal) => {
    const directory = await makeDirectory();
    const configFile = join(directory.path, "headwater.yaml");
    const plugin = new URL("../../src/testing/chain/test-plugin.ts", import.meta.url).pathname;
    const node = { name: "a", url: "http://127.0.0.1:1", operator: "o", region: "r" };
    const chains = [{ id: "test:1", plugin, nodes: [node] }];
    await writeFile(configFile, stringify({ region: "r", store: { path: "./store" }, api: { port: 0 }, chains }));
    const { child, listening } = startCli(configFile);
    const exited = once(child, "exit");
    const overdue = setTimeout(() => child.kill("SIGKILL"), 30_000);
    try {
      const service = await listening;
      expect(await get(service, "/readyz")).toMatchObject({ status: 503, body: { chains: [{ state: "unknown" }] } });
      expect((await get(service, "/v1/chains/test:1")).body.sync.reason).toContain("the chain needs 1 operator");
      child.kill(signal);
      expect(await exited).toEqual([0, null]);
    } finally {
      clearTimeout(overdue);
      child.kill("SIGKILL");
      await directory.remove();
    }
  },
);
