import { holdPromises } from "./hold-promises.ts";

holdPromises(1, 250);
