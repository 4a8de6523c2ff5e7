import { holdPromises } from "./hold-promises.ts";
import { recentFamily } from "./test-family.ts";

holdPromises(1, 40, { family: recentFamily });
