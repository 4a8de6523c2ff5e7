import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { openLevelStore } from "../../src/store/level/open.ts";
import { startCli } from "../support/cli-service.ts";
import { configFor, get, indexed, makeDirectory, type NetworkUnderTest, startNetwork } from "../support/service.ts";

describe("the service as a process", () => {
  let under: NetworkUnderTest;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let configFile: string;
  let storePath: string;

  beforeAll(async () => {
    under = await startNetwork(30, { seats: [{ name: "alder", operator: "alder", region: "eu-west" }] });
    directory = await makeDirectory();
    configFile = join(directory.path, "headwater.yaml");
    storePath = join(directory.path, "store");
    await writeFile(configFile, stringify(configFor(under.network, storePath)));
  });

  afterAll(async () => {
    await under?.network.stop();
    await directory?.remove();
  });

  it("stops cleanly on SIGTERM under load: what was taken in is answered, the store is whole", async () => {
    const { child, listening } = startCli(configFile);
    const service = await listening;
    await indexed(service, under.network.head.hash);
    const account = `eip155:${under.network.chainId}:${under.traffic.senders[0]}`;
    let stopping = false;
    const answers: number[] = [];
    const caller = async () => {
      while (!stopping) {
        const status = await get(service, `/v1/accounts/${account}/transactions?limit=50`).then(
          (answer) => answer.status,
          () => undefined,
        );
        // A connection refused after the stop is no answer; one cut in the middle would be a status that never came.
        if (status === undefined) return;
        answers.push(status);
        if (answers.length === 200) child.kill("SIGTERM");
      }
    };
    const exited = once(child, "exit");
    await Promise.all([
      ...Array.from({ length: 8 }, caller),
      exited.then(() => {
        stopping = true;
      }),
    ]);
    expect(await exited).toEqual([0, null]);
    expect(answers.length).toBeGreaterThanOrEqual(200);
    expect(answers.every((status) => status === 200 || status === 503)).toBe(true);
    const store = await openLevelStore(storePath);
    expect((await store.verify()).faults).toEqual([]);
    await store.close();
  });

  it("refuses a second instance on the same store with a clear message, and the first goes on", async () => {
    const first = startCli(configFile);
    const service = await first.listening;
    const second = spawn(process.execPath, [startCli.program, "start", "--config", configFile], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    second.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = await once(second, "exit");
    expect(code).toBe(75);
    expect(said).toContain("store-locked");
    expect(said).toContain("in use by another process");
    expect((await get(service, "/healthz")).status).toBe(200);
    first.child.kill("SIGTERM");
    expect(await once(first.child, "exit")).toEqual([0, null]);
  });
});
