import { Keypair } from "../wire/keypair.ts";
import { FAULTS } from "./fault.ts";
import { API_VERSION, type RpcMethods, readBank, readConfig } from "./params.ts";

const SLOTS_IN_EPOCH = 432_000;
/** Blocks that a node may be behind and still be called healthy, as nodes have it. */
const HEALTHY_BLOCKS = 128;
/** What it says beside the version of the nodes whose answers are imitated. */
export const CLUSTER_NOTE = "Headwater local cluster over LiteSVM: not a validator";

export const NODE_METHODS: RpcMethods = {
  getHealth: (view) => {
    if (view.blocksBehind > HEALTHY_BLOCKS) throw FAULTS.nodeUnhealthy(view.blocksBehind);
    return "ok";
  },
  getVersion: () => ({ "solana-core": `${API_VERSION} (${CLUSTER_NOTE})`, "feature-set": 0 }),
  getGenesisHash: (view) => view.cluster.genesisHash,
  getIdentity: (view) => ({ identity: Keypair.named(`${view.cluster.genesisHash} ${view.name}`).address }),
  getSlot: (view, [config]) => readBank(view, readConfig(config)).slot,
  getBlockHeight: (view, [config]) => readBank(view, readConfig(config)).height,
  getTransactionCount: (view, [config]) => readBank(view, readConfig(config)).transactionCount,
  getEpochInfo: (view, [config]) => {
    const bank = readBank(view, readConfig(config));
    return {
      absoluteSlot: bank.slot,
      blockHeight: bank.height,
      epoch: Math.floor(bank.slot / SLOTS_IN_EPOCH),
      slotIndex: bank.slot % SLOTS_IN_EPOCH,
      slotsInEpoch: SLOTS_IN_EPOCH,
      transactionCount: bank.transactionCount,
    };
  },
  getMaxShredInsertSlot: (view) => view.receivedSlot,
  getMaxRetransmitSlot: (view) => view.receivedSlot,
  getSlotLeader: (view, [config]) => readBank(view, readConfig(config)).leader,
};
