/** What the lag governor gives out. */
export const GOVERNOR_METRICS = {
  depth: {
    type: "gauge",
    name: "headwater_governor_depth_blocks",
    unit: "blocks",
    labels: ["chain"],
    help: "Blocks that may be in flight while catching up: lower where nodes refuse requests or answer late.",
  },
  share: {
    type: "gauge",
    name: "headwater_governor_share_ratio",
    unit: "0 to 1",
    labels: ["chain"],
    help: "Share of the time that goes into catching up: lower where the API's callers or another chain's tip wait.",
  },
} as const;
