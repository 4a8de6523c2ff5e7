import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { assertPortFree } from "../../../../src/app/demo/assert-port-free.ts";

test("a taken port is refused with what to do, a free one is left free", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await expect(assertPortFree("127.0.0.1", port, "Do this.")).rejects.toMatchObject({
    code: "address-in-use",
    message: `cannot listen on 127.0.0.1:${port} (EADDRINUSE). Do this.`,
  });
  server.close();
  await once(server, "close");
  await assertPortFree("127.0.0.1", port, "Do this.");
  await assertPortFree("127.0.0.1", port, "Do this.");
});

test("an address that is not this machine's is a fault of the configuration", async () => {
  await expect(assertPortFree("192.0.2.1", 0, "")).rejects.toMatchObject({ code: "config-invalid" });
});
