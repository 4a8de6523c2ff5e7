import { holdPromises } from "./hold-promises.ts";

holdPromises(251, 500);
