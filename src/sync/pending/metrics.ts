/** What is measured of transactions in no block yet. */
export const PENDING_METRICS = {
  transactions: {
    type: "gauge",
    name: "headwater_pending_transactions",
    unit: "transactions",
    labels: ["chain"],
    help: "Unconfirmed transactions kept of those that nodes tell.",
  },
  waiting: {
    type: "gauge",
    name: "headwater_pending_waiting_transactions",
    unit: "transactions",
    labels: ["chain"],
    help: "Unconfirmed transactions that spend what is not known yet, or what another one that more operators tell spends as well.",
  },
  leftOut: {
    type: "gauge",
    name: "headwater_pending_left_out_transactions",
    unit: "transactions",
    labels: ["chain"],
    help: "Unconfirmed transactions that nodes tell and that are not kept, since there is no room.",
  },
  fetched: {
    type: "counter",
    name: "headwater_pending_fetched_total",
    unit: "transactions",
    labels: ["chain"],
    help: "Unconfirmed transactions fetched from nodes: each once, unless it was dropped and came back.",
  },
  ended: {
    type: "counter",
    name: "headwater_pending_ended_total",
    unit: "transactions",
    labels: ["chain", "result"],
    help: "Unconfirmed transactions that ended, by how: confirmed, replaced or evicted.",
  },
} as const;
