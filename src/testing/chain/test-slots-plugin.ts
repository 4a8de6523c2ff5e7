import type { ChainPlugin } from "../../core/contracts/plugin.ts";
import { SlotClient } from "./slot-client.ts";
import accountsPlugin, { wayTo } from "./test-plugin.ts";

/** A chain family for tests of the engine that skips heights: nodes are TestNodes on chains built with `buildSlots`. */
const plugin: ChainPlugin = {
  manifest: { ...accountsPlugin.manifest, family: "test-slots" },
  open: (config) => ({
    ...accountsPlugin.open(config),
    connect: (transport) => new SlotClient(wayTo(transport), config.options["state"] === "newest"),
  }),
};
export default plugin;
