import { holdPromises } from "./hold-promises.ts";
import { coinsFamily } from "./test-family.ts";

holdPromises(1, 40, { family: coinsFamily });
