import { holdPromises } from "./hold-promises.ts";
import { claimedFamily } from "./test-family.ts";

holdPromises(1, 30, { family: claimedFamily });
