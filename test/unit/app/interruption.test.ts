import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { finish, startProcess, untilSaid } from "./run-cli.ts";

const script = fileURLToPath(new URL("stoppable-process.ts", import.meta.url));

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "one %s stops the service once, and the process ends by itself",
  async (signal) => {
    const child = startProcess([script, "quick"]);
    const ended = finish(child);
    await untilSaid(child, "ready");
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 0, stdout: "ready\nstop 1\nended\n", stderr: "" });
  },
);

test("a second signal ends the process at once, with code 130", async () => {
  const child = startProcess([script, "never"]);
  const ended = finish(child);
  await untilSaid(child, "ready");
  child.kill("SIGINT");
  await untilSaid(child, "stop 1");
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 130, stdout: "ready\nstop 1\n" });
});

test("a terminal that says twice that it is closed is not impatient", async () => {
  const child = startProcess([script, "never", "50"]);
  const ended = finish(child);
  await untilSaid(child, "ready");
  child.kill("SIGHUP");
  await untilSaid(child, "stop 1");
  child.kill("SIGHUP");
  expect((await ended).code).toBe(1);
});

test("what does not stop in time is cut off", async () => {
  const child = startProcess([script, "never", "50"]);
  const ended = finish(child);
  await untilSaid(child, "ready");
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([1, "stopping took longer than 0.05 seconds: cut off\n"]);
});

test.each([
  ["ends", 0, "ready\nstop 1\nended\n"],
  ["breaks", 1, "ready\nError: broken\n"],
])("a service that %s by itself ends the process", async (mode, code, stdout) => {
  expect(await finish(startProcess([script, mode]))).toMatchObject({ code, stdout });
});

test("a stop that fails is told", async () => {
  const child = startProcess([script, "fails"]);
  const ended = finish(child);
  await untilSaid(child, "ready");
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 1, stdout: "ready\nstop 1\nError: cannot stop\n" });
});
